"""The report of a scoring: an HTML page that summarises a table of texts."""
