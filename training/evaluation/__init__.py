"""The arithmetic behind an evaluation: from probabilities and labels to figures."""
