"""How much memory `sentiment score` held at its most, as it says itself at its end."""

import subprocess
import sys
from pathlib import Path

# What the kernel tells of a child that has ended (ru_maxrss) counts what its parent
# held when it started it: in a process that has torch, more than the child takes.
_TOLD_AT_THE_END = r"""
import atexit, re
from pathlib import Path
from sentiment.cli import main

def tell():
    status = Path("/proc/self/status").read_text()
    print(re.search(r"VmHWM:\s+(\d+) kB", status)[1])

atexit.register(tell)
main()
"""

_ALONE = ("--workers", "1", "--quiet")


def peak_mib(source: Path, output: Path, model: Path, *options: str) -> float:
    """Score in one process of its own; return its peak memory in MiB.

    Raises:
        RuntimeError: The output is not whole.
    """
    command = ["score", source, "-o", output, "--model", model, *options]
    done = subprocess.run(
        [sys.executable, "-c", _TOLD_AT_THE_END, *map(str, command), *_ALONE],
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"sentiment score ended with {done.returncode}")
    return int(done.stdout) / 1024
