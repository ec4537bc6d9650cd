"""Fit a network on encoded examples."""
