"""Checkpoints of a fit: a killed one resumes to the same result."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor, nn
from torch.optim import Optimizer

from training.fitting.history import EpochRecord, History
from training.fitting.state import (
    part_of,
    read_state,
    restore_state,
    state_of,
    with_prefix,
    write_state,
)


@dataclass
class Progress:
    """Where a fit stands: ``epoch`` counts from 0, ``batch`` is the next one of it.

    ``loss_sum``, ``tokens``, ``seconds`` and ``norms`` are of the current epoch;
    ``best`` holds the weights of the best epoch so far, see :meth:`History.best`.
    """

    epoch: int = 0
    batch: int = 0
    loss_sum: float = 0.0
    tokens: int = 0
    seconds: float = 0.0
    norms: list[float] = field(default_factory=list)
    history: History = field(default_factory=History)
    best: dict[str, Tensor] = field(default_factory=dict)

    @property
    def mean_loss(self) -> float:
        """The mean training loss of the epoch's steps so far."""
        return self.loss_sum / max(len(self.norms), 1)

    def count_step(self, loss: float, norm: float, tokens: int, seconds: float) -> None:
        """Count one optimiser step of the current epoch."""
        self.batch += 1
        self.loss_sum += loss
        self.norms.append(norm)
        self.tokens += tokens
        self.seconds += seconds

    def close_epoch(self, record: EpochRecord, weights: dict[str, Tensor]) -> None:
        """Begin the next epoch; keep ``weights`` if no earlier epoch was as good."""
        self.history = self.history.with_epoch(record, self.norms)
        if self.history.best() is record:
            self.best = {
                name: value.detach().cpu().clone() for name, value in weights.items()
            }
        self.epoch += 1
        self.batch, self.loss_sum, self.tokens = 0, 0.0, 0
        self.seconds, self.norms = 0.0, []


def save_checkpoint(
    folder: Path,
    identity: Mapping[str, str],
    progress: Progress,
    network: nn.Module,
    optimizer: Optimizer,
    average: nn.Module | None = None,
) -> None:
    """Replace the checkpoint in ``folder`` by one rename: whole or not at all.

    ``identity`` holds the fingerprints of what the fit began with; ``average`` is the
    moving average of the network's weights, if there is one.
    """
    values = {
        "history": progress.history.to_json(),
        **{
            name: getattr(progress, name)
            for name in ("epoch", "batch", "loss_sum", "tokens", "seconds", "norms")
        },
    }
    tensors = state_of(network, optimizer)
    tensors.update(with_prefix("best", progress.best))
    if average is not None:
        tensors.update(with_prefix("average", average.state_dict()))
    name = f"{progress.epoch:03d}-{progress.batch:06d}"
    write_state(folder, name, {"identity": identity, **values}, tensors)


def load_checkpoint(
    folder: Path,
    identity: Mapping[str, str],
    network: nn.Module,
    optimizer: Optimizer,
    average: nn.Module | None = None,
) -> Progress | None:
    """Restore the checkpoint in ``folder``; return None if there is none.

    Raises:
        ConfigError: It is damaged, or belongs to a run of another ``identity``.
    """
    found = read_state(folder, identity)
    if found is None:
        return None
    values, tensors = found
    restore_state(network, optimizer, tensors)
    if average is not None:
        average.load_state_dict(part_of("average", tensors))
    history = History.from_json(values.pop("history"))
    return Progress(history=history, best=part_of("best", tensors), **values)
