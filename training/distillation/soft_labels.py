"""Soft labels on disk: the teachers' probabilities for each text, by the text's hash.

A folder of Parquet parts with the columns key, negative, neutral and positive, and
``soft-labels.json``, which identifies the teachers. No text is stored.
"""

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment.errors import ConfigError, MissingExtraError
from sentiment.labels import LABELS
from training.data.cleaning import normalised
from training.data.targets import Target
from training.disk.files import write_json

CARD = "soft-labels.json"
_KEY_LENGTH = 32

_log = logging.getLogger(__name__)


def key_of(text: str) -> str:
    """Return the hash that identifies a text: of its letters and digits alone.

    >>> key_of("Good film!") == key_of("good FILM")
    True
    """
    identity = normalised(text).encode("utf-8", "surrogatepass")
    return hashlib.sha256(identity).hexdigest()[:_KEY_LENGTH]


@dataclass(frozen=True)
class SoftLabels:
    """The folder of one recipe's soft labels."""

    folder: Path

    def begin(self, made_by: Mapping[str, Any]) -> None:
        """Record the teachers, or continue what the same teachers have begun.

        Raises:
            ConfigError: Soft labels of others, or something else, lie there.
            MissingExtraError: The extra ``train`` is not installed.
        """
        _pyarrow()
        if not self._is_ours():
            self._note(made_by)
        elif self._made_by() != json.loads(json.dumps(made_by)):
            raise ConfigError(
                f"{self.folder} holds soft labels of other teachers or settings: "
                "remove it, or leave --resume out, to begin anew"
            )

    def begin_anew(self, made_by: Mapping[str, Any]) -> None:
        """Remove the soft labels that are there, and nothing else; record the teachers.

        How many are removed is logged: they may be many hours of work.

        Raises:
            ConfigError: Something else lies there.
            MissingExtraError: The extra ``train`` is not installed.
        """
        _pyarrow()
        if self._is_ours():
            if discarded := sum(map(_rows, self._parts())):
                _log.warning(
                    "%s finished soft labels in %s are discarded, since --resume was "
                    "not given",
                    f"{discarded:,}",
                    self.folder,
                )
            # First an empty card, which --resume refuses: if this is interrupted, parts
            # of other teachers are not taken for those of these.
            self._note({})
            for part in (*self._parts(), *self.folder.glob("part-*.unfinished")):
                part.unlink()
        self._note(made_by)

    def add(self, keys: Sequence[str], probabilities: Iterable[Target]) -> None:
        """Write one more part: whole or not at all."""
        columns = zip(*probabilities, strict=True)
        pyarrow = _pyarrow()
        number = pyarrow.float32()
        table = pyarrow.table(
            {
                "key": list(keys),
                **{
                    label: pyarrow.array(values, number)
                    for label, values in zip(LABELS, columns, strict=True)
                },
            }
        )
        # Named by its first key, so that parts may be written in any order.
        part = self.folder / f"part-{keys[0]}.parquet"
        unfinished = part.with_suffix(".unfinished")
        pyarrow.parquet.write_table(table, unfinished)
        unfinished.replace(part)

    def keys(self) -> set[str]:
        """Return the hashes of the texts that have soft labels."""
        read_table = _pyarrow().parquet.read_table
        return {
            key
            for part in self._parts()
            for key in read_table(part, columns=["key"])[0].to_pylist()
        }

    def read(self) -> dict[str, Target]:
        """Return the probabilities of negative, neutral and positive by hash.

        Raises:
            ConfigError: There are none.
        """
        read_table = _pyarrow().parquet.read_table
        labels: dict[str, Target] = {}
        for part in self._parts():
            table = read_table(part)
            columns = [table[name].to_pylist() for name in LABELS]
            targets = zip(*columns, strict=True)
            labels.update(zip(table["key"].to_pylist(), targets, strict=True))
        if not labels:
            raise ConfigError(
                f"{self.folder} holds no soft labels: a possible solution is to run "
                "`sentiment-train distill RECIPE` first"
            )
        return labels

    @property
    def _card(self) -> Path:
        return self.folder / CARD

    def _is_ours(self) -> bool:
        """Say whether soft labels lie in the folder; refuse one of anything else.

        Raises:
            ConfigError: Files or folders lie there, and no card among them.
        """
        if self._card.is_file():
            return True
        # A card that was being written during a kill has a name that begins with a dot.
        if any(not one.name.startswith(".") for one in self.folder.glob("*")):
            raise ConfigError(
                f"{self.folder} is not a folder of soft labels, it has no {CARD}: name "
                "another in [distillation] soft_labels"
            )
        return False

    def _note(self, made_by: Mapping[str, Any]) -> None:
        write_json(self._card, made_by)

    def _made_by(self) -> dict[str, Any]:
        """Return what :meth:`begin` recorded.

        Raises:
            ConfigError: The card is damaged.
        """
        try:
            found: dict[str, Any] = json.loads(self._card.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"{self._card} cannot be read ({error}): leave --resume out to begin "
                "anew"
            ) from error
        return found

    def _parts(self) -> list[Path]:
        return sorted(self.folder.glob("part-*.parquet"))


def _rows(part: Path) -> int:
    """Return how many soft labels a part holds, 0 if it cannot be read."""
    try:
        return int(_pyarrow().parquet.read_metadata(part).num_rows)
    except (OSError, ValueError):
        return 0


def _pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError("distillation", "train") from error
    return pyarrow


def at_temperature(target: Target, temperature: float) -> Target:
    """Return the probabilities that the same logits give at ``temperature``.

    >>> at_temperature((0.8, 0.0, 0.2), 2.0)
    (0.6666666666666666, 0.0, 0.3333333333333333)
    """
    powers = [share ** (1 / temperature) for share in target]
    negative, neutral, positive = (power / sum(powers) for power in powers)
    return negative, neutral, positive
