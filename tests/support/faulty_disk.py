"""A disk that does something bad at the N-th change that is asked of it."""

import errno
import io
import os
import signal
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

CHANGES = ("fsync", "mkdir", "rename", "replace", "symlink", "truncate", "unlink")


def full() -> None:
    """Fail as a full disk does."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def die() -> None:
    """End as a process does that is killed: at once, and without a last word."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_at_each_change(prepare: Callable[[int], Callable[[], object]]) -> None:
    """Let a child do something and die at its N-th change of the disk, for every N.

    ``prepare`` is given each N, and returns what the child of that N does. The last
    child is the one that got through.

    Raises:
        RuntimeError: A child ended otherwise, or none got through.
    """
    for step in range(1, 1_000):
        work = prepare(step)
        child = os.fork()
        if child == 0:
            with FaultyDisk(step, die):
                work()
            os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if ended == 0:
            return
        if ended != -signal.SIGKILL:
            raise RuntimeError(f"the child ended with {ended} at step {step}")
    raise RuntimeError("no child ever got through")


class FaultyDisk:
    """Let ``fault`` happen at change number ``step``, in place of the change.

    Changes are the functions of ``os`` named above and, of files opened for writing,
    the opening, each write (half of it arrives) and truncate. ``steps`` lists them as
    ``(what, path)``; with ``step`` 0 nothing bad happens and they are only listed.
    """

    def __init__(self, step: int, fault: Callable[[], None] = full) -> None:
        self.step = step
        self.fault = fault
        self.steps: list[tuple[str, str]] = []
        self._real: dict[str, Any] = {}

    @property
    def struck(self) -> bool:
        """Whether the fault happened."""
        return 0 < self.step <= len(self.steps)

    def change(self, what: str, path: object) -> None:
        """Count one change; strike if it is the one."""
        self.steps.append((what, _path(path)))
        if len(self.steps) == self.step:
            self.fault()

    def __enter__(self) -> Self:
        for name in CHANGES:
            self._real[name] = getattr(os, name)
            setattr(os, name, self._counted(name))
        self._real["open"] = io.open
        io.open = self._open  # what pathlib opens with
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        io.open = self._real.pop("open")
        for name, real in self._real.items():
            setattr(os, name, real)

    def _counted(self, name: str) -> Callable[..., Any]:
        real = self._real[name]

        def counted(*args: Any, **kwargs: Any) -> Any:
            # Of what has a start and a goal, the goal says more.
            goal = name in ("rename", "replace", "symlink")
            self.change(name, args[1] if goal else args[0])
            return real(*args, **kwargs)

        return counted

    def _open(self, file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if not set(mode) & set("wax+"):
            return self._real["open"](file, mode, *args, **kwargs)
        self.change("open", file)
        return _File(self._real["open"](file, mode, *args, **kwargs), self)


class _File:
    """A file opened for writing, whose writes are counted too."""

    def __init__(self, file: Any, disk: FaultyDisk) -> None:
        self._file = file
        self._disk = disk

    def write(self, content: Any) -> int:
        half = len(content) // 2
        self._file.write(content[:half])
        self._file.flush()
        self._disk.change("write", self._file.name)
        return half + int(self._file.write(content[half:]))

    def truncate(self, size: int) -> int:
        self._disk.change("truncate", self._file.name)
        return int(self._file.truncate(size))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> Self:
        self._file.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._file.__exit__(*error)


def _path(path: object) -> str:
    if isinstance(path, int):
        return os.readlink(f"/proc/self/fd/{path}")
    return os.fspath(path)  # type: ignore[call-overload, no-any-return]
