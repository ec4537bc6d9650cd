"""Fingerprints of settings and texts: work is resumed only with those it began with."""

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from torch import Tensor

from sentiment.errors import ConfigError


def fingerprint_of(*parts: Any) -> str:
    """Return a short hash of values, also of arrays, tensors and what holds them."""
    digest = hashlib.sha256()
    for piece in _pieces(parts):
        digest.update(piece)
    return digest.hexdigest()[:16]


def _pieces(part: Any) -> Iterator[bytes]:
    """Yield the bytes of a value, each array's after its type and shape."""
    if isinstance(part, Tensor):
        part = part.detach().cpu().numpy()
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        # Not asdict, which would copy every array.
        part = {one.name: getattr(part, one.name) for one in fields(part)}
    if isinstance(part, np.ndarray):
        yield f"{part.dtype} {part.shape}".encode()
        yield part.tobytes()
    elif isinstance(part, Mapping):
        for name, value in part.items():
            yield f"{name}: ".encode()
            yield from _pieces(value)
    elif isinstance(part, list | tuple):
        yield f"{len(part)} of ".encode()
        for value in part:
            yield from _pieces(value)
    else:
        yield f"{part!r} ".encode()


def refuse_others(
    what: str, known: Mapping[str, str], asked: Mapping[str, str]
) -> None:
    """Refuse to resume ``what`` with other fingerprints than it was begun with.

    Args:
        what: Its name in the message.
        known: The fingerprints that it was begun with, each under a name.
        asked: Those that it would be resumed with.

    Raises:
        ConfigError: A fingerprint differs, and the message names all that do; or they
            are of other things, since another release made them.
    """
    if known.keys() != asked.keys():
        raise ConfigError(
            f"{what} was begun by another release, which compares other settings: go "
            "on with that one, or move the folder away, which loses nothing, to begin "
            "anew"
        )
    others = [name for name, value in asked.items() if known[name] != value]
    if others:
        changed = " and ".join(f"the {name}" for name in others)
        # Another release may have other defaults, or read a text otherwise.
        raise ConfigError(
            f"{what} was begun before {changed} changed, or by another release: go "
            "back to what was there then, or move the folder away, which loses "
            "nothing, to begin anew"
        )
