"""A recipe with other settings, for searches and ablations."""
