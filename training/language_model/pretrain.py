"""Pretrain a language model: from a recipe's raw texts to a folder."""

import logging
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from sentiment.errors import ConfigError, DataError
from sentiment.text.encoding import Encoder, count_tokens
from sentiment.text.vocabulary import Vocabulary
from sentiment.wording import counted
from training.data.splitting import Splits
from training.data.unlabelled import read_unlabelled
from training.disk.unfinished import discard
from training.embeddings import start_from_vectors
from training.language_model.fit import PassRecord, fit_language_model
from training.language_model.folder import save_language_model
from training.language_model.network import LanguageModel
from training.language_model.sample import openings, sample
from training.language_model.stream import Tokens, stream_of
from training.recipes.config import TrainingConfig

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Pretrained:
    """A language model: its folder, and the record of each pass."""

    folder: Path
    passes: list[PassRecord]
    tokens: int
    samples: list[str]


def pretrain(
    config: TrainingConfig,
    splits: Splits,
    folder: Path,
    *,
    data_root: Path,
    checkpoints: Path,
    resume: bool = False,
    samples: int = 3,
    show_progress: bool = True,
) -> Pretrained:
    """Train a language model on the recipe's train and ``[[unlabelled]]`` texts.

    Its embedding starts from the recipe's ``embeddings``, if any. Test texts are not
    used; the perplexity is that of the validation texts.

    Raises:
        ConfigError: The checkpoint is another recipe's, the network is bidirectional,
            there are no such word vectors, or fewer streams than processes.
        DataError: A file cannot be read, or there is too little text.
    """
    learned = _learn(config, splits, data_root, checkpoints, resume, show_progress)
    model, text, passes = learned.model, learned.text, learned.passes
    said = _made_up(model, text.vocabulary, samples, config.seed)
    known = {
        "seed": config.seed,
        "texts": text.count,
        "texts_of": _names(config, splits),
        "tokens": len(text.train),
        "passes": [asdict(one) for one in passes],
        "samples": said,
    }
    save_language_model(folder, model, config.model, text.vocabulary, known)
    shutil.rmtree(checkpoints, ignore_errors=True)
    return Pretrained(
        folder=folder, passes=passes, tokens=len(text.train), samples=said
    )


def assist(
    config: TrainingConfig,
    splits: Splits,
    *,
    data_root: Path,
    checkpoints: Path,
    resume: bool = False,
) -> None:
    """Train beside the process that does :func:`pretrain`, and leave the rest to it."""
    _learn(config, splits, data_root, checkpoints, resume, show_progress=False)


@dataclass(frozen=True)
class _Text:
    """``count`` texts as one stream to train on, and a held-out stream."""

    vocabulary: Vocabulary
    train: Tokens
    held_out: Tokens
    count: int


@dataclass(frozen=True)
class _Learned:
    """A language model, the record of each pass, and the text it was trained on."""

    model: LanguageModel
    passes: list[PassRecord]
    text: _Text


def _learn(
    config: TrainingConfig,
    splits: Splits,
    data_root: Path,
    checkpoints: Path,
    resume: bool,
    show_progress: bool,
) -> _Learned:
    if config.model.bidirectional:
        raise ConfigError(
            "a bidirectional network has read the next word already: pretrain one that "
            "reads forward, with bidirectional = false in [model]"
        )
    text = _read(config, splits, data_root)
    torch.manual_seed(config.seed)
    model = LanguageModel(config.model, len(text.vocabulary), config.language_model)
    start_from_vectors(model.embedding, config, text.vocabulary, data_root)
    if not resume:
        discard(checkpoints)
    passes = fit_language_model(
        model,
        text.train,
        text.held_out,
        config.training,
        seed=config.seed,
        checkpoints=checkpoints,
        show_progress=show_progress,
    )
    return _Learned(model, passes, text)


def _read(config: TrainingConfig, splits: Splits, data_root: Path) -> _Text:
    unlabelled = read_unlabelled(
        config.unlabelled, data_root=data_root, but=splits.identities()
    )
    texts = [*(one.text for one in splits.train), *unlabelled]
    vocabulary = Vocabulary.build(
        count_tokens(texts),
        max_size=config.language_model.max_vocabulary,
        min_count=config.language_model.min_count,
    )
    encoder = Encoder(vocabulary)
    train = stream_of(texts, encoder)
    held_out = stream_of((one.text for one in splits.validation), encoder)
    if min(len(train), len(held_out)) < 2:
        raise DataError(
            f"{counted(len(train), 'token')} to learn the next word from and "
            f"{len(held_out):,} held out are too few: name more texts in [[sources]] "
            "or [[unlabelled]]"
        )
    _log.info(
        "%d texts with %d tokens, %d words known",
        len(texts),
        len(train),
        len(vocabulary),
    )
    return _Text(vocabulary, train, held_out, len(texts))


def _names(config: TrainingConfig, splits: Splits) -> list[str]:
    """Return the names of the sources that were trained on, not of held-out ones."""
    read = {one.source for one in splits.train}
    return [
        *(one.name for one in config.sources if one.name in read),
        *(one.name for one in config.unlabelled),
    ]


def _made_up(
    model: LanguageModel, vocabulary: Vocabulary, samples: int, seed: int
) -> list[str]:
    return [
        sentence
        for start in (openings(vocabulary) if samples else ())
        for sentence in sample(model, vocabulary, count=samples, seed=seed, start=start)
    ]
