"""From texts to answers: one path for the command line, files and the service."""
