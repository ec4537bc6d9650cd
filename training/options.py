"""Where a training reads and writes, and what all long commands are told."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Folders:
    """The folders of a recipe's texts and of what its trainings leave.

    A recipe's relative paths begin in ``data``. Reports, checkpoints, language models,
    teachers and soft labels lie in ``runs``.
    """

    data: Path = Path()
    runs: Path = Path("runs")


@dataclass(frozen=True, kw_only=True)
class WorkOptions:
    """What any training is told beside its recipe; nothing here changes the model.

    ``command`` is the one that was given, for the report.
    """

    folders: Folders = Folders()
    resume: bool = False
    show_progress: bool = True
    command: str = ""
