"""A file is replaced whole, and stays what it was to everyone else."""

import hashlib
import os
import stat
import threading
from pathlib import Path

import pytest

from sentiment.disk import open_like, replace_file, sha256_of


@pytest.fixture
def _usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("_usual_umask")
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664])
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path, mode):
    path = tmp_path / "page.html"
    path.touch()
    path.chmod(mode)
    replace_file(path, b"new")
    assert (path.read_bytes(), mode_of(path)) == (b"new", mode)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("_usual_umask")
def test_a_new_file_has_the_usual_mode(tmp_path):
    replace_file(tmp_path / "page.html", b"new")
    assert mode_of(tmp_path / "page.html") == 0o644


def test_of_a_link_what_it_points_to_is_replaced(tmp_path):
    (tmp_path / "there").mkdir()
    real, link = tmp_path / "there/real.html", tmp_path / "page.html"
    real.write_text("old")
    link.symlink_to(real)
    replace_file(link, b"new")
    assert (link.is_symlink(), real.read_bytes()) == (True, b"new")


def test_into_a_pipe_it_is_written(tmp_path):
    pipe, found = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    replace_file(pipe, b"new")
    reader.join()
    assert (found, pipe.is_fifo()) == ([b"new"], True)


@pytest.mark.usefixtures("_usual_umask")
def test_what_lay_in_the_way_of_an_unfinished_file_gives_it_no_mode(tmp_path):
    pattern, path = tmp_path / "out.csv", tmp_path / ".out.csv.partial"
    for file, mode in ((pattern, 0o600), (path, 0o666)):
        file.write_text("old")
        file.chmod(mode)
    with open_like(path, pattern) as file:
        file.write(b"new")
    assert (path.read_bytes(), mode_of(path)) == (b"new", 0o600)


def test_the_sum_of_a_large_file_can_be_watched(tmp_path):
    heard: list[int] = []
    content = b"x" * 2_500_000
    (tmp_path / "a").write_bytes(content)
    found = sha256_of(tmp_path / "a", heard.append)
    assert found == hashlib.sha256(content).hexdigest()
    assert heard == [1 << 20, 2 << 20, 2_500_000]
