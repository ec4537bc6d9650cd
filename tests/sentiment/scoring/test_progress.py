"""The bar shows on a terminal alone; the summary everywhere."""

import io
import sys
from types import SimpleNamespace

import pytest

from sentiment.errors import MissingExtraError
from sentiment.scoring.formats import ParquetBlockWriter
from sentiment.scoring.progress import ProgressBar
from sentiment.scoring.results import Tally


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


TALLY = {"rows": 10, "labels": {"positive": 6, "negative": 2}, "errors": 2}


@pytest.mark.parametrize("kind", [Terminal, io.StringIO])
def test_a_bar_is_for_terminals(monkeypatch, kind):
    monkeypatch.setattr("sys.stderr", kind())
    with ProgressBar() as progress:
        progress.start(1_000, Tally())
        progress.update(500, Tally.from_json({**TALLY, "truncated": 0}))
    shown = sys.stderr.getvalue()
    assert ("50%" in shown, "10 rows" in shown) == (kind is Terminal,) * 2


def test_a_reading_before_the_rows_has_a_bar_and_if_it_is_long_a_word(monkeypatch):
    monkeypatch.setattr("sys.stderr", Terminal())
    with ProgressBar() as progress:
        progress.look("looking through in.csv", 40_000_000)
        progress.looked(20_000_000)
        progress.looked(10_000_000)  # another reading
        progress.start(40_000_000, Tally())
    shown = sys.stderr.getvalue()
    assert shown.count("looking through in.csv\n") == 1
    assert shown.index("looking through in.csv\n") < shown.index("50%")
    assert shown.index("50%") < shown.index("25%")
    with ProgressBar() as progress:
        progress.look("looking through small.csv", 2_000)
        progress.looked(2_000)
        # Of Parquet, and of a pipe, nothing is read before the rows.
        progress.look("looking through large.parquet", 40_000_000)
    assert "small.csv\n" not in sys.stderr.getvalue()
    assert "large.parquet\n" not in sys.stderr.getvalue()


def test_a_summary_tells_the_mix_of_the_rows_that_were_scored(capsys):
    with ProgressBar() as progress:
        progress.start(None, Tally())
    progress.summarise(Tally.from_json({**TALLY, "truncated": 1}))
    said = capsys.readouterr().err
    assert "10 rows: 2 negative (25%), 0 neutral (0%), 6 positive (75%)" in said
    assert "; 2 with an error, 1 read in part; " in said


def test_a_resumed_run_tells_the_speed_of_its_own_rows(capsys, monkeypatch):
    now = iter([0.0, 100.0, 101.0])
    # The module's own clock: other threads look at that of all.
    clock = SimpleNamespace(monotonic=lambda: next(now))
    monkeypatch.setattr("sentiment.scoring.progress.time", clock)
    progress = ProgressBar()
    progress.start(None, Tally(rows=900))
    progress.summarise(Tally(rows=1_000))
    assert "100 rows/s" in capsys.readouterr().err


def test_parquet_without_pyarrow_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match="make install-parquet`"):
        ParquetBlockWriter(["text"], ["error"])
