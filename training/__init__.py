"""Training of the classifier: recipes, data, fitting, evaluation, publishing."""
