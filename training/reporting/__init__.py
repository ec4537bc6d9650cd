"""The report of a run, its pictures, and the model card."""
