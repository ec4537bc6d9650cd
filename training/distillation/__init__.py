"""Teach a small network with a large one: teachers, their soft labels, the texts."""
