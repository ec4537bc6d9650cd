"""Jobs and results, as they travel between the machines."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from sentiment.config import Precision
from sentiment.scoring.cluster.input_files import Source
from sentiment.scoring.formats import OutputDialect
from sentiment.scoring.results import Tally
from sentiment.tables.dialect import Dialect
from sentiment.tables.stretches import Stretch

# The columns that say where a row came from: its file, and its number there from 1.
KEY_COLUMNS = ("source_file", "source_row")


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is the same for all parts of an output; ``folder`` is where they are made.

    ``columns`` are the input's, ``keys`` and ``results`` stand behind them. With
    ``report``, findings for it are kept beside each part.
    """

    folder: str
    columns: list[str]
    text_column: str
    keys: list[str]
    results: list[str]
    output_dialect: OutputDialect
    precision: Precision
    report: bool = False
    date_column: str | None = None

    @property
    def suffix(self) -> str:
        """How the names of the parts end."""
        if self.output_dialect.format == "parquet":
            return ".parquet"
        kind = ".tsv" if self.output_dialect.delimiter == "\t" else ".csv"
        return f"{kind}.gz" if self.output_dialect.zipped else kind


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part to be made, of one stretch of one file.

    ``key`` is its number among the files' parts: sorted by it, the parts have the rows
    in their order.
    """

    key: str
    source: Source
    dialect: Dialect
    stretch: Stretch

    def to_json(self) -> str:
        """Return the part as text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Part":
        """Rebuild what :meth:`to_json` gave."""
        values = json.loads(text)
        return cls(
            key=values["key"],
            source=Source(**values["source"]),
            dialect=Dialect(**values["dialect"]),
            stretch=Stretch(**values["stretch"]),
        )


@dataclass(frozen=True, kw_only=True)
class FinishedPart:
    """A part that is whole: where its rows came from, its sum, and what came out.

    ``tally`` is a :class:`~sentiment.scoring.results.Tally` as JSON. ``read_bytes`` of
    the source went into it.
    """

    key: str
    part: str
    source_file: str
    first_row: int
    rows: int
    read_bytes: int
    bytes: int
    sha256: str
    tally: dict[str, Any]

    def to_json(self) -> str:
        """Return it as a line of text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "FinishedPart":
        """Rebuild what :meth:`to_json` gave.

        Raises:
            ValueError: It did not give this.
        """
        try:
            made = cls(**json.loads(text))
            Tally.from_json(made.tally)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"no line of a part: {error!r}") from error
        return made
