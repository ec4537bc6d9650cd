"""A small disk of a command's own, which can be full without anybody else's notice."""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

# $1: its size in KiB; the folders to mount it at, up to "--"; the command.
_MOUNT = (
    'size="$1"k; shift; '
    'while [ "$1" != -- ]; do mount -t tmpfs -o "size=$size" tmpfs "$1"; shift; done; '
    'shift; exec "$@"'
)
_UNSHARE = ("unshare", "--map-root-user", "--mount", "sh", "-ec", _MOUNT, "sh")


def on_own_disk(kib: int, *folders: Path) -> list[str]:
    """Return what to put before a command, so that each folder is a disk of ``kib``.

    Only the command and its children see it; others find it under /proc/PID/root.
    """
    command = [*_UNSHARE, str(kib), *map(str, folders), "--"]
    if (
        shutil.which("unshare") is None
        or subprocess.run(
            [*command, "true"], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("this machine lets nobody mount a disk of their own")
    return command


def fill(disk: Path) -> Path:
    """Write a file until there is no room for another byte; return it."""
    filled = disk / "filled"
    with filled.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    assert os.statvfs(disk).f_bavail == 0
    return filled
