"""The commands, run here as a shell would run them."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from sentiment.cli import main

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def sentiment_command(monkeypatch, capfd) -> Command:
    """Return a function that runs ``sentiment``: exit code, stdout, stderr."""

    def command(
        *arguments: object, stdin: bytes | BinaryIO = b""
    ) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["sentiment", *map(str, arguments)])
        source = io.BytesIO(stdin) if isinstance(stdin, bytes) else stdin
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(source))
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = capfd.readouterr()
        return code, out, err

    return command


@pytest.fixture
def score(sentiment_command, monkeypatch, artifact_folder, tmp_path) -> Command:
    """Return a function that scores in tmp_path: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: object, stdin: bytes = b"") -> tuple[int, str, str]:
        given = ("score", *arguments, "--model", artifact_folder)
        return sentiment_command(*given, stdin=stdin)

    return command


@pytest.fixture
def table(tmp_path) -> Path:
    """Return a file of 9,000 rows to score."""
    path = tmp_path / "in.csv"
    rows = "".join(f"{n},a good film number {n}\r\n" for n in range(9_000))
    path.write_text(f"id,text\r\n{rows}", newline="")
    return path
