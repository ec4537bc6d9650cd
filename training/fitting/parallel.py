"""Data-parallel training: torchrun starts the processes, each takes part of a batch."""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from sentiment.errors import ConfigError

# The others wait while the first evaluates, perhaps longer than torch's half hour.
_PATIENCE = timedelta(hours=24)
_EXIT = "sentiment/exit"


@dataclass(frozen=True)
class Ranks:
    """This process among those that train together; alone it is the first of one.

    Each takes its share of a batch and divides its losses by the weight of the whole
    batch, so that the summed gradients are those of a single process. torch's
    DistributedDataParallel would average the means of the processes, in which a text
    counts for more if the others of its process weigh less; and it would sum gradients
    before the masks of dropped recurrent weights are applied to them.
    """

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this process evaluates, prints and writes."""
        return self.rank == 0

    def share(self, positions: Sequence[int]) -> list[int]:
        """Return this process's part of a batch; empty if it has too few texts."""
        return list(positions[self.rank :: self.size])

    def share_of(self, state: Tensor) -> Tensor:
        """Return this process's columns of a state, ``(layers, texts, hidden)``."""
        return state[:, self.rank :: self.size].contiguous()

    def join_shares(self, state: Tensor) -> Tensor:
        """Return the whole state, of which each process has some columns."""
        if self.size == 1:
            return state
        columns = int(self.sum(torch.tensor(float(state.shape[1]))))
        layers, _, hidden_dim = state.shape
        whole = torch.zeros(layers, columns, hidden_dim, device=state.device)
        whole[:, self.rank :: self.size] = state
        dist.all_reduce(whole)
        return whole.to(state.dtype)

    def seed_step(self, *step: int) -> None:
        """Seed dropout: differently in each process, the same after a resume."""
        if self.size > 1:
            torch.manual_seed(hash((*step, self.rank)))

    def sum_gradients(self, network: nn.Module) -> None:
        """Replace each process's gradients by their sum over all processes."""
        if self.size == 1:
            return
        learning = [one for one in network.parameters() if one.requires_grad]
        for parameter in learning:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        gradients = [one.grad for one in learning if one.grad is not None]
        whole = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(whole)
        parts = whole.split([gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def sum(self, value: Tensor) -> float:
        """Return the sum of a scalar over all processes."""
        if self.size > 1:
            dist.all_reduce(value)
        return value.item()

    def from_first(self, *values: float) -> list[float]:
        """Return the first process's ``values`` in every process."""
        if self.size == 1:
            return list(values)
        sent = torch.tensor(values, dtype=torch.float64)
        dist.broadcast(sent, src=0)
        received: list[float] = sent.tolist()
        return received

    def begin_alike(self, network: nn.Module) -> None:
        """Give every process the first one's weights."""
        if self.size > 1:
            for value in network.state_dict().values():
                dist.broadcast(value, src=0)

    def require_alike(self, *came_to: int) -> None:
        """Stop all processes unless all have come equally far.

        Raises:
            ConfigError: They have not: each looks for checkpoints on its own disk.
        """
        expected = self.from_first(*map(float, came_to))
        apart = torch.tensor(float(expected != [float(one) for one in came_to]))
        if self.sum(apart):
            raise ConfigError(
                "not every process has found the checkpoint to go on from: the folder "
                "that --runs names must be one that all hosts share"
            )

    def say_exit(self, code: int) -> None:
        """Send the first process's exit code to the others."""
        if self.size > 1:
            _store().set(_EXIT, str(code))

    def hear_exit(self, within: timedelta = _PATIENCE) -> int:
        """Wait for the first process's end; return its exit code.

        Raises:
            TimeoutError: It has not ended by then.
        """
        try:
            _store().wait([_EXIT], within)
        except dist.DistStoreError as error:
            raise TimeoutError(f"the first process goes on after {within}") from error
        return int(_store().get(_EXIT))


def current() -> Ranks:
    """Return this process's place in the process group, if it joined one."""
    if dist.is_available() and dist.is_initialized():
        return Ranks(dist.get_rank(), dist.get_world_size())
    return Ranks()


@contextmanager
def joined() -> Iterator[Ranks]:
    """Join the process group if torchrun started this process, and leave it at the end.

    All processes read the same files and hold all texts; only the first logs.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        yield Ranks()
        return
    cuda = torch.cuda.is_available()
    dist.init_process_group("cpu:gloo,cuda:nccl" if cuda else "gloo", timeout=_PATIENCE)
    try:
        ranks = current()
        if not ranks.first:
            logging.disable(logging.WARNING)
        yield ranks
    finally:
        dist.destroy_process_group()


def own_gpu() -> torch.device:
    """Return the GPU of this process: of several on a machine, each has its own."""
    local = os.environ.get("LOCAL_RANK")
    if local is None or current().size == 1:
        return torch.device("cuda")
    return torch.device("cuda", int(local))


def _store() -> Any:
    return dist.distributed_c10d._get_default_store()
