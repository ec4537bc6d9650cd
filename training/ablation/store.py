"""The finished trainings of an ablation on disk, so that none is done twice."""

import json
import math
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from sentiment.errors import ConfigError
from training.ablation.outcome import TrainingOutcome
from training.ablation.variants import Training
from training.disk.files import write_json
from training.disk.fingerprints import refuse_others
from training.disk.locking import locked_to_resume

# The fingerprints of what it was begun with.
IDENTITY = "identity.json"
_FINISHED, _UNFINISHED = "trainings", "unfinished-{}"

# The outcome of each training, by the variant's name and the seed.
Outcomes = dict[str, dict[int, TrainingOutcome]]


@dataclass(frozen=True)
class Store:
    """The outcomes and checkpoints in ``folder``."""

    folder: Path

    def begin(self, identity: Mapping[str, str]) -> None:
        """Record fingerprints of what is begun, or compare them with those recorded.

        Variants and the number of seeds may change when an ablation is resumed; the
        recipe and its texts may not.

        Raises:
            ConfigError: The fingerprints differ, or cannot be read.
        """
        file = self.folder / IDENTITY
        if not file.exists():
            write_json(file, identity)
            return
        try:
            known = dict(json.loads(file.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise ConfigError(
                f"{file} cannot be read: remove the folder to begin anew"
            ) from error
        refuse_others(f"the ablation in {self.folder}", known, identity)

    def checkpoints(self, training: Training) -> Path:
        """Return the folder of an unfinished training's checkpoint."""
        return self.folder / _UNFINISHED.format(training.key)

    def outcomes(self) -> Outcomes:
        """Return the outcomes of all finished trainings.

        Raises:
            ConfigError: A file cannot be read.
        """
        found: Outcomes = {}
        for file in sorted((self.folder / _FINISHED).glob("*.json")):
            try:
                values = json.loads(file.read_text(encoding="utf-8"))
                of = found.setdefault(values["variant"], {})
                of[values["seed"]] = TrainingOutcome(**values["outcome"])
            except (ValueError, LookupError, TypeError) as error:
                raise ConfigError(
                    f"{file} cannot be read ({error}): remove it to train this anew"
                ) from error
        return found

    def keep(self, training: Training, outcome: TrainingOutcome) -> None:
        """Write the outcome of a training, and remove its checkpoint."""
        if not outcome.chance:
            values = {
                "variant": training.variant.name,
                "seed": training.config.seed,
                "outcome": _known(outcome),
            }
            file = self.folder / _FINISHED / f"{training.key}.json"
            write_json(file, values)
        shutil.rmtree(self.checkpoints(training), ignore_errors=True)


@contextmanager
def opened(folder: Path, *, resume: bool) -> Iterator[Store]:
    """Open the ablation in ``folder``, or begin one there.

    Raises:
        ConfigError: There is one and ``resume`` was not asked for, or it is being used.
    """
    with locked_to_resume(folder, "ablation", mark=IDENTITY, resume=resume):
        yield Store(folder)


def _known(outcome: TrainingOutcome) -> dict[str, object]:
    """Leave out the figures that a failed training lacks: JSON has no NaN."""
    return {
        name: value
        for name, value in asdict(outcome).items()
        if not (isinstance(value, float) and math.isnan(value))
    }
