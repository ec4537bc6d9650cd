"""Flask views: a module for each address, or for a few that belong together."""
