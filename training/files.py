"""What one step leaves for a later one: written whole, and checked by its sums."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sentiment.disk import sha256_of


def sums_of(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the sum of each named file in ``folder``."""
    return {name: sha256_of(folder / name) for name in names}


def first_changed(folder: Path, sums: Mapping[str, str]) -> str | None:
    """Return the name of a file that is missing or not what its sum says, if any."""
    for name, wanted in sums.items():
        if not (folder / name).is_file() or sha256_of(folder / name) != wanted:
            return name
    return None


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside ``folder``, which takes its place at the end.

    So ``folder`` is whole or not there; what it held before is removed.
    """
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    yield unfinished
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.replace(folder)


def write_text(path: Path, text: str) -> None:
    """Put ``text`` under ``path`` by one rename: whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.tmp")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
