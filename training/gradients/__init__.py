"""Whether a fit is healthy: what is left of the gradient far from a text's end."""
