"""Fine-tune a transformer on a recipe's texts, and keep it as a teacher.

A teacher is a folder: ``encoder/`` as its library saves it, ``head.safetensors``, and
the card ``teacher.json``, with the SHA-256 of the rest.
"""

import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from sentiment.errors import ConfigError
from sentiment.network.batching import head_and_tail
from training.data.examples import Example
from training.data.gathering import require_two_labels
from training.data.splitting import Splits, at_most
from training.disk.files import read_card, written_with_card
from training.disk.unfinished import discard
from training.distillation.config import TeacherConfig
from training.distillation.transformer import (
    TransformerClassifier,
    WordPieces,
    find_base,
    load_encoder,
    most_tokens,
)
from training.fitting.calibrate import fit_temperature
from training.fitting.config import FitConfig
from training.fitting.encoded import EncodedSplit, encode_split
from training.fitting.fit import Fitting
from training.fitting.history import History
from training.fitting.predicting import predict_logits
from training.recipes.config import TrainingConfig

# Of a long text a transformer reads half from its beginning, half from its end.
HEAD_SHARE = 0.5

FORMAT = 1
CARD, HEAD, ENCODER = "teacher.json", "head.safetensors", "encoder"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class FittedTeacher:
    """A fine-tuned teacher: where it lies, and how its fit went."""

    folder: Path
    history: History
    examples: int


def fit_teacher(
    config: TrainingConfig,
    splits: Splits,
    folder: Path,
    *,
    checkpoints: Path,
    resume: bool = False,
    show_progress: bool = True,
) -> FittedTeacher:
    """Fine-tune the recipe's ``[teacher]`` on its train split; write it to ``folder``.

    Raises:
        MissingExtraError: The extra ``teacher`` is not installed.
        ConfigError: There is no such transformer, it reads fewer tokens than
            ``max_tokens``, or the checkpoint is of another fit.
        DataError: The texts have a single label.
    """
    require_two_labels(splits)
    teacher = config.teacher
    base = find_base(teacher.base)
    torch.manual_seed(config.seed)
    network = TransformerClassifier.from_folder(base, dropout=teacher.dropout)
    limit = most_tokens(network.encoder.config)
    if teacher.max_tokens > limit:
        raise ConfigError(
            f"[teacher] max_tokens is {teacher.max_tokens}, and the transformer reads "
            f"at most {limit}: let it read no more"
        )
    train, validation = _encoded(config, splits, WordPieces(base))
    _log.info("the teacher is fitted to %d texts", len(train))
    fitting = fit_config(teacher, config.training)
    if not resume:
        discard(checkpoints)
    history = Fitting(
        network,
        train,
        validation,
        fitting,
        seed=config.seed,
        checkpoints=checkpoints,
        show_progress=show_progress,
    ).run()
    _save(
        folder,
        network.cpu().eval(),
        base,
        {
            "name": folder.name,
            "teacher": asdict(teacher),
            "temperature": _temperature(network, validation, fitting),
            "seed": config.seed,
            "examples": len(train),
            "sources": sorted(set(train.sources.tolist())),
            "history": history.to_json()["epochs"],
        },
    )
    shutil.rmtree(checkpoints, ignore_errors=True)
    return FittedTeacher(folder=folder, history=history, examples=len(train))


def _encoded(
    config: TrainingConfig, splits: Splits, encoder: WordPieces
) -> tuple[EncodedSplit, EncodedSplit]:
    """Return its train and validation split, with a bounded number of each source."""
    teacher = config.teacher
    names = [source.name for source in config.sources]
    learned = {name: teacher.bound(name) for name in names}
    validated = dict.fromkeys(names, teacher.max_validation)
    return (
        _encode(splits.train, learned, encoder, config),
        _encode(splits.validation, validated, encoder, config),
    )


def _temperature(
    network: TransformerClassifier, validation: EncodedSplit, fitting: FitConfig
) -> float:
    logits = predict_logits(
        network, validation, fitting.batch_tokens, fitting.precision
    )
    return fit_temperature(logits, validation.labels)


def fit_config(teacher: TeacherConfig, training: FitConfig) -> FitConfig:
    """Return the settings of a teacher's fit, as those of the network that it teaches.

    From ``[training]`` it takes only the warm-up and what concerns the machine; the
    rest suits that network alone.
    """
    return FitConfig(
        epochs=teacher.epochs,
        patience=teacher.epochs,
        batch_tokens=teacher.batch_tokens,
        batch_texts=teacher.batch_texts,
        learning_rate=teacher.learning_rate,
        weight_decay=teacher.weight_decay,
        max_tokens=teacher.max_tokens,
        precision="auto",
        warmup_share=training.warmup_share,
        checkpoint_minutes=training.checkpoint_minutes,
        device=training.device,
        threads=training.threads,
    )


@dataclass(frozen=True)
class FineTuned:
    """A fine-tuned transformer, and how it reads a text."""

    network: TransformerClassifier
    pieces: WordPieces
    temperature: float
    max_tokens: int
    head_share: float
    name: str

    def encode(self, text: str) -> Sequence[int]:
        """Return what the network reads of ``text``; empty where it holds no token."""
        return head_and_tail(self.pieces.encode(text), self.max_tokens, self.head_share)


def load_fine_tuned(folder: Path) -> FineTuned:
    """Return the teacher that :func:`fit_teacher` left in ``folder``.

    Raises:
        MissingExtraError: The extra ``teacher`` is not installed.
        ConfigError: A file is missing, changed or of another format.
    """
    card = read_card(
        folder, CARD, FORMAT, what="teacher", remedy="fit the teacher again"
    )
    encoder = load_encoder(folder / ENCODER)
    network = TransformerClassifier(encoder, int(encoder.config.hidden_size), 0.0)
    network.output.load_state_dict(load_file(folder / HEAD))
    return FineTuned(
        network=network.eval(),
        pieces=WordPieces(folder / ENCODER),
        temperature=float(card["temperature"]),
        max_tokens=int(card["teacher"]["max_tokens"]),
        head_share=float(card["head_share"]),
        name=str(card["name"]),
    )


def _encode(
    examples: Sequence[Example],
    bounds: Mapping[str, int],
    encoder: WordPieces,
    config: TrainingConfig,
) -> EncodedSplit:
    split, _ = encode_split(
        at_most(bounds, examples),
        encoder,
        max_tokens=config.teacher.max_tokens,
        head_share=HEAD_SHARE,
        sources=config.sources,
    )
    return split


def _save(
    folder: Path, network: TransformerClassifier, base: Path, card: dict[str, Any]
) -> None:
    encoder: Any = network.encoder
    known = {**card, "head_share": HEAD_SHARE}
    with written_with_card(folder, CARD, FORMAT, known) as new:
        (new / ENCODER).mkdir()
        encoder.save_pretrained(new / ENCODER)
        shutil.copy(base / "tokenizer.json", new / ENCODER)
        save_file(network.output.state_dict(), new / HEAD)
