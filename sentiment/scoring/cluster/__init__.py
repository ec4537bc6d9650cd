"""Score on a Ray cluster: rows stay in their files, only where they lie travels."""
