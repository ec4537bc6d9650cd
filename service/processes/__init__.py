"""gunicorn's processes: how they start, share connections, drain and stop."""
