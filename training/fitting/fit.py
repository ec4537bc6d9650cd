"""Fit a network: one-cycle schedule, clipped gradients, the best epoch kept."""

import math
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from sentiment.network.classifier import RNNClassifier
from training.disk.fingerprints import fingerprint_of
from training.fitting.averaging import averaged
from training.fitting.bar import token_bar
from training.fitting.batches import epoch_batches
from training.fitting.checkpoint import Progress, load_checkpoint, save_checkpoint
from training.fitting.config import FitConfig
from training.fitting.device import choose_device, computing_as
from training.fitting.encoded import EncodedSplit
from training.fitting.history import EpochRecord, History
from training.fitting.loss import cross_entropy
from training.fitting.objective import Objective
from training.fitting.optimizer import (
    build_optimizer,
    clipped_step,
    frozen_below,
    one_cycle,
    set_rate,
)
from training.fitting.parallel import current
from training.fitting.predicting import mean_macro_f1, predict_logits

# Settings that may change when a run is resumed: they decide when it stops, when it
# saves and on how many threads, but not which weights its steps lead to.
_HARMLESS = ("patience", "checkpoint_minutes", "threads")


class Fitting:
    """One fit under way: the network, its optimiser, and how far they have come.

    Args:
        classifier: It is fitted in place.
        train: What it learns from.
        validation: What chooses the best epoch: the one of the highest macro-F1, the
            mean over sources, and of equals the one of the lowest loss.
        config: After ``patience`` epochs without a better one the fit stops.
        seed: Of the order of texts and of what is dropped.
        temperature: That of the soft labels in ``train``, where it has any.
        knows_neutral: The network was trained on neutral before; neutral is then masked
            for two-class texts, so that it is not unlearned.
        checkpoints: A folder. The fit is resumed from the checkpoint found there, to
            the same weights.
        show_progress: Show a bar and a line for each epoch, on stderr.
        on_step: Called after each step; what it raises ends the fit.

    Raises:
        ConfigError: The checkpoint is of a fit that began with anything else.
    """

    def __init__(
        self,
        classifier: nn.Module,
        train: EncodedSplit,
        validation: EncodedSplit,
        config: FitConfig,
        *,
        seed: int,
        temperature: float = 1.0,
        knows_neutral: bool = False,
        checkpoints: Path | None = None,
        show_progress: bool = False,
        on_step: Callable[[], None] | None = None,
    ) -> None:
        self.device = choose_device(config)
        self.classifier = classifier.to(self.device)
        self.train = train
        self.validation = validation
        self.config = config
        self.seed = seed
        self.ranks = current()
        self.show_progress = show_progress and self.ranks.first
        self.ranks.begin_alike(self.classifier)
        self.optimizer = build_optimizer(classifier, config)
        # Dropout depends on the seed alone, not on how the starting weights were drawn.
        torch.manual_seed(seed)
        self.average = averaged(self.classifier, config.weight_averaging)
        self.on_step = on_step
        self.objective = Objective(
            self.classifier,
            train,
            config,
            seed=seed,
            temperature=temperature,
            knows_neutral=knows_neutral,
        )
        self.checkpoints = checkpoints
        self._identity = self._begun_with(temperature, knows_neutral)
        self.progress = self._found() or Progress()
        self.ranks.require_alike(self.progress.epoch, self.progress.batch)

    def run(self, on_epoch: Callable[[EpochRecord], None] | None = None) -> History:
        """Fit to the end, and leave the network with the weights of its best epoch.

        ``on_epoch`` is called after each epoch; what it raises ends the fit.

        Raises:
            FloatingPointError: The loss is no longer a number.
        """
        with computing_as(self.config):
            while not self.is_over():
                self.run_epoch()
                if on_epoch is not None:
                    on_epoch(self.progress.history.epochs[-1])
        self.classifier.load_state_dict(self.progress.best)
        self.classifier.eval()
        return self.progress.history

    def is_over(self) -> bool:
        """Say whether all epochs are done, or ``patience`` is exhausted."""
        epochs = self.progress.history.epochs
        if not epochs:
            return False
        stalled = len(epochs) - self.progress.history.best().epoch
        return len(epochs) >= self.config.epochs or stalled >= self.config.patience

    def run_epoch(self) -> None:
        """Take the remaining steps of the current epoch, and validate."""
        progress = self.progress
        config = self.config
        batches = epoch_batches(
            self.train, config, seed=self.seed, epoch=progress.epoch
        )
        self.classifier.train()
        unfrozen = progress.epoch if config.gradual_unfreezing else math.inf
        saved = began = time.monotonic()
        lengths = self.train.lengths
        whole = sum(int(lengths[positions].sum()) for positions in batches)
        bar = token_bar(
            f"epoch {progress.epoch + 1}/{config.epochs}",
            whole,
            done=progress.tokens,
            show=self.show_progress,
        )
        with bar, frozen_below(unfrozen, self.optimizer):
            for positions in batches[progress.batch :]:
                share = progress.batch / len(batches)
                done = (progress.epoch + share) / config.epochs
                rate = one_cycle(done, config.learning_rate, config.warmup_share)
                set_rate(self.optimizer, rate)
                loss, norm = self.step(positions)
                tokens = int(lengths[positions].sum())
                now = time.monotonic()
                progress.count_step(loss, norm, tokens, now - began)
                began = now
                bar.set_postfix(loss=f"{progress.mean_loss:.3f}", refresh=False)
                bar.update(tokens)
                if now - saved > config.checkpoint_minutes * 60:
                    self._save()
                    saved = now
                if self.on_step is not None:
                    self.on_step()
        self._close_epoch()

    def step(self, positions: list[int]) -> tuple[float, float]:
        """Take one optimiser step; return the loss and the norm before clipping.

        Raises:
            FloatingPointError: The loss is no longer a number.
        """
        self.optimizer.zero_grad()
        value = self.objective.backward(
            positions, epoch=self.progress.epoch, batch=self.progress.batch
        )
        norm = clipped_step(
            self.optimizer,
            self.classifier,
            self.config.clip_norm,
            value,
            "a lower learning_rate, or a clip_norm of 1 or less",
        )
        if self.average is not None:
            self.average.update_parameters(self.classifier)
        return value, norm

    @property
    def kept_network(self) -> nn.Module:
        """The network that is validated and kept: the moving average, if any."""
        return self.classifier if self.average is None else self.average.module

    def _close_epoch(self) -> None:
        """Validate, record the epoch and begin the next one."""
        progress = self.progress
        # The first process's figures decide, so that all stop at the same epoch.
        own = self._validate() if self.ranks.first else (0.0, 0.0)
        validation_loss, macro_f1 = self.ranks.from_first(*own)
        record = EpochRecord(
            epoch=progress.epoch + 1,
            train_loss=progress.mean_loss,
            validation_loss=validation_loss,
            validation_macro_f1=macro_f1,
            seconds=progress.seconds,
            tokens_per_second=progress.tokens / max(progress.seconds, 1e-9),
        )
        progress.close_epoch(record, self.kept_network.state_dict())
        if self.show_progress:
            tqdm.write(
                f"epoch {record.epoch}: loss {record.train_loss:.4f}, "
                f"validation loss {record.validation_loss:.4f}, "
                f"macro-F1 {100 * record.validation_macro_f1:.2f}, "
                f"{record.tokens_per_second:,.0f} tokens/s",
                file=sys.stderr,
            )
        self._save()

    def _validate(self) -> tuple[float, float]:
        """Return the loss and the macro-F1 on the validation split."""
        validation = self.validation
        logits = predict_logits(
            self.kept_network,
            validation,
            self.config.batch_tokens,
            self.config.precision,
        )
        loss = cross_entropy(
            logits,
            validation.targets,
            validation.weights,
            validation.two_class,
            mask=self.objective.mask,
        )
        return loss.item(), mean_macro_f1(logits, validation)

    def _begun_with(self, temperature: float, knows_neutral: bool) -> dict[str, str]:
        """Return fingerprints of all that the weights depend on, for a checkpoint."""
        if self.checkpoints is None:
            return {}
        # Each under its own name, so that the message can tell which one was changed.
        settings = {
            **asdict(self.config),
            "seed": self.seed,
            "temperature": temperature,
        }
        for name in _HARMLESS:
            del settings[name]
        if isinstance(self.classifier, RNNClassifier):
            # Those of the fit come last: its max_tokens says how much is read here.
            settings = {**asdict(self.classifier.config), **settings}
        return {
            **{f"setting {name}": fingerprint_of(settings[name]) for name in settings},
            "train texts, labels or weights": fingerprint_of(self.train),
            "validation texts, labels or weights": fingerprint_of(self.validation),
            "starting weights": fingerprint_of(
                self.classifier.state_dict(), knows_neutral
            ),
        }

    def _found(self) -> Progress | None:
        """Restore the checkpoint, if there is one; return how far it came."""
        if self.checkpoints is None:
            return None
        return load_checkpoint(
            self.checkpoints,
            self._identity,
            self.classifier,
            self.optimizer,
            self.average,
        )

    def _save(self) -> None:
        if self.checkpoints is not None and self.ranks.first:
            save_checkpoint(
                self.checkpoints,
                self._identity,
                self.progress,
                self.classifier,
                self.optimizer,
                self.average,
            )
