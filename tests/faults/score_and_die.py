"""Score in a child that kills itself at its N-th change of the disk, for every N.

Run as ``score_and_die.py MODEL SOURCE FOLDER``: each N scores SOURCE into a folder of
its own in FOLDER, which stays, for the test to look at. The last is the one that got
through.
"""

import os
import signal
import sys
from pathlib import Path

from faulty_disk import FaultyDisk

import sentiment
from sentiment.predictor import Predictor
from sentiment.scoring import blocks as cutting
from sentiment.scoring import run as running_module
from sentiment.scoring.report import Report
from sentiment.scoring.run import ScoreOptions, Scoring


def score(predictor: Predictor, model: Path, source: Path, output: Path) -> None:
    report = Report(output.with_name("page.html"))
    scoring = Scoring(predictor, model, ScoreOptions(), report=report)
    scoring.to_file(str(source), output)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(model: Path, source: Path, folder: Path) -> None:
    # As in the test: so that each kind of change comes several times.
    cutting.MAX_ROWS = 100
    running_module._MARK_SECONDS = 0.0
    predictor = sentiment.load(model)
    for step in range(1, 200):
        mine = folder / f"dead-{step:03}"
        mine.mkdir()
        child = os.fork()
        if child == 0:
            with FaultyDisk(step, die):
                score(predictor, model, source, mine / "out.csv")
            os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if ended == 0:
            return
        if ended != -signal.SIGKILL:
            raise SystemExit(f"the scorer ended with {ended} at step {step}")
    raise SystemExit("the scorer never got through")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
