"""Weights, optimiser and random numbers on disk, with the sum of what made them."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from sentiment.disk import sync, sync_folder, write_durably
from sentiment.errors import ConfigError
from training.unfinished import STATE

TENSORS = "tensors-{}.safetensors"


def write_state(
    folder: Path, name: str, values: dict[str, Any], tensors: dict[str, Tensor]
) -> None:
    """Replace the state in ``folder`` by one rename: whole or not at all.

    ``name`` tells the tensors of one state from those of the one before, which are
    removed once the new ones are on the disk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # The state names the tensors it belongs to, and is moved into place after them.
    file = TENSORS.format(name)
    save_file(tensors, folder / file)
    with (folder / file).open("rb") as saved:
        sync(saved)
    unfinished = folder / f"{STATE}.tmp"
    write_durably(unfinished, json.dumps({"tensors": file, **values}).encode())
    sync_folder(folder)
    unfinished.replace(folder / STATE)
    sync_folder(folder)
    for old in folder.glob(TENSORS.format("*")):
        if old.name != file:
            old.unlink()


def read_state(
    folder: Path, identity: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Tensor]] | None:
    """Return the state in ``folder``, None where there is none.

    Raises:
        ConfigError: It is damaged, or belongs to a run of another ``identity``.
    """
    if not (folder / STATE).is_file():
        return None
    try:
        values = json.loads((folder / STATE).read_text(encoding="utf-8"))
        tensors = load_file(folder / values.pop("tensors"))
        known = values.pop("identity")
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise ConfigError(
            f"the checkpoint in {folder} cannot be read ({error}): "
            "remove the folder to begin anew"
        ) from error
    refuse_others(f"the checkpoint in {folder}", known, identity)
    return values, tensors


def refuse_others(
    what: str, known: Mapping[str, str], asked: Mapping[str, str]
) -> None:
    """Refuse to go on with ``what`` if sums of what it was begun with have changed.

    Args:
        what: How the message calls it.
        known: The sums that it was begun with, under the names of what they are of.
        asked: The same of what it would be gone on with.

    Raises:
        ConfigError: A sum differs; the message names all that do.
    """
    others = [name for name, value in asked.items() if known.get(name) != value]
    if others:
        changed = " and ".join(f"the {name}" for name in others)
        raise ConfigError(
            f"{what} was begun before {changed} changed: go back to what was there "
            "then, or move the folder away, which loses nothing, to begin anew"
        )


def fingerprint_of(*parts: Any) -> str:
    """Return a short sum of values: also of arrays, tensors and what holds them."""
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


def state_of(network: nn.Module, optimizer: Optimizer) -> dict[str, Tensor]:
    """Return the weights, the optimiser's memory and the random numbers to come."""
    tensors = {"random.cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        tensors["random.cuda"] = torch.cuda.get_rng_state()
    tensors.update(with_prefix("network", network.state_dict()))
    for number, values in optimizer.state_dict()["state"].items():
        tensors.update(with_prefix(f"optimizer.{number}", values))
    return tensors


def restore_state(
    network: nn.Module, optimizer: Optimizer, tensors: Mapping[str, Tensor]
) -> None:
    """Put back what :func:`state_of` took."""
    network.load_state_dict(part_of("network", tensors))
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in part_of("optimizer", tensors).items():
        number, name = key.split(".")
        state.setdefault(int(number), {})[name] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
    torch.set_rng_state(tensors["random.cpu"])
    if "random.cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["random.cuda"])


def with_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return copies on the CPU under names that :func:`part_of` finds."""
    return {
        f"{prefix}.{name}": value.detach().cpu().clone().contiguous()
        for name, value in tensors.items()
    }


def part_of(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors under ``prefix``, without it."""
    return {
        name.removeprefix(f"{prefix}."): value
        for name, value in tensors.items()
        if name.startswith(f"{prefix}.")
    }
