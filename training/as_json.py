"""Write figures as JSON that any program can read."""

import json
import math
from pathlib import Path
from typing import Any


def write_json(path: Path, values: Any) -> None:
    """Write ``values``; a number that is not finite becomes null, a path its name.

    Raises:
        OSError: The disk is full or refuses.
    """
    content = json.dumps(_plain(values), indent=1, allow_nan=False)
    path.write_text(content + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)
