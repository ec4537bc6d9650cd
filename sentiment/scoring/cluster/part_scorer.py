"""The work of an actor: load the model once, then make one part after the other."""

import socket
import tempfile
from pathlib import Path

from sentiment.artifacts.folder import (
    CARD,
    MANIFEST_SUM,
    VOCABULARY,
    WEIGHTS,
    load_artifact,
)
from sentiment.artifacts.store import MANIFEST
from sentiment.disk import sha256_of
from sentiment.errors import DataError, SentimentError
from sentiment.network.threads import limit_threads
from sentiment.prediction.predictor import Predictor
from sentiment.scoring.blocks import cut_blocks
from sentiment.scoring.cluster.part_file import deaths_over, open_part
from sentiment.scoring.cluster.part_findings import note_findings
from sentiment.scoring.cluster.parts import FinishedPart, Job, Part
from sentiment.scoring.report.findings import Findings
from sentiment.scoring.results import Tally
from sentiment.scoring.scorer import Scorer
from sentiment.tables.stretches import read_stretch

# A model's files and what they hold: it travels whole, so that all nodes have the same.
ModelFiles = dict[str, bytes]

# Ray restarts an actor however often it dies. A part over which this many have died is
# most likely the cause, and is given up.
_DEATHS = 3


class PartScorer:
    """Makes parts of one job with the model that it was given."""

    def __init__(self, job: Job, model: ModelFiles) -> None:
        limit_threads(1)
        self._job = job
        self._predictor = _loaded(model, job)
        self._scorer = Scorer(self._predictor)

    def make(self, part: Part) -> FinishedPart:
        """Score a part's rows and write them; a part that is there is replaced.

        Raises:
            SentimentError: Its rows cannot be read, are others than when the parts were
                cut, or cannot be written; others died over it; or this node cannot
                read in the job's precision.
        """
        if self._predictor.precision != self._job.precision:
            raise SentimentError(
                f"the processor of {socket.gethostname()} does not have "
                f"{self._job.precision}, in which the others read: a possible solution "
                "is --precision float32"
            )
        name = f"part-{part.key}{self._job.suffix}"
        path = Path(self._job.folder, name)
        try:
            tally = self._write(part, path)
            size, checksum = path.stat().st_size, sha256_of(path)
        except OSError as error:
            raise SentimentError(
                f"{error.filename or path}: {error.strerror or error}, on the node "
                f"{socket.gethostname()} (with --resume, what is done is kept)"
            ) from error
        return FinishedPart(
            key=part.key,
            part=name,
            source_file=part.source.name,
            first_row=part.stretch.first_row,
            rows=tally.rows,
            read_bytes=part.stretch.size,
            bytes=size,
            sha256=checksum,
            tally=tally.to_json(),
        )

    def _write(self, part: Part, path: Path) -> Tally:
        part.source.require_unchanged()
        if deaths_over(path) >= _DEATHS:
            raise SentimentError(
                f"{_DEATHS} workers died over the part from row "
                f"{part.stretch.first_row:,} of {part.source.path} on, perhaps for "
                "want of memory: a possible solution is fewer --workers on a node "
                "(with --resume, what is done is kept)"
            )
        columns, stretch = self._job.columns, part.stretch
        rows = read_stretch(Path(part.source.path), part.dialect, columns, stretch)
        tally, findings = Tally(), Findings(self._job.date_column)
        with open_part(self._job, part, path) as file:
            for block in cut_blocks(rows, self._job.text_column):
                results = self._scorer.score(block.texts, block.errors)
                file.add(block, results)
                tally.add(results)
                if self._job.report:
                    findings.add(block.rows, block.texts, results)
            if tally.rows != stretch.rows:
                raise DataError(
                    f"{part.source.path} has {tally.rows:,} rows from row "
                    f"{stretch.first_row:,} on where there were {stretch.rows:,}: it "
                    "was changed while it was scored"
                )
            if self._job.report:
                note_findings(findings, path)
        return tally


def read_model(folder: Path) -> ModelFiles:
    """Return the files of the model in ``folder``."""
    names = (MANIFEST, MANIFEST_SUM, WEIGHTS, VOCABULARY, CARD)
    return {name: (folder / name).read_bytes() for name in names}


def _loaded(model: ModelFiles, job: Job) -> Predictor:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in model.items():
            (folder / file).write_bytes(content)
        return Predictor(load_artifact(folder), precision=job.precision)
