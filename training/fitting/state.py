"""Weights, optimiser and random numbers on disk, so that a training can go on."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from sentiment.disk import sync, sync_folder, write_durably
from sentiment.errors import ConfigError
from training.disk.fingerprints import refuse_others
from training.disk.unfinished import STATE

TENSORS = "tensors-{}.safetensors"


def write_state(
    folder: Path, name: str, values: dict[str, Any], tensors: dict[str, Tensor]
) -> None:
    """Replace the state in ``folder`` by one rename: whole or not at all.

    ``name`` distinguishes its tensors from those of the previous state, which are
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


def state_of(network: nn.Module, optimizer: Optimizer) -> dict[str, Tensor]:
    """Return the weights, the optimiser's state and that of the random numbers."""
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
    """Restore what :func:`state_of` returned."""
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
