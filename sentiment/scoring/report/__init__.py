"""The report of a scoring: a page that tells what a table of texts says."""
