"""What runs leave on disk: files, locks, fingerprints, unfinished work."""
