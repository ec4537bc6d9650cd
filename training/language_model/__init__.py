"""A next-word language model over raw text, for a classifier to start from."""
