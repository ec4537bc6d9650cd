"""Rows a second on Ray, by one actor and by two, beside the local engine's workers."""

import csv
import os
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench_scoring import WORKERS_ROWS, Fresh, Stopwatch
from measuring import Comparison, compare

import sentiment
from sentiment.artifacts.store import bundled_model
from sentiment.scoring.cluster.run import ClusterScoring
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.run import Scoring

# Some fifty parts, so that what is measured begins and ends with many still to do.
PART_BYTES = 200_000


def run(rounds: int, rows: int = WORKERS_ROWS) -> Iterator[Comparison]:
    """Compare two with one, and each with as many workers of the local engine.

    The file has ``rows`` rows, of which the first block or part is not measured.
    """
    # Ray lets its workers give way to whatever else the machine does; ours do not.
    os.environ.setdefault("RAY_worker_niceness", "0")
    with tempfile.TemporaryDirectory() as name:
        source = _written(Path(name), rows)
        on_ray = {count: partial(_on_ray, source, count) for count in (1, 2)}
        local = {count: partial(_local, source, count) for count in (1, 2)}
        for told, contenders in (
            ("on Ray, two actors against one", {"two": on_ray[2], "one": on_ray[1]}),
            ("one worker, Ray against local", {"Ray": on_ray[1], "local": local[1]}),
            ("two workers, Ray against local", {"Ray": on_ray[2], "local": local[2]}),
        ):
            yield compare(
                f"scoring, the bundled model, {told}",
                "rows/s once begun",
                contenders,
                rounds,
                measure=lambda call: call(),
            )


def _written(folder: Path, rows: int) -> Path:
    path = folder / "in.csv"
    with path.open("w", newline="") as file:
        texts = Fresh(rows)()
        csv.writer(file).writerows([["text"], *([text] for text in texts)])
    return path


def _on_ray(source: Path, workers: int) -> float:
    watch, model = Stopwatch(), bundled_model()
    scoring = ClusterScoring(
        sentiment.load(model),
        model,
        ScoreOptions(),
        workers=workers,
        progress=watch,
        part_bytes=PART_BYTES,
    )
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        scoring.to_folder(str(source), Path(folder) / "out.csv")
    return watch.rate()


def _local(source: Path, workers: int) -> float:
    watch, model = Stopwatch(), bundled_model()
    scoring = Scoring(
        sentiment.load(model), model, ScoreOptions(), workers=workers, progress=watch
    )
    scoring.to_file(str(source), source.with_name("out.csv"))
    return watch.rate()
