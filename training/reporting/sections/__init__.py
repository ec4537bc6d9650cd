"""The sections of a run's report, a file for each question it answers."""
