"""Write recipes: every setting with what it means, filled in for a file of reviews."""
