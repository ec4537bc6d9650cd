"""Write files and folders whole or not at all, and check what is read again."""

import json
import math
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sentiment.disk import sha256_of
from sentiment.errors import ConfigError


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """Give an empty folder to write into, which replaces ``folder`` at the end.

    So a reader finds ``folder`` whole or not at all.
    """
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    yield unfinished
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.replace(folder)


@contextmanager
def written_with_card(
    folder: Path, card: str, format_number: int, known: Mapping[str, Any]
) -> Iterator[Path]:
    """Give an empty folder as :func:`written_whole` does, and add a card to its files.

    The JSON file ``card`` holds the format's number, what is ``known`` of the contents,
    and the SHA-256 of every other file; :func:`read_card` checks them.
    """
    with written_whole(folder) as unfinished:
        yield unfinished
        sums = {
            str(file.relative_to(unfinished)): sha256_of(file)
            for file in sorted(unfinished.rglob("*"))
            if file.is_file()
        }
        write_json(
            unfinished / card, {"format": format_number, **known, "sha256": sums}
        )


def read_card(
    folder: Path, card: str, format_number: int, *, what: str, remedy: str
) -> dict[str, Any]:
    """Return the card of ``folder``, after a check of every file that it names.

    Args:
        folder: Written by :func:`written_with_card`.
        card: The name of its JSON file.
        format_number: The one that the caller reads.
        what: What the folder should hold, as the message calls it.
        remedy: How the user gets another one, after "a possible solution is to".

    Raises:
        ConfigError: The folder holds none, one of another format, or a changed file.
    """
    try:
        found = json.loads((folder / card).read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError(f"{card} is not a JSON object")
        if found["format"] != format_number:
            raise ValueError(f"its format is {found['format']}, not {format_number}")
        changed = _first_changed(folder, found["sha256"])
        if changed is not None:
            raise ValueError(f"{changed} is missing or not what {card} says it was")
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(
            f"{folder} holds no {what} that can be used ({error}): a possible solution "
            f"is to {remedy}"
        ) from error
    return found


def _first_changed(folder: Path, sums: Mapping[str, str]) -> str | None:
    """Return the name of a file that is missing or does not have its sum, if any."""
    for name, wanted in sums.items():
        if not (folder / name).is_file() or sha256_of(folder / name) != wanted:
            return name
    return None


def write_json(path: Path, values: Any) -> None:
    """Write ``values`` as JSON that any program reads: NaN and infinity become null.

    What JSON has no type for, such as a path, becomes text.

    Raises:
        OSError: The disk is full or refuses.
    """
    content = json.dumps(_plain(values), indent=1, allow_nan=False)
    write_text(path, content + "\n")


def write_text(path: Path, text: str) -> None:
    """Put ``text`` under ``path`` by one rename: whole or not at all.

    Raises:
        OSError: The disk is full or refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.tmp")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)
