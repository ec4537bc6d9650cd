"""Score a file or a folder on a Ray cluster, into a folder of parts and a manifest."""

import hashlib
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import sentiment
from sentiment.disk import sha256_of
from sentiment.errors import DataError, MissingExtraError, counted
from sentiment.predictor import Predictor
from sentiment.scoring.cluster.counting import Counting
from sentiment.scoring.cluster.output import PartFolder, require_each_once
from sentiment.scoring.cluster.parts import KEY_COLUMNS, Job, Made, Part
from sentiment.scoring.cluster.plan import Reading, open_scorable, part_bytes
from sentiment.scoring.cluster.scorer import read_model
from sentiment.scoring.cluster.sources import Source, find_sources
from sentiment.scoring.columns import choose_text_column, free_names, result_columns
from sentiment.scoring.formats import Output, choose_output, require_distinct
from sentiment.scoring.identity import identity_of, resumed
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.progress import Progress
from sentiment.scoring.report import Report
from sentiment.scoring.results import Tally
from sentiment.store import MANIFEST
from sentiment.tables import Dialect

FORMAT = 1


class ClusterScoring:
    """Scores files with one model and one set of options, on ``workers`` actors.

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
        workers: int = 1,
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
            reading, job = self._prepared(sources, folder)
            with connection.connected(self.address, self.workers) as cluster:
                self.progress.say(f"scoring on {cluster}, {self.workers} at once")
                parts = ray_data.find_parts(sources, reading)
                made = self._begun(folder, self._identity(sources, reading), resume)
                job = replace(job, precision=self.predictor.precision)
                counting = self._counted(folder, parts, made)
                done = {one.key for one in made}
                wanted = [part for part in parts if part.key not in done]
                model = read_model(self.model)
                making = ray_data.make_parts(job, model, wanted, self.workers)
                # Closed, so that a run that ends early leaves no actor on a core.
                with closing(making):
                    for one in making:
                        folder.note(one)
                        made.append(one)
                        counting.add(one)
                        self.progress.update(counting.read_bytes, counting.tally)
            made = require_each_once([part.key for part in parts], made)
            # Before the output, whose name says that all is done.
            name = Path(source).resolve().name
            counting.write_report(name, job.text_column, self.predictor.version)
            folder.finish(self._about(job, sources, counting.tally), made)
        return counting.tally

    def _prepared(
        self, sources: Sequence[Source], folder: PartFolder
    ) -> tuple[Reading, Job]:
        """Return how files are read and parts are written, by the first file."""
        options = self.options
        reading = Reading(
            options=options,
            columns=[],
            part_bytes=self.part_bytes or part_bytes(sources),
        )
        self.progress.look(f"looking through {sources[0].path}", sources[0].size)
        with open_scorable(sources[0], reading, self.progress.looked) as table:
            columns, dialect = list(table.columns), table.dialect
            self._tell(sources, dialect)
            text_column = choose_text_column(
                columns, options.text_column, self.progress.say, table.schema
            )
        if self.report is not None:
            inputs = [Path(source.path) for source in sources]
            self.report.check(columns, *inputs, folder.output)
        job = Job(
            folder=str(folder.path),
            columns=columns,
            text_column=text_column,
            keys=free_names(columns, KEY_COLUMNS, options.prefix),
            results=result_columns(columns, options.prefix),
            output=self._output(folder.output, columns, dialect),
            precision=self.predictor.precision,
            report=self.report is not None,
            date_column=self.report.date_column if self.report else None,
        )
        return replace(reading, columns=columns), job

    def _output(self, folder: Path, columns: Sequence[str], dialect: Dialect) -> Output:
        output = choose_output(
            str(folder), dialect, escape_formulas=self.options.escape_formulas
        )
        if output.format == "jsonl":
            raise DataError(
                f"{folder.name} would be JSON lines, and --engine ray writes "
                "Parquet and CSV: end the folder's name in .parquet or .csv"
            )
        if output.format == "parquet":
            require_distinct(columns, "Parquet")
        return output

    def _tell(self, sources: Sequence[Source], dialect: Dialect) -> None:
        first = sources[0]
        files = first.path if len(sources) == 1 else f"{len(sources):,} files"
        self.progress.say(f"reading {files}: {dialect.describe()}")

    def _resumed(
        self, folder: PartFolder, identity: dict[str, Any]
    ) -> list[Made] | None:
        """Return what an earlier run made, if it was of the same input and options.

        From here on the model reads in the precision that it read in there.
        """
        noted = folder.identity()
        if noted is None:
            self.progress.say("nothing was begun: starting at the first part")
            return None
        self.predictor = resumed(self.predictor, noted, identity)
        return folder.go_on()

    def _begun(
        self, folder: PartFolder, identity: dict[str, Any], resume: bool
    ) -> list[Made]:
        """Open the folder, and return the parts that are in it from an earlier run."""
        made = None
        if resume:
            made = self._resumed(folder, identity)
        elif rows := folder.rows_before():
            self.progress.say(
                f"an unfinished output of {counted(rows, 'row')} is replaced"
            )
        if made is None:
            folder.begin({**identity, "precision": self.predictor.precision})
        return made or []

    def _counted(
        self, folder: PartFolder, parts: Sequence[Part], made: Sequence[Made]
    ) -> Counting:
        """Count what is made already, and let a person see how much there is."""
        counting = Counting(folder.path, parts, self.report)
        for one in made:
            counting.add(one)
        if made:
            self.progress.say(
                f"resuming: {len(made):,} of {len(parts):,} parts are there, "
                f"{counting.tally.rows:,} rows"
            )
        total = sum(part.stretch.size for part in parts)
        self.progress.start(total, counting.tally)
        return counting

    def _identity(self, sources: Sequence[Source], reading: Reading) -> dict[str, Any]:
        """Return what must be the same for a run to go on with another's parts."""
        files = json.dumps([asdict(source) for source in sources])
        return identity_of(
            self.predictor,
            self.model,
            self.options,
            **{"size of parts": reading.part_bytes},
            release=sentiment.__version__,
            input=hashlib.sha256(files.encode()).hexdigest(),
        )

    def _about(
        self, job: Job, sources: Sequence[Source], tally: Tally
    ) -> dict[str, Any]:
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
            **tally.to_json(),
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
