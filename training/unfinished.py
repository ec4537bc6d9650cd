"""A training that was interrupted: how far it came, and that it is begun anew."""

import json
import logging
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)

# In a folder of checkpoints. It stands here since what writes it brings torch.
STATE = "state.json"


def discard(checkpoints: Path) -> None:
    """Remove the checkpoint in the folder, if there is any, and log what is lost."""
    if (checkpoints / STATE).is_file():
        _log.warning(
            "an unfinished training is discarded (%s), since --resume was not given",
            _how_far(checkpoints / STATE),
        )
    shutil.rmtree(checkpoints, ignore_errors=True)


def _how_far(state: Path) -> str:
    try:
        values = json.loads(state.read_text(encoding="utf-8"))
        minutes = sum(_seconds(values)) / 60
        return f"epoch {values['epoch'] + 1}, {minutes:.0f} minutes"
    except (OSError, ValueError, LookupError, TypeError):
        return "it cannot be read"  # one of another release: it is only told of


def _seconds(values: Mapping[str, Any]) -> Iterator[float]:
    """Yield how long each epoch took, of a network's fit or of a language model's."""
    yield values["seconds"]
    for epoch in (
        values["history"]["epochs"] if "history" in values else values["passes"]
    ):
        yield epoch["seconds"]
