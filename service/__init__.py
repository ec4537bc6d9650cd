"""The HTTP service: predictions, limits, metrics, and a demo page."""
