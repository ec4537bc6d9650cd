"""An input that is a pipe with a path: a named one, or a shell's <(...)."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from sentiment.errors import DataError
from sentiment.scoring.cluster.input_files import find_sources
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.run import Scoring

# More than is looked at to tell the delimiter by, and than a pipe holds.
TABLE = b"id,text\n" + b"".join(b"%d,a good film\n" % n for n in range(20_000))


@pytest.fixture
def scoring(predictor, artifact_folder) -> Scoring:
    return Scoring(predictor, artifact_folder, ScoreOptions())


def through(pipe: Path, use: Callable[[], object]) -> None:
    """Run ``use`` while another writes the table into ``pipe``, once."""
    os.mkfifo(pipe)
    # A daemon: should nobody read, it waits without end.
    threading.Thread(target=pipe.write_bytes, args=(TABLE,), daemon=True).start()
    use()


def test_every_row_of_a_named_pipe_comes_out(scoring, tmp_path):
    """A sum of the input was taken for --resume, and took the rows with it."""
    (tmp_path / "in.csv").write_bytes(TABLE)
    scoring.to_file(str(tmp_path / "in.csv"), tmp_path / "of_file.csv")
    pipe, output = tmp_path / "pipe", tmp_path / "of_pipe.csv"
    through(pipe, lambda: scoring.to_file(str(pipe), output))
    assert output.read_bytes() == (tmp_path / "of_file.csv").read_bytes()


def test_a_pipe_cannot_be_resumed(scoring, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="cannot be read again"):
        scoring.to_file(str(tmp_path / "pipe"), tmp_path / "out.csv", resume=True)


def test_a_pipe_is_nothing_for_many_machines(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="only one process can read: write it into a"):
        find_sources(tmp_path / "pipe")
