"""Fit the network: one cycle, clipped gradients, the best epoch kept."""

import math
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Never

import torch
from torch import Tensor, nn
from tqdm import tqdm

from sentiment.config import PrecisionChoice
from sentiment.errors import ConfigError
from sentiment.network.batching import buckets
from training.config import FitConfig
from training.fitting import virtual_adversarial
from training.fitting.adversarial import leave_gradients
from training.fitting.averaging import averaged
from training.fitting.batches import epoch_batches, untold_join
from training.fitting.checkpoint import Progress, load_checkpoint, save_checkpoint
from training.fitting.dropout import dropped_weights
from training.fitting.encoded import EncodedSplit
from training.fitting.history import EpochRecord, History
from training.fitting.loss import (
    cross_entropies,
    cross_entropy,
    soft_cross_entropies,
)
from training.fitting.optimizer import build_optimizer, frozen_below, one_cycle
from training.fitting.parallel import current, own_gpu
from training.fitting.precision import autocast, set_products
from training.fitting.score import mean_macro_f1
from training.fitting.state import fingerprint_of

# Settings that a run may be resumed with others of: when it stops, when it saves, and
# with how many hands it works; the same steps lead to the same weights.
_HARMLESS = ("patience", "checkpoint_minutes", "threads")


def fit(
    classifier: nn.Module,
    train: EncodedSplit,
    validation: EncodedSplit,
    config: FitConfig,
    *,
    seed: int,
    temperature: float = 1.0,
    checkpoints: Path | None = None,
    show_progress: bool = True,
    on_step: Callable[[], None] | None = None,
    on_epoch: Callable[[EpochRecord], None] | None = None,
) -> History:
    """Fit ``classifier`` in place and leave it with the weights of its best epoch.

    The best epoch has the highest macro-F1 on ``validation``, the mean over sources.
    After ``config.patience`` epochs without a better one the fit stops. ``temperature``
    is that of the soft labels in ``train``, where it has any. With a folder
    for ``checkpoints`` it goes on from the one found there, to the same weights.
    ``on_step`` and ``on_epoch`` are called after each; what they raise ends the fit.

    Raises:
        ConfigError: The checkpoint is of a fit that began with anything else.
        FloatingPointError: The loss is no longer a number.
    """
    fitting = Fitting(
        classifier,
        train,
        validation,
        config,
        seed=seed,
        temperature=temperature,
        checkpoints=checkpoints,
        show_progress=show_progress,
        on_step=on_step,
    )
    while not fitting.is_over():
        fitting.run_epoch()
        if on_epoch is not None:
            on_epoch(fitting.progress.history.epochs[-1])
    classifier.load_state_dict(fitting.progress.best)
    classifier.eval()
    return fitting.progress.history


class Fitting:
    """One fit under way: the network, its optimiser, and how far they have come."""

    def __init__(
        self,
        classifier: nn.Module,
        train: EncodedSplit,
        validation: EncodedSplit,
        config: FitConfig,
        *,
        seed: int,
        temperature: float = 1.0,
        checkpoints: Path | None = None,
        show_progress: bool = False,
        on_step: Callable[[], None] | None = None,
    ) -> None:
        self.device = choose_device(config)
        self.classifier = classifier.to(self.device)
        self.train = train
        self.validation = validation
        self.config = config
        # Where nobody could say neutral, a masked logit would learn nothing at all.
        self.mask = train.knows_neutral
        self.seed = seed
        self.temperature = temperature
        self.ranks = current()
        self.show_progress = show_progress and self.ranks.first
        self.ranks.begin_alike(self.classifier)
        self.optimizer = build_optimizer(classifier, config)
        # Whatever was drawn to make the start, what is dropped depends on the seed.
        torch.manual_seed(seed)
        self.average = averaged(self.classifier, config.weight_averaging)
        self.on_step = on_step
        # Whether the words' vectors are moved by now.
        self.disturbing = True
        self.checkpoints = checkpoints
        self._identity = self._begun_with() if checkpoints is not None else {}
        self.progress = self._found() or Progress()
        self.ranks.require_alike(self.progress.epoch, self.progress.batch)

    def is_over(self) -> bool:
        """Say whether all epochs are done, or the last ones brought nothing."""
        epochs = self.progress.history.epochs
        if not epochs:
            return False
        stalled = len(epochs) - self.progress.history.best().epoch
        return len(epochs) >= self.config.epochs or stalled >= self.config.patience

    def run_epoch(self) -> None:
        """Take the steps that are left of the epoch at hand, and judge it."""
        progress = self.progress
        batches = epoch_batches(
            self.train, self.config, seed=self.seed, epoch=progress.epoch
        )
        self.classifier.train()
        unfrozen = progress.epoch if self.config.gradual_unfreezing else math.inf
        saved = began = time.monotonic()
        lengths = self.train.lengths
        whole = sum(int(lengths[positions].sum()) for positions in batches)
        with self._bar(whole) as bar, frozen_below(unfrozen, self.optimizer):
            for positions in batches[progress.batch :]:
                share = progress.batch / len(batches)
                self._set_course((progress.epoch + share) / self.config.epochs)
                taken = self.step(positions)
                if taken is not None:
                    progress.count_step(*taken)
                tokens = int(lengths[positions].sum())
                now = time.monotonic()
                progress.pass_batch(tokens, now - began)
                began = now
                bar.set_postfix(loss=f"{progress.mean_loss:.3f}", refresh=False)
                bar.update(tokens)
                if now - saved > self.config.checkpoint_minutes * 60:
                    self._save()
                    saved = now
                if self.on_step is not None:
                    self.on_step()
        self._close_epoch()

    def step(self, positions: list[int]) -> tuple[float, float] | None:
        """Take one optimiser step; return the loss and the norm before clipping.

        None is taken where a batch has nothing to teach: neither a label nor a soft
        one, before vectors begin to be moved.

        Raises:
            FloatingPointError: The loss is no longer a number.
        """
        if not self.disturbing and not self.train.told[positions].any():
            return None
        self.optimizer.zero_grad()
        value = self.backward(positions)
        norm = torch.nn.utils.clip_grad_norm_(
            self.classifier.parameters(), self.config.clip_norm or math.inf
        )
        if not math.isfinite(value):
            raise FloatingPointError(
                f"the loss is {value}: the gradients exploded. A possible "
                "solution is a lower learning_rate, or a clip_norm of 1 or less"
            )
        self.optimizer.step()
        if self.average is not None:
            self.average.update_parameters(self.classifier)
        return value, norm.item()

    @property
    def judged(self) -> nn.Module:
        """The network whose weights are judged and kept: the mean, if there is one."""
        return self.classifier if self.average is None else self.average.module

    def backward(self, positions: list[int]) -> float:
        """Leave the gradients of a batch with the network; return the batch's loss."""
        progress, ranks = self.progress, self.ranks
        ranks.seed_step(self.seed, progress.epoch, progress.batch)
        loss = torch.zeros((), device=self.device)
        own = ranks.share(positions)
        if own:
            with dropped_weights(self.classifier, self.config.weight_dropout):
                loss = self._learn_what_is_said(own, positions)
                if self.disturbing and self.config.virtual_adversarial:
                    loss = loss + self._learn_to_withstand(own, positions)
        ranks.sum_gradients(self.classifier)
        return ranks.sum(loss)

    def _learn_what_is_said(self, own: list[int], positions: list[int]) -> Tensor:
        """Leave the gradients of labels and teachers; return this process's loss."""
        told = [at for at in own if self.train.told[at]]
        if not told:
            return torch.zeros((), device=self.device)
        read = partial(self.loss, told, self._weight_of(positions))
        epsilon = self.config.adversarial if self.disturbing else 0.0
        return leave_gradients(read, self.classifier, epsilon)

    def _weight_of(self, positions: list[int]) -> float:
        """Return the weight by which the label loss of a batch is divided.

        It is the batch's own, except beside texts that nothing is said of: how many of
        them chance brings into a batch must not decide how much its labels count.
        """
        if untold_join(self.train, self.config, self.progress.epoch):
            return len(positions) * self.train.mean_weight
        return self.train.weight_of(positions)

    def _learn_to_withstand(self, own: list[int], positions: list[int]) -> Tensor:
        """Add the gradients of virtual adversarial training; return its own loss."""
        progress = self.progress
        return virtual_adversarial.add_gradients(
            partial(self.read, own),
            self.classifier,
            self.config.virtual_adversarial,
            virtual_adversarial.WholeBatch(
                texts=len(positions),
                longest=int(self.train.lengths[positions].max()),
                seed=hash((self.seed, progress.epoch, progress.batch)),
            ),
        )

    def read(self, positions: list[int]) -> Tensor:
        """Return the logits of train texts, shape ``(texts, labels)``."""
        batch = self.train.batch(positions).to(self.device)
        with autocast(self.device, self.config.precision):
            logits: Tensor = self.classifier(batch)
        return logits.float()

    def loss(self, positions: list[int], whole: float) -> Tensor:
        """Return the summed weighted loss of texts, against labels and teachers.

        It is divided by ``whole``, a weight of the batch that the texts belong to.
        """
        train, device = self.train, self.device
        logits = self.read(positions)
        weights = train.weights[positions].to(device)
        losses = weights * cross_entropies(
            logits,
            train.targets[positions].to(device),
            train.two_class[positions].to(device),
            self.config.label_smoothing,
            mask=self.mask,
        )
        soft_weights = train.soft_weights[positions].to(device)
        losses = losses + soft_weights * soft_cross_entropies(
            logits, train.soft[positions].to(device), self.temperature
        )
        return losses.sum() / whole

    def _close_epoch(self) -> None:
        """Judge the epoch on the validation split and turn the page."""
        progress = self.progress
        # One verdict for all, so that all stop at the same epoch and keep the same one.
        judged = self._judge() if self.ranks.first else (0.0, 0.0)
        validation_loss, macro_f1 = self.ranks.from_first(*judged)
        record = EpochRecord(
            epoch=progress.epoch + 1,
            train_loss=progress.mean_loss,
            validation_loss=validation_loss,
            validation_macro_f1=macro_f1,
            seconds=progress.seconds,
            tokens_per_second=progress.tokens / max(progress.seconds, 1e-9),
        )
        progress.close_epoch(record, self.judged.state_dict())
        if self.show_progress:
            tqdm.write(
                f"epoch {record.epoch}: loss {record.train_loss:.4f}, "
                f"validation loss {record.validation_loss:.4f}, "
                f"macro-F1 {record.validation_macro_f1:.4f}, "
                f"{record.tokens_per_second:,.0f} tokens/s",
                file=sys.stderr,
            )
        self._save()

    def _judge(self) -> tuple[float, float]:
        """Return the loss and the macro-F1 on the validation split."""
        validation = self.validation
        logits = predict_logits(
            self.judged,
            validation,
            self.config.batch_tokens,
            self.config.precision,
        )
        loss = cross_entropy(
            logits,
            validation.targets,
            validation.weights,
            validation.two_class,
            mask=self.mask,
        )
        return loss.item(), mean_macro_f1(logits, validation)

    def _begun_with(self) -> dict[str, str]:
        """Return sums of all that the weights depend on, before the first step."""
        settings = asdict(self.config)
        for name in _HARMLESS:
            del settings[name]
        return {
            "settings": fingerprint_of(settings, self.seed, self.temperature),
            "train texts, labels or weights": fingerprint_of(self.train),
            "validation texts, labels or weights": fingerprint_of(self.validation),
            "starting weights": fingerprint_of(self.classifier.state_dict()),
        }

    def _found(self) -> Progress | None:
        """Put the checkpoint back in place, if there is one; return how far it came."""
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

    def _set_course(self, done: float) -> None:
        """Set what depends on the share of the run that is ``done``."""
        config = self.config
        self.disturbing = done >= config.adversarial_from
        rate = one_cycle(done, config.learning_rate, config.warmup_share)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["scale"]

    def _bar(self, tokens: int) -> "tqdm[Never]":
        return tqdm(
            total=tokens,
            initial=self.progress.tokens,
            unit=" tokens",
            unit_scale=True,
            desc=f"epoch {self.progress.epoch + 1}/{self.config.epochs}",
            disable=not self.show_progress,
            smoothing=0.05,
            leave=False,
        )


def predict_logits(
    classifier: nn.Module,
    split: EncodedSplit,
    batch_tokens: int,
    precision: PrecisionChoice = "float32",
) -> Tensor:
    """Return the logits of every example in its order, ``(n, labels)``, on the CPU."""
    device = next(classifier.parameters()).device
    classifier.eval()
    logits = torch.zeros(split.targets.shape)
    for positions in buckets(split.lengths.tolist(), batch_tokens):
        # Not inference_mode: calibration's autograd takes these logits.
        with torch.no_grad(), autocast(device, precision):
            given = classifier(split.batch(positions).to(device))
        logits[positions] = given.float().cpu()
    return logits


def choose_device(config: FitConfig) -> torch.device:
    """Return the device to train on; give torch its threads, and a GPU its precision.

    Raises:
        ConfigError: It is to be a GPU, and torch finds none.
    """
    if config.threads:
        torch.set_num_threads(config.threads)
    if config.device == "cpu":
        return torch.device("cpu")
    if torch.cuda.is_available():
        set_products(config.precision)
        return own_gpu()
    if config.device == "cuda":
        raise ConfigError(
            "[training] device is 'cuda', and torch finds no GPU here: a possible "
            "solution is device = 'auto', which takes one where there is one"
        )
    return torch.device("cpu")
