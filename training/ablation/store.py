"""The finished trainings of an ablation on disk: each kept at once, none done twice."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from sentiment.errors import ConfigError
from training.ablation.outcome import Outcome
from training.ablation.variants import Training
from training.files import write_text
from training.fitting.state import refuse_others
from training.locking import locked

# Under this name are the sums of what it was begun with.
IDENTITY = "identity.json"
_FINISHED, _UNFINISHED = "trainings", "unfinished-{}"


@dataclass(frozen=True)
class Store:
    """What is known of each training in ``folder``, by its key."""

    folder: Path

    def checkpoints(self, training: Training) -> Path:
        """Return where a training that is under way leaves its checkpoint."""
        return self.folder / _UNFINISHED.format(training.key)

    def find(self, training: Training) -> Outcome | None:
        """Return what came of a training, None where it is not finished.

        Raises:
            ConfigError: The file cannot be read.
        """
        file = self._file(training)
        if not file.is_file():
            return None
        try:
            return Outcome(**json.loads(file.read_text(encoding="utf-8"))["outcome"])
        except (ValueError, LookupError, TypeError) as error:
            raise ConfigError(
                f"{file} cannot be read ({error}): remove it to train this anew"
            ) from error

    def keep(self, training: Training, outcome: Outcome) -> None:
        """Write what came of a training, and remove its checkpoint."""
        if not outcome.chance:
            values = {
                "variant": training.variant.name,
                "seed": training.config.seed,
                "outcome": asdict(outcome),
            }
            write_text(self._file(training), json.dumps(values, indent=1) + "\n")
        shutil.rmtree(self.checkpoints(training), ignore_errors=True)

    def _file(self, training: Training) -> Path:
        return self.folder / _FINISHED / f"{training.key}.json"


@contextmanager
def opened(folder: Path, identity: dict[str, str], *, resume: bool) -> Iterator[Store]:
    """Open the ablation in ``folder``, or begin one.

    Which variants and how many seeds are asked for may change from one time to the
    next; the recipe and its texts may not.

    Raises:
        ConfigError: There is one and ``resume`` was not asked for, or it belongs to
            another recipe or other texts, or is being used.
    """
    file = folder / IDENTITY
    if file.exists() and not resume:
        raise ConfigError(
            f"there is an ablation in {folder} already: go on with it by --resume, or "
            "remove the folder to begin anew"
        )
    with locked(folder, "ablation"):
        if file.exists():
            _check(folder, identity)
        else:
            write_text(file, json.dumps(identity, indent=1) + "\n")
        yield Store(folder)


def _check(folder: Path, identity: dict[str, str]) -> None:
    try:
        known = dict(json.loads((folder / IDENTITY).read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f"{folder / IDENTITY} cannot be read: remove the folder to begin anew"
        ) from error
    refuse_others(f"the ablation in {folder}", known, identity)
