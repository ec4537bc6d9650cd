"""The command sentiment-train as a process of its own, or as two of torchrun."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from running import wait_for

_TRAIN = ("-m", "training.cli")
_TWOFOLD = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")


def train(*words: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Run the command in ``cwd`` to its end."""
    return _run([sys.executable, *_TRAIN, *words], cwd)


def train_twofold(
    *words: str, cwd: Path, program: tuple[str, ...] = _TRAIN
) -> "subprocess.CompletedProcess[str]":
    """Run the command in ``cwd`` to its end, by two processes of torchrun."""
    return _run([sys.executable, *_TWOFOLD, *program, *words], cwd)


def _run(command: list[str], cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


@contextmanager
def begun(
    *words: str, cwd: Path, until: Callable[[], object], twofold: bool = False
) -> Iterator["subprocess.Popen[str]"]:
    """Run the command in ``cwd`` while the block runs, which begins with ``until()``.

    Raises:
        TimeoutError: It did not come to that.
    """
    process = subprocess.Popen(
        [sys.executable, *(_TWOFOLD if twofold else ()), *_TRAIN, *words],
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs begin with SIGINT ignored; this one may not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        wait_for(
            lambda: until() or process.poll() is not None, "its beginning", every=0.005
        )
        assert process.poll() is None, process.stderr.read()
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=240)


def press_ctrl_c(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Interrupt the command; return its exit code and what it wrote to stderr."""
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=240)
    return process.returncode, errors
