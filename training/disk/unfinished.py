"""What is said of an unfinished training: where it goes on, or that it is discarded."""

import json
import logging
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)

# The file of a checkpoint. Defined here, since the module that writes it imports torch.
STATE = "state.json"


def discard(checkpoints: Path) -> None:
    """Remove the checkpoint in the folder, if any, and log how far it had come."""
    if (checkpoints / STATE).is_file():
        _log.warning(
            "an unfinished training is discarded (%s), since --resume was not given",
            _how_far(checkpoints / STATE),
        )
    shutil.rmtree(checkpoints, ignore_errors=True)


def where_to_go_on(checkpoints: Path) -> str:
    """Say at which epoch ``--resume`` goes on, or that there is nothing to resume."""
    state = checkpoints / STATE
    if state.is_file():
        return f"--resume goes on with an unfinished training: {_how_far(state)}"
    return "--resume found nothing unfinished: starting at epoch 1"


def _how_far(state: Path) -> str:
    try:
        values = json.loads(state.read_text(encoding="utf-8"))
        minutes = sum(_seconds(values)) / 60
        return f"epoch {values['epoch'] + 1}, {minutes:.0f} minutes"
    except (OSError, ValueError, LookupError, TypeError):
        return "it cannot be read"  # perhaps of another release


def _seconds(values: Mapping[str, Any]) -> Iterator[float]:
    """Yield the seconds of each epoch, of a network's fit or a language model's."""
    yield values["seconds"]
    for epoch in (
        values["history"]["epochs"] if "history" in values else values["passes"]
    ):
        yield epoch["seconds"]
