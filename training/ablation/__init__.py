"""Train a recipe with and without single settings: which does validation bear out?"""
