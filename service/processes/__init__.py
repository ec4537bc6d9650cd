"""gunicorn's processes: who takes a client, who turns one away, how they end."""
