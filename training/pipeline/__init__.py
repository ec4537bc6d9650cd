"""From a recipe to a published model, in order."""
