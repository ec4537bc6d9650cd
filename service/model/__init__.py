"""The model that a worker serves: loaded, and replaced once another is published."""
