"""Score in a child that kills itself at its N-th change of the disk, for every N.

Run as ``score_and_die.py MODEL SOURCE FOLDER``: each N scores SOURCE into a folder of
its own in FOLDER, which stays, for the test to look at.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from faulty_disk import die_at_each_change

import sentiment
from sentiment.scoring import blocks as cutting
from sentiment.scoring import sinks
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.report.report import Report
from sentiment.scoring.run import Scoring


def main(model: Path, source: Path, folder: Path) -> None:
    # As in the test: so that each kind of change comes several times.
    cutting.MAX_ROWS = 100
    sinks._MARK_SECONDS = 0.0
    predictor = sentiment.load(model)

    def prepare(step: int) -> Callable[[], object]:
        mine = folder / f"dead-{step:03}"
        mine.mkdir()
        report = Report(mine / "page.html")
        scoring = Scoring(predictor, model, ScoreOptions(), report=report)
        return lambda: scoring.to_file(str(source), mine / "out.csv")

    die_at_each_change(prepare)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
