"""Labelled texts: read, cleaned, split."""
