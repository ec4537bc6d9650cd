"""The history of a fit: its epochs, and the gradient norm of every step."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRecord:
    """One pass over the training split; ``epoch`` counts from 1.

    ``seconds`` and ``tokens_per_second`` are of training alone, without validation.
    """

    epoch: int
    train_loss: float
    validation_loss: float
    validation_macro_f1: float
    seconds: float
    tokens_per_second: float


@dataclass(frozen=True, kw_only=True)
class History:
    """The epochs in order, and the norm of the gradient at every step, before clipping.

    Do not append to the lists: a longer history is a new one.

    >>> History.from_json(History(gradient_norms=[0.5]).to_json()).gradient_norms
    [0.5]
    """

    epochs: list[EpochRecord] = field(default_factory=list)
    gradient_norms: list[float] = field(default_factory=list)

    def with_epoch(self, record: EpochRecord, norms: list[float]) -> "History":
        """Return the history with one more epoch and the norms of its steps."""
        return History(
            epochs=[*self.epochs, record],
            gradient_norms=[*self.gradient_norms, *norms],
        )

    def best(self) -> EpochRecord:
        """Return the epoch of the highest validation macro-F1.

        Of equals it is the one with the lower validation loss, then the first: on few
        texts macro-F1 often ties, also at its highest, while the loss still falls.

        Raises:
            ValueError: There is no epoch yet.
        """
        if not self.epochs:
            raise ValueError("the history has no epoch yet: fit first")
        return max(
            self.epochs,
            key=lambda record: (record.validation_macro_f1, -record.validation_loss),
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain lists and dictionaries, as a checkpoint keeps them."""
        return {
            "epochs": [asdict(record) for record in self.epochs],
            "gradient_norms": list(self.gradient_norms),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "History":
        """Rebuild a history from :meth:`to_json`."""
        return cls(
            epochs=[EpochRecord(**record) for record in values["epochs"]],
            gradient_norms=[float(norm) for norm in values["gradient_norms"]],
        )
