"""Prepare a training: encode its texts and make the network that it starts with."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sentiment.network.classifier import RNNClassifier
from sentiment.text.encoding import Encoder
from sentiment.text.vocabulary import Vocabulary
from training.data.splitting import Splits
from training.distillation.taught_examples import with_soft_labels
from training.fitting.averaging import keeping_start
from training.fitting.encoded import EncodedSplit, encode_for
from training.fitting.fit import Fitting
from training.fitting.history import EpochRecord, History
from training.options import Folders
from training.recipes.config import TrainingConfig
from training.start.network import Start, starting_network


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A network before its first step, and the texts as it reads them."""

    start: Start
    train: EncodedSplit
    validation: EncodedSplit

    @property
    def classifier(self) -> RNNClassifier:
        """The network, which a fit trains in place."""
        return self.start.classifier

    @property
    def vocabulary(self) -> Vocabulary:
        """The tokens that the network knows."""
        return self.start.vocabulary


def prepare(
    config: TrainingConfig,
    splits: Splits,
    folders: Folders,
    *,
    max_tokens: int | None = None,
) -> Prepared:
    """Return what a training of ``config`` begins with.

    Args:
        config: The recipe.
        splits: Its texts; the test split is not looked at.
        folders: Those of word vectors and of texts without labels, and of soft labels
            and of language models.
        max_tokens: The most tokens of a train text, if not those of ``[training]``.

    Raises:
        ArtifactError: The model that the recipe starts from is damaged.
        ConfigError: What the recipe starts from or learns from is missing, or does not
            fit it.
        DataError: A file cannot be read, or no text of a split holds a token.
        MissingExtraError: Soft labels or word vectors need a package that is not
            installed.
    """
    examples = with_soft_labels(config, splits, folders)
    start = starting_network(config, examples, folders)
    encoder = Encoder(start.vocabulary)
    return Prepared(
        start=start,
        train=encode_for(
            config,
            examples,
            encoder,
            max_tokens=max_tokens or config.training.max_tokens,
        ),
        validation=encode_for(
            config, splits.validation, encoder, max_tokens=config.model.max_tokens
        ),
    )


def fit_prepared(
    prepared: Prepared,
    config: TrainingConfig,
    *,
    checkpoints: Path | None = None,
    show_progress: bool = False,
    on_step: Callable[[], None] | None = None,
    on_epoch: Callable[[EpochRecord], None] | None = None,
) -> History:
    """Fit the prepared network in place, as ``config`` describes.

    Raises:
        ConfigError: The checkpoint is of a fit that began with anything else.
        FloatingPointError: The loss is no longer a number.
    """
    with keeping_start(prepared.classifier, config.training.start_share):
        return Fitting(
            prepared.classifier,
            prepared.train,
            prepared.validation,
            config.training,
            seed=config.seed,
            temperature=config.distillation.temperature,
            knows_neutral=prepared.start.knows_neutral,
            checkpoints=checkpoints,
            show_progress=show_progress,
            on_step=on_step,
        ).run(on_epoch=on_epoch)
