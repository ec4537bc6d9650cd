"""What may be said over HTTP: bodies in, answers and refusals out, described once."""
