"""The texts of an ablation, encoded once for all variants that read them alike."""

from collections.abc import Hashable, Iterable
from pathlib import Path

from training.config import TrainingConfig
from training.data.splitting import Splits
from training.fingerprints import fingerprint_of
from training.variants.data import SharedData


def reading_of(config: TrainingConfig) -> Hashable:
    """Return what decides how texts are encoded; only variants alike in it share them.

    Not ``training.max_tokens``: shorter texts are cut from longer ones.
    """
    # Tokens that word vectors lack get random ones, by the seed.
    by_chance = config.embeddings and not config.pretrained
    return (
        config.model.max_tokens,
        config.model.head_share,
        config.distillation,
        config.training.virtual_adversarial > 0,  # it takes the unlabelled ones
        config.seed if by_chance else None,
    )


class Texts:
    """Train and validation split for each of ``configs``; of the test split nothing."""

    def __init__(
        self,
        splits: Splits,
        configs: Iterable[TrainingConfig],
        *,
        data_root: Path,
        runs: Path,
    ) -> None:
        self._splits = splits
        self._folders = {"data_root": data_root, "runs": runs}
        self._longest: dict[Hashable, int] = {}
        for one in configs:
            reading, most = reading_of(one), one.training.max_tokens
            self._longest[reading] = max(most, self._longest.get(reading, 0))
        self._encoded: dict[Hashable, SharedData] = {}

    def encoded_for(self, config: TrainingConfig) -> SharedData:
        """Return the texts as ``config`` reads them; those asked for last are kept.

        Raises:
            ConfigError: What the recipe starts from or is taught by is missing.
            DataError: No text of a split holds a token.
        """
        reading = reading_of(config)
        if reading not in self._encoded:
            self._encoded.clear()  # first, so that there are never two in memory
            self._encoded[reading] = SharedData.encode(
                self._splits,
                config,
                max_tokens=self._longest[reading],
                **self._folders,
            )
        return self._encoded[reading]

    def fingerprint(self, config: TrainingConfig) -> str:
        """Return a sum of every text and label, and of the weights begun with."""
        shared = self.encoded_for(config)
        own = shared.for_variant(config)
        return fingerprint_of(
            # Whole, since a variant may read more of them.
            [one.text for one in (*self._splits.train, *self._splits.validation)],
            *(own.train, own.validation, shared.learned),
        )
