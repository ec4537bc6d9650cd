"""Requests that wait: how many may, how long, and what they share."""
