"""The HTTP service: answers, limits, and a page to try it."""
