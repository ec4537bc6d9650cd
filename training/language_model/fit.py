"""Fit a language model by truncated back-propagation through time, resumable."""

import math
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import AdamW
from tqdm import tqdm

from sentiment.errors import ConfigError
from sentiment.wording import counted
from training.disk.fingerprints import fingerprint_of
from training.fitting.bar import token_bar
from training.fitting.config import FitConfig
from training.fitting.device import choose_device, computing_as
from training.fitting.dropout import dropped_weights
from training.fitting.optimizer import clipped_step, one_cycle, set_rate
from training.fitting.parallel import current
from training.fitting.precision import autocast
from training.fitting.state import (
    part_of,
    read_state,
    restore_state,
    state_of,
    with_prefix,
    write_state,
)
from training.language_model.network import LanguageModel, State
from training.language_model.stream import Tokens, Windows, shuffled


@dataclass(frozen=True, kw_only=True)
class PassRecord:
    """One pass over the texts; perplexities are of a word, ``epoch`` is from 1."""

    epoch: int
    train_perplexity: float
    validation_perplexity: float
    seconds: float
    tokens_per_second: float
    clipped_share: float


@dataclass
class _Progress:
    """Where the pretraining stands; sums are of the current epoch, loss in nats."""

    epoch: int = 0
    window: int = 0
    loss_sum: float = 0.0
    tokens: int = 0
    seconds: float = 0.0
    clipped: int = 0
    passes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def perplexity(self) -> float:
        return exp_of_mean(self.loss_sum, self.tokens)


def fit_language_model(
    model: LanguageModel,
    train: Tokens,
    validation: Tokens,
    training: FitConfig,
    *,
    seed: int,
    checkpoints: Path,
    show_progress: bool = True,
) -> list[PassRecord]:
    """Fit ``model`` in place and return the record of each epoch.

    Texts are shuffled in each epoch. The state is carried from window to window,
    without gradients. A checkpoint in ``checkpoints`` is resumed, to the same weights.
    Processes that train together share the streams.

    Raises:
        ConfigError: The checkpoint is of a run that began with anything else, or there
            are fewer streams than processes.
        FloatingPointError: The loss is no longer a number.
    """
    fitting = _Pretraining(
        model,
        train,
        validation,
        training,
        seed=seed,
        folder=checkpoints,
        show_progress=show_progress,
    )
    with computing_as(training):
        while fitting.progress.epoch < model.config.epochs:
            fitting.run_epoch()
    model.cpu().eval()
    return [PassRecord(**one) for one in fitting.progress.passes]


class _Pretraining:
    """One pretraining under way: the model, its optimiser, and how far they have come.

    ``state`` is the RNN's, of this process's streams, carried from window to window.
    """

    def __init__(
        self,
        model: LanguageModel,
        train: Tokens,
        validation: Tokens,
        training: FitConfig,
        *,
        seed: int,
        folder: Path,
        show_progress: bool,
    ) -> None:
        self.device = choose_device(training)
        self.model = model.to(self.device)
        self.config = model.config
        self.precision = training.precision
        self.checkpoint_seconds = training.checkpoint_minutes * 60
        self.train = train
        self.validation = validation
        self.seed = seed
        self.folder = folder
        self.ranks = current()
        self.show_progress = show_progress and self.ranks.first
        self.ranks.begin_alike(self.model)
        self.optimizer = _optimizer(model)
        self.progress = _Progress()
        self.state: State | None = None
        self._identity = self._begun_with()
        self._resume()
        self.ranks.require_alike(self.progress.epoch, self.progress.window)

    def run_epoch(self) -> None:
        """Take the remaining windows of the current epoch, and validate."""
        progress, config = self.progress, self.config
        windows = self._windows()
        own = windows.only(self.ranks.share(range(windows.streams)))
        self.model.train()
        saved = began = time.monotonic()
        bar = token_bar(
            f"language model {progress.epoch + 1}/{config.epochs}",
            len(self.train),
            done=progress.tokens,
            show=self.show_progress,
        )
        with bar:
            for number in range(progress.window, len(windows)):
                done = (progress.epoch + number / len(windows)) / config.epochs
                rate = one_cycle(done, config.learning_rate, config.warmup_share)
                set_rate(self.optimizer, rate)
                tokens, following = own[number]
                whole = windows.tokens(number)
                self._step(tokens.to(self.device), following.to(self.device), whole)
                now = time.monotonic()
                progress.window += 1
                progress.seconds += now - began
                began = now
                bar.set_postfix(perplexity=f"{progress.perplexity:.1f}", refresh=False)
                bar.update(whole)
                if self._is_time(now - saved):
                    self._save()
                    saved = now
        self._close_epoch()

    def _step(self, tokens: torch.Tensor, following: torch.Tensor, whole: int) -> None:
        """Take one step on this process's share of a window of ``whole`` tokens."""
        progress, ranks = self.progress, self.ranks
        ranks.seed_step(self.seed, progress.epoch, progress.window)
        self.optimizer.zero_grad()
        with dropped_weights(self.model.rnn, self.config.weight_dropout):
            with autocast(self.device, self.precision):
                mean, self.state = self.model(tokens, following, self.state)
            loss = mean * (tokens.numel() / whole)
            loss.backward()
        ranks.sum_gradients(self.model)
        value = ranks.sum(loss.detach())
        norm = clipped_step(
            self.optimizer,
            self.model,
            self.config.clip_norm,
            value,
            "a lower learning_rate in [language_model]",
        )
        progress.loss_sum += value * whole
        progress.tokens += whole
        progress.clipped += int(norm > (self.config.clip_norm or math.inf))

    def _close_epoch(self) -> None:
        progress = self.progress
        own = self._validation_perplexity() if self.ranks.first else 0.0
        (validation_perplexity,) = self.ranks.from_first(own)
        record = PassRecord(
            epoch=progress.epoch + 1,
            train_perplexity=progress.perplexity,
            validation_perplexity=validation_perplexity,
            seconds=progress.seconds,
            tokens_per_second=progress.tokens / max(progress.seconds, 1e-9),
            clipped_share=progress.clipped / max(progress.window, 1),
        )
        if self.show_progress:
            tqdm.write(
                f"epoch {record.epoch}: perplexity {record.train_perplexity:.1f}, on "
                f"held-out text {record.validation_perplexity:.1f}, "
                f"{record.tokens_per_second:,.0f} tokens/s",
                file=sys.stderr,
            )
        passes = [*progress.passes, asdict(record)]
        self.progress = _Progress(epoch=progress.epoch + 1, passes=passes)
        self.state = None
        self._save()

    def _validation_perplexity(self) -> float:
        windows = Windows.of(self.validation, self.config.streams, self.config.steps)
        return perplexity(self.model, windows, self.device)

    def _windows(self) -> Windows:
        tokens = shuffled(self.train, self.seed + self.progress.epoch)
        windows = Windows.of(tokens, self.config.streams, self.config.steps)
        if windows.streams < self.ranks.size:
            raise ConfigError(
                f"{counted(windows.streams, 'stream')} cannot be shared by "
                f"{self.ranks.size} processes: a possible solution is more "
                "streams in [language_model]"
            )
        return windows

    def _is_time(self, seconds: float) -> bool:
        """Say whether a checkpoint is due; all processes agree."""
        due = seconds > self.checkpoint_seconds
        (agreed,) = self.ranks.from_first(float(due))
        return bool(agreed)

    def _save(self) -> None:
        """Write a checkpoint that any number of processes can resume."""
        state = {
            name: self.ranks.join_shares(one)
            for name, one in _as_tensors(self.state).items()
        }
        if not self.ranks.first:
            return
        tensors = state_of(self.model, self.optimizer)
        tensors.update(with_prefix("state", state))
        name = f"{self.progress.epoch:03d}-{self.progress.window:06d}"
        values = {"identity": self._identity, **asdict(self.progress)}
        write_state(self.folder, name, values, tensors)

    def _resume(self) -> None:
        found = read_state(self.folder, self._identity)
        if found is None:
            return
        values, tensors = found
        restore_state(self.model, self.optimizer, tensors)
        self.progress = _Progress(**values)
        state = [
            self.ranks.share_of(one.to(self.device))
            for one in part_of("state", tensors).values()
        ]
        if state:
            self.state = state[0] if len(state) == 1 else (state[0], state[1])

    def _begun_with(self) -> dict[str, str]:
        """Return fingerprints of all that the weights depend on."""
        return {
            "settings": fingerprint_of(self.config, self.precision, self.seed),
            "train texts": fingerprint_of(self.train),
            "validation texts": fingerprint_of(self.validation),
            "starting weights": fingerprint_of(self.model.state_dict()),
        }


def perplexity(model: LanguageModel, windows: Windows, device: torch.device) -> float:
    """Return the model's perplexity on held-out text."""
    model.eval()
    state: State | None = None
    loss_sum, count = 0.0, 0
    for tokens, following in windows:
        with torch.no_grad():
            loss, state = model(tokens.to(device), following.to(device), state)
        loss_sum += loss.item() * tokens.numel()
        count += tokens.numel()
    return exp_of_mean(loss_sum, count)


def exp_of_mean(loss_sum: float, count: int) -> float:
    """Return the perplexity of a summed loss, infinite on overflow."""
    try:
        return math.exp(loss_sum / max(count, 1))
    except OverflowError:
        return math.inf


def _as_tensors(state: State | None) -> dict[str, torch.Tensor]:
    if state is None:
        return {}
    if isinstance(state, torch.Tensor):
        return {"0": state}
    return {"0": state[0], "1": state[1]}


def _optimizer(model: LanguageModel) -> AdamW:
    """Return AdamW without weight decay for the embedding, whose rows are rare."""
    free = [value for name, value in model.named_parameters() if "embedding" in name]
    decayed: Iterator[nn.Parameter] = (
        value for name, value in model.named_parameters() if "embedding" not in name
    )
    groups = [
        {"params": list(decayed), "weight_decay": model.config.weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]
    return AdamW(groups, lr=model.config.learning_rate, betas=(0.9, 0.99), fused=True)
