"""Publish in a child that kills itself at its N-th change of the disk, for every N.

Run as ``publish_and_die.py MODELS``: MODELS holds a published model, which is published
again as ``next``. Each N works on a copy; the copies stay, for the test to look at.
"""

import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from faulty_disk import die_at_each_change

from sentiment.artifacts.folder import load_artifact
from training.publishing.publish import publish


def main(models: Path) -> None:
    artifact = replace(load_artifact(models / "current"), version="next")

    def prepare(step: int) -> Callable[[], object]:
        copy = models.with_name(f"killed-{step:03}")
        shutil.copytree(models, copy, symlinks=True)
        return partial(publish, artifact, copy)

    die_at_each_change(prepare)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
