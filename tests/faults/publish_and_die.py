"""Publish in a child that kills itself at its N-th change of the disk, for every N.

Run as ``publish_and_die.py MODELS``: MODELS holds a published model, which is published
again as ``next``. Each N works on a copy; the copies stay, for the test to look at.
"""

import os
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path

from faulty_disk import FaultyDisk

from sentiment.artifact import load_artifact
from training.publish import publish


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(models: Path) -> None:
    artifact = replace(load_artifact(models / "current"), version="next")
    for step in range(1, 200):
        copy = models.with_name(f"killed-{step:03}")
        shutil.copytree(models, copy, symlinks=True)
        child = os.fork()
        if child == 0:
            with FaultyDisk(step, die):
                publish(artifact, copy)
            os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if ended == 0:
            return
        if ended != -signal.SIGKILL:
            raise SystemExit(f"the publisher ended with {ended} at step {step}")
    raise SystemExit("the publisher never got through")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
