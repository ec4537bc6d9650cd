"""A recipe with other settings: what a search and an ablation do with each of them."""
