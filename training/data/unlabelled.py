"""Unlabelled texts: for language models, soft labels, virtual adversarial training."""

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sentiment.config_checks import check_values
from sentiment.errors import ConfigError, DataError
from sentiment.tables import DialectOptions, open_table
from sentiment.wording import counted, nearest
from training.data.cleaning import normalised
from training.data.source import no_such_file

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class UnlabelledConfig:
    """One file of texts without labels.

    Language models and virtual adversarial training learn from them, and teachers label
    them.
    """

    name: str
    """Its name in reports."""

    path: str
    """The file, relative to the data folder."""

    text_column: str = "text"
    """The column of the texts."""

    domain: str = ""
    """What the texts are about, for ``--leave-out`` and the model card."""

    terms: str = ""
    """The terms of use, for the model card."""

    encoding: str | None = None
    """The file's encoding; detected if left out."""

    delimiter: str | None = None
    """The delimiter of a CSV; detected if left out."""

    def __post_init__(self) -> None:
        check_values(self, f"unlabelled {self.name!r}:")
        if not self.name or not self.path:
            raise ConfigError("an [[unlabelled]] table needs a name and a path")


def read_unlabelled(
    sources: Sequence[UnlabelledConfig], *, data_root: Path, but: Collection[str]
) -> list[str]:
    """Return the texts of ``sources``, each once.

    How many rows have no text is logged, with the first of them.

    Args:
        sources: The files.
        data_root: Where their relative paths begin.
        but: Normalised texts to leave out, such as those of the test split.

    Raises:
        DataError: A file is missing, lacks the column, or has no row with a text.
    """
    seen = set(but)
    texts = []
    for source in sources:
        for text in _texts(source, data_root / source.path):
            identity = normalised(text)
            if identity not in seen:
                seen.add(identity)
                texts.append(text)
    return texts


def _texts(source: UnlabelledConfig, file: Path) -> Iterator[str]:
    if not file.is_file():
        raise no_such_file(f"unlabelled {source.name!r}", file)
    said = DialectOptions(encoding=source.encoding, delimiter=source.delimiter)
    with open_table(file, said) as table:
        columns = table.columns
        if table.dialect.format != "jsonl" and source.text_column not in columns:
            raise DataError(
                f"{file} has no column {source.text_column!r}: "
                f"{nearest(source.text_column, columns)}"
            )
        skipped, read = 0, 0
        first = "it has no row"
        for row in table:
            text = row.get(source.text_column)
            if not row.error and isinstance(text, str) and text.strip():
                read += 1
                yield text
                continue
            if not skipped:
                reason = row.error or f"there is no text in {source.text_column!r}"
                first = f"{file}:{row.line}: {reason}"
            skipped += 1
    if not read:
        raise DataError(
            f"unlabelled {source.name!r} gave no text: {first}. A possible solution is "
            "another text_column, or to take the table out of the recipe"
        )
    if skipped:
        _log.warning(
            "unlabelled %r: %s skipped, the first is %s",
            source.name,
            counted(skipped, "row"),
            first,
        )
