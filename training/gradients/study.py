"""A study of gradients: the four cells on long texts, and the effect of clipping.

The networks are small and the training brief, since only the gradients matter.
"""

import sys
from dataclasses import asdict, dataclass
from typing import Any, Never

import torch
from torch import nn
from torch.optim import SGD, AdamW, Optimizer
from tqdm import tqdm

from sentiment.config import CELLS, Cell, ModelConfig
from sentiment.network.classifier import RNNClassifier
from sentiment.network.threads import one_thread
from training.fitting.encoded import EncodedSplit
from training.fitting.loss import mask_neutral
from training.gradients.flow import GradientFlow, gradient_flow
from training.gradients.language import LongTexts
from training.gradients.steps import Steps, take_steps

_DIM, _FLOW_TEXTS = 32, 32
_CLIP_NORM = 1.0
# ReLU cells are initialised as the identity: their gradient can explode.
_EXPLODING: Cell = "rnn-relu"
# The cells are trained with AdamW, as in this project. Only steps as long as the
# gradient explode: those of SGD, here at a rate far below the usual.
_CELL_OPTIMIZER = "adamw"
_OPTIMIZERS: dict[str, tuple[type[SGD | AdamW], float]] = {
    "sgd": (SGD, 3e-3),
    _CELL_OPTIMIZER: (AdamW, 5e-3),
}


@dataclass(frozen=True, kw_only=True)
class StudyConfig:
    """How many steps a study takes: for each cell, and for each run on clipping."""

    steps: int = 1_000
    clipping_steps: int = 200
    seed: int = 1
    show_progress: bool = True


@dataclass(frozen=True, kw_only=True)
class CellStudy:
    """One cell: its gradient's flow before and after training, and what it learned."""

    cell: Cell
    accuracy: float
    before: GradientFlow
    after: GradientFlow
    training: Steps


@dataclass(frozen=True, kw_only=True)
class ClippingStudy:
    """One vanilla RNN trained with an optimiser, clipped or, at 0, not."""

    optimizer: str
    learning_rate: float
    clip_norm: float
    training: Steps


@dataclass(frozen=True, kw_only=True)
class Study:
    """All figures of the study; ``tokens`` is the length of every text."""

    texts: str
    tokens: int
    config: StudyConfig
    cells: list[CellStudy]
    clipping_cell: Cell
    clipping: list[ClippingStudy]

    def under_sgd(self) -> list[ClippingStudy]:
        """Return the runs with SGD, whose steps are as long as the gradient."""
        return [one for one in self.clipping if one.optimizer == "sgd"]

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def study(texts: LongTexts, config: StudyConfig) -> Study:
    """Train the four cells, then the vanilla one with and without clipping."""
    runs = [(name, clip) for name in _OPTIMIZERS for clip in (0.0, _CLIP_NORM)]
    total = len(CELLS) * config.steps + len(runs) * config.clipping_steps
    bar: tqdm[Never] = tqdm(
        total=total,
        unit=" steps",
        disable=None if config.show_progress else True,  # None: on a terminal alone
        leave=False,
        file=sys.stderr,
    )
    # A second thread slows small networks down, and would change the figures.
    with bar, one_thread():
        cells = [_study_cell(cell, texts, config, bar) for cell in CELLS]
        clipping = [_study_clipping(*run, texts, config, bar) for run in runs]
    return Study(
        texts=texts.name,
        tokens=int(texts.train.lengths[0]),
        config=config,
        cells=cells,
        clipping_cell=_EXPLODING,
        clipping=clipping,
    )


def _study_cell(
    cell: Cell, texts: LongTexts, config: StudyConfig, bar: "tqdm[Never]"
) -> CellStudy:
    bar.set_description(cell)
    classifier = _network(cell, texts, config)
    before = _flow(classifier, texts.probe)
    steps = take_steps(
        classifier,
        texts.train,
        _optimizer(_CELL_OPTIMIZER, classifier),
        steps=config.steps,
        clip_norm=_CLIP_NORM,
        seed=config.seed,
        on_step=bar.update,
    )
    return CellStudy(
        cell=cell,
        accuracy=_accuracy(classifier, texts.probe),
        before=before,
        after=_flow(classifier, texts.probe),
        training=steps,
    )


def _study_clipping(
    optimizer: str,
    clip_norm: float,
    texts: LongTexts,
    config: StudyConfig,
    bar: "tqdm[Never]",
) -> ClippingStudy:
    bar.set_description(f"{_EXPLODING}, {optimizer}, clipped at {clip_norm or 'none'}")
    classifier = _network(_EXPLODING, texts, config)
    steps = take_steps(
        classifier,
        texts.train,
        _optimizer(optimizer, classifier),
        steps=config.clipping_steps,
        clip_norm=clip_norm,
        seed=config.seed,
        on_step=bar.update,
    )
    # Count the steps that a run left out because its loss exploded.
    bar.update(config.clipping_steps - len(steps.losses))
    return ClippingStudy(
        optimizer=optimizer,
        learning_rate=_OPTIMIZERS[optimizer][1],
        clip_norm=clip_norm,
        training=steps,
    )


def _network(cell: Cell, texts: LongTexts, config: StudyConfig) -> RNNClassifier:
    """Return a new network of the same seed, so that runs differ in one thing."""
    torch.manual_seed(config.seed)
    model = ModelConfig(
        cell=cell,
        embedding_dim=_DIM,
        hidden_dim=_DIM,
        embedding_dropout=0.0,
        dropout=0.0,
    )
    return RNNClassifier(model, texts.vocabulary_size)


def _optimizer(name: str, network: nn.Module) -> Optimizer:
    kind, rate = _OPTIMIZERS[name]
    return kind(network.parameters(), lr=rate)


def _flow(classifier: RNNClassifier, split: EncodedSplit) -> GradientFlow:
    rows = list(range(min(_FLOW_TEXTS, len(split))))
    return gradient_flow(
        classifier, split.batch(rows), split.targets[rows], split.two_class[rows]
    )


def _accuracy(classifier: RNNClassifier, split: EncodedSplit) -> float:
    rows = list(range(min(1_000, len(split))))
    classifier.eval()
    with torch.no_grad():
        logits = classifier(split.batch(rows))
    answers = mask_neutral(logits, split.two_class[rows]).argmax(dim=1)
    return float((answers == split.labels[rows]).float().mean())
