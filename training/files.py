"""Sums of files, by which a later step knows what an earlier one left."""

import hashlib
from pathlib import Path


def sha256_of(file: Path) -> str:
    """Return the sum of a file's content, read piece by piece."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
