"""Score whole tables: the same rows, in the same order, with their results."""
