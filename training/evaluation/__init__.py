"""Evaluation: from probabilities and labels to figures."""
