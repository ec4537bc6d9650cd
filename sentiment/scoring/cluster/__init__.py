"""Score on a Ray cluster: rows stay in their files, and only their positions travel."""
