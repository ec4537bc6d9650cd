"""Run by `make bench`, never collected as tests: no timing here is a verdict."""

collect_ignore_glob = ["*.py"]
