"""What a report needs of one part, in a file beside it.

It does not travel through Ray: findings hold texts, and those of many days may be
large.
"""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

from sentiment.disk import write_durably
from sentiment.errors import DataError
from sentiment.scoring.report.findings import Findings


def findings_beside(part: Path) -> Path:
    """Return where the findings of a part lie, by a name that marks them as no data."""
    return part.with_name(f"_{part.name}.findings")


def note_findings(findings: Findings, part: Path) -> None:
    """Write what was found in a part, before the part itself is there."""
    path = findings_beside(part)
    # Two actors may write it at once, if the first one's end was not reported.
    unfinished = path.with_name(f"{path.name}.{uuid4().hex}")
    write_durably(unfinished, json.dumps(findings.to_json()).encode())
    unfinished.replace(path)


def noted_findings(part: Path) -> Any:
    """Return what was noted of a part, None where nothing was.

    Raises:
        DataError: It is damaged.
    """
    path = findings_beside(part)
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise DataError(f"{path} is damaged: run again without --resume") from error
