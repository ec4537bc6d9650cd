"""A folder that one command at a time works in."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from sentiment.errors import ConfigError


@contextmanager
def locked(folder: Path, work: str) -> Iterator[None]:
    """Hold ``folder``, which is made where it is not there; ``work`` is what is done.

    The end of the process, however it comes, gives the folder free.

    Raises:
        ConfigError: Another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(
                f"another {work} is at work in {folder}: wait for its end"
            ) from error
        yield


def locked_recipe(runs: Path, name: str, work: str) -> AbstractContextManager[None]:
    """Hold what a recipe's command writes under ``runs``: one at a time does ``work``.

    Raises:
        ConfigError: Another process does the same there.
    """
    return locked(runs / "locks" / f"{name}-{work.replace(' ', '-')}", work)


@contextmanager
def locked_to_resume(
    folder: Path, work: str, *, mark: str, resume: bool
) -> Iterator[None]:
    """Hold ``folder`` for work that is begun there once, and later gone on with.

    Once it is begun, a file ``mark`` lies there.

    Raises:
        ConfigError: Another process holds the folder, or the work has been begun and
            ``resume`` was not asked for.
    """
    with locked(folder, work):
        if (folder / mark).exists() and not resume:
            raise ConfigError(
                f"the {work} in {folder} was begun before: go on with it by --resume, "
                "or move the folder away to begin anew"
            )
        yield
