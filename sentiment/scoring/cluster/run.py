"""Score a file or a folder on a Ray cluster, into a folder of parts and a manifest."""

import hashlib
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import sentiment
from sentiment.artifacts.store import MANIFEST
from sentiment.disk import sha256_of
from sentiment.errors import MissingExtraError
from sentiment.prediction.predictor import Predictor
from sentiment.scoring.cluster.input_files import Source, find_sources
from sentiment.scoring.cluster.part_folder import PartFolder
from sentiment.scoring.cluster.part_scorer import read_model
from sentiment.scoring.cluster.parts import FinishedPart, Job
from sentiment.scoring.cluster.parts_under_way import PartsUnderWay
from sentiment.scoring.cluster.plan import Plan, make_plan
from sentiment.scoring.identity import identity_of, resumed
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.progress import Progress
from sentiment.scoring.report.report import Report
from sentiment.scoring.results import Tally
from sentiment.wording import counted

FORMAT = 1


class ClusterScoring:
    """Scores files with one model and one set of options, on ``workers`` actors.

    Without ``workers`` there is an actor for each CPU of the cluster.
    ``address`` is a cluster's to join; without one, Ray is started on this machine.
    A ``report`` is of one scoring. ``part_bytes`` of the input go into a part, a size
    that suits the input without it.
    """

    def __init__(
        self,
        predictor: Predictor,
        model: Path,
        options: ScoreOptions,
        *,
        workers: int | None = None,
        address: str | None = None,
        progress: Progress | None = None,
        report: Report | None = None,
        part_bytes: int | None = None,
    ) -> None:
        self.predictor = predictor
        self.model = model
        self.options = options
        self.workers = workers
        self.address = address
        self.progress = progress or Progress()
        self.report = report
        self.part_bytes = part_bytes

    def to_folder(self, source: str, output: Path, *, resume: bool = False) -> Tally:
        """Score ``source`` into the folder ``output``, which appears when it is whole.

        Raises:
            MissingExtraError: Ray is not installed.
            DataError: The input cannot be read, the output exists, or is not that of
                the unfinished run that is to be resumed.
            SentimentError: A part cannot be made, or no cluster answers.
        """
        connection, ray_data = _ray()
        output = output.absolute()
        sources = find_sources(Path(source), self.progress.say)
        with closing(PartFolder(output)) as folder:
            plan = make_plan(
                sources, self.options, output, self.progress, self.part_bytes
            )
            if self.report is not None:
                inputs = [Path(one.path) for one in sources]
                self.report.check(plan.columns, *inputs, output)
            with connection.connected(self.address, self.workers) as cluster:
                workers = self.workers or connection.cpus()
                self.progress.say(f"scoring on {cluster}, {workers} at once")
                parts = ray_data.find_parts(sources, plan.cutting)
                made = self._opened(folder, self._identity(sources, plan), resume)
                job = self._job(folder, plan)
                under_way = PartsUnderWay(
                    folder, parts, made, self.report, self.progress
                )
                self._make(ray_data, job, under_way, workers)
            under_way.finish(
                self._about(job, sources),
                source=Path(source).resolve().name,
                text_column=job.text_column,
                model=self.predictor.version,
            )
        return under_way.tally

    def _opened(
        self, folder: PartFolder, identity: dict[str, Any], resume: bool
    ) -> list[FinishedPart]:
        """Open the folder, and return the parts that are in it from an earlier run.

        From here on the model reads in the precision that it read in there.
        """
        noted = folder.identity() if resume else None
        if noted is not None:
            self.predictor = resumed(self.predictor, noted, identity)
        elif resume:
            self.progress.say("nothing was begun: starting at the first part")
        elif rows := folder.rows_before():
            self.progress.say(
                f"an unfinished output of {counted(rows, 'row')} is replaced"
            )
        identity["precision"] = self.predictor.precision
        return folder.open(identity, resume=resume)

    def _job(self, folder: PartFolder, plan: Plan) -> Job:
        return Job(
            folder=str(folder.path),
            columns=plan.columns,
            text_column=plan.text_column,
            keys=plan.keys,
            results=plan.results,
            output_dialect=plan.output_dialect,
            precision=self.predictor.precision,
            report=self.report is not None,
            date_column=self.report.date_column if self.report else None,
        )

    def _make(
        self, ray_data: ModuleType, job: Job, under_way: PartsUnderWay, workers: int
    ) -> None:
        """Let the cluster make what is missing."""
        model = read_model(self.model)
        answers = ray_data.make_parts(job, model, under_way.missing(), workers)
        # Closed, so that a run that ends early leaves no actor on a core.
        with closing(answers):
            for one in answers:
                under_way.take(one)

    def _identity(self, sources: Sequence[Source], plan: Plan) -> dict[str, Any]:
        """Return what must be the same for a run to go on with another's parts."""
        files = json.dumps([asdict(source) for source in sources])
        return identity_of(
            self.predictor,
            self.model,
            self.options,
            **{"size of parts": plan.cutting.part_bytes},
            release=sentiment.__version__,
            input=hashlib.sha256(files.encode()).hexdigest(),
        )

    def _about(self, job: Job, sources: Sequence[Source]) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "release": sentiment.__version__,
            "model": self.predictor.version,
            "model_manifest_sha256": sha256_of(self.model / MANIFEST),
            "precision": job.precision,
            "text_column": job.text_column,
            "columns": [*job.columns, *job.keys, *job.results],
            "key": job.keys,
            "sources": [{"file": one.name, "bytes": one.size} for one in sources],
        }


def _ray() -> tuple[ModuleType, ModuleType]:
    """Return the modules that need Ray.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        from sentiment.scoring.cluster import connection, ray_data
    except ImportError as error:
        raise MissingExtraError("--engine ray", "ray") from error
    return connection, ray_data
