"""Requests that wait: how many, how long, and which share a pass of the network."""
