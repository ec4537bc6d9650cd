"""The journal of an unfinished output: which run began it, and where to resume it."""

from dataclasses import dataclass
from typing import Any

from sentiment.errors import DataError
from sentiment.scoring.results import Tally


@dataclass(frozen=True, kw_only=True)
class JournalState:
    """What is on disk of an output: ``blocks``, which end at the byte ``position``.

    ``identity`` is that of the run that wrote them, ``report`` its findings.
    ``finished`` says that the output was whole and only had to be renamed.
    """

    identity: dict[str, Any]
    tally: Tally
    blocks: int
    position: int
    report: dict[str, Any] | None = None
    finished: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "identity": self.identity,
            "tally": self.tally.to_json(),
            "report": self.report,
            "blocks": self.blocks,
            "position": self.position,
            "finished": self.finished,
        }

    @classmethod
    def from_json(cls, values: Any) -> "JournalState":
        """Rebuild what :meth:`to_json` gave.

        Raises:
            DataError: It did not give this.
        """
        try:
            return cls(
                identity=dict(values["identity"]),
                tally=Tally.from_json(values["tally"]),
                blocks=int(values["blocks"]),
                position=int(values["position"]),
                report=None if values["report"] is None else dict(values["report"]),
                finished=bool(values.get("finished")),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise DataError(f"no state of an output: {error!r}") from error
