"""gunicorn's processes: how they begin, share their clients, and end."""
