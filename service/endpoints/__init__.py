"""One module for each address, or for a few that belong together."""
