"""Locks on folders, so that one command at a time works there."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from sentiment.errors import ConfigError


@contextmanager
def locked(folder: Path, work: str) -> Iterator[None]:
    """Lock ``folder``, which is created if needed; ``work`` is named in the message.

    The lock ends with the process at the latest, even if it is killed.

    Raises:
        ConfigError: Another process holds the lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(
                f"another {work} is running (it holds {lock.name}): wait until it has "
                "ended"
            ) from error
        yield


def locked_recipe(runs: Path, name: str, work: str) -> AbstractContextManager[None]:
    """Lock what a recipe's command writes under ``runs`` while it does ``work``.

    Raises:
        ConfigError: Another process does the same there.
    """
    return locked(runs / "locks" / f"{name}-{work.replace(' ', '-')}", work)


@contextmanager
def locked_to_resume(
    folder: Path, work: str, *, mark: str, resume: bool
) -> Iterator[None]:
    """Lock ``folder`` for resumable work, which has begun if a file ``mark`` exists.

    Raises:
        ConfigError: Another process holds the lock, or the work has begun and
            ``resume`` was not given.
    """
    with locked(folder, work):
        if (folder / mark).exists() and not resume:
            raise ConfigError(
                f"the {work} in {folder} was begun before: go on with it by --resume, "
                "or move the folder away to begin anew"
            )
        yield
