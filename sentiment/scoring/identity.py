"""Identify the run that began an unfinished output.

Only a run with the same input, model and options may resume it.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from sentiment.artifacts.store import MANIFEST
from sentiment.disk import sha256_of
from sentiment.errors import DataError
from sentiment.prediction.predictor import Predictor
from sentiment.scoring.options import ScoreOptions

# Options that have a form with "no".
_WITH_NO = ("header", "quoting")


def identity_of(
    predictor: Predictor, model: Path, options: ScoreOptions, **others: Any
) -> dict[str, Any]:
    """Return what must be equal for a run to resume another's output."""
    return {
        **others,
        "model": [predictor.version, sha256_of(model / MANIFEST)],
        "options": asdict(options),
    }


def resumed(
    predictor: Predictor, noted: dict[str, Any], identity: dict[str, Any]
) -> Predictor:
    """Return the predictor that reads in the precision that the earlier run noted.

    Raises:
        DataError: That run was of another input, asked something else, or read in a
            precision that this processor does not have.
    """
    for part, value in identity.items():
        before = noted.get(part)
        if before != value:
            what = _difference(part, before, value)
            raise DataError(
                f"the unfinished output was begun with {what}: go back to that, or run "
                "again without --resume"
            )
    begun = noted.get("precision", "float32")
    found = predictor.in_precision(begun)
    if found.precision != begun:
        raise DataError(
            f"the unfinished output was begun in {begun}, which this processor does "
            "not have: go on where it was begun, or run again without --resume"
        )
    return found


def _difference(part: str, before: Any, now: Any) -> str:
    """Describe how another run differs, and what this one has if that can be named.

    >>> _difference("input", "5d41", "7d79")
    'another input'
    >>> _difference("options", {"prefix": "", "format": "csv"}, {"prefix": "a_"})
    "--prefix '' and --format 'csv', now it is --prefix 'a_' and --format not said"
    """
    if part == "options" and isinstance(before, dict) and isinstance(now, dict):
        other = [
            name for name in {**now, **before} if now.get(name) != before.get(name)
        ]
        then, here = (
            " and ".join(_option(name, values.get(name)) for name in other)
            for values in (before, now)
        )
        return f"{then}, now it is {here}"
    if part == "model" and isinstance(before, list) and before[:1] != now[:1]:
        return f"the model {before[0]}, now it is {now[0]}"
    return f"another {part}"


def _option(name: str, value: Any) -> str:
    """Return an option as the command line has it.

    >>> _option("escape_formulas", False), _option("header", False)
    ('no --escape-formulas', '--no-header')
    """
    option = name.replace("_", "-")
    if value is None:
        return f"--{option} not said"
    if value is False:
        return f"--no-{option}" if name in _WITH_NO else f"no --{option}"
    return f"--{option}" if value is True else f"--{option} {value!r}"
