"""A report of a whole scoring: at its place when the output is, and like no other."""

from pathlib import Path

import pytest
from power_cut import PowerCut, ProgressUntilPowerCut

from sentiment.errors import DataError
from sentiment.scoring import blocks as cutting
from sentiment.scoring import sinks
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.report.report import Report
from sentiment.scoring.run import Scoring

ROWS = 350  # four blocks


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch) -> None:
    monkeypatch.setattr(cutting, "MAX_ROWS", 100)


@pytest.fixture
def source(tmp_path) -> Path:
    path = tmp_path / "in.csv"
    lines = [
        f"2024-{1 + n % 12}-{1 + n % 28},{'' if n % 50 == 7 else f'good {n % 99}'}"
        for n in range(ROWS)
    ]
    path.write_text("\n".join(["at,text", *lines, ""]))
    return path


@pytest.fixture
def score(predictor, artifact_folder, source, tmp_path, monkeypatch):
    """Return a function that scores into out.csv and returns the page, if any."""
    monkeypatch.setattr(sinks, "_MARK_SECONDS", 0)  # after every block

    def run(
        page: str | None = "page.html",
        *,
        date_column: str | None = "at",
        dies_after: int = 0,
        resume: bool = False,
        workers: int = 1,
        output: str = "out.csv",
    ) -> str | None:
        report = Report(tmp_path / page, date_column) if page else None
        scoring = Scoring(
            *(predictor, artifact_folder, ScoreOptions()),
            workers=workers,
            progress=ProgressUntilPowerCut(dies_after),
            report=report,
        )
        if dies_after:
            with pytest.raises(PowerCut):
                scoring.to_file(str(source), tmp_path / output, resume=resume)
        else:
            scoring.to_file(str(source), tmp_path / output, resume=resume)
        path = tmp_path / (page or "page.html")
        return path.read_text() if path.exists() else None

    return run


def test_a_report_is_the_same_after_a_resume_and_with_workers(score, tmp_path):
    whole = score("whole.html")
    assert "350 rows, column" in whole
    assert score("with-workers.html", workers=2) == whole
    assert score(dies_after=2) is None
    assert score(dies_after=1, resume=True) is None
    assert score(resume=True) == whole
    assert list(tmp_path.glob(".*")) == []


def test_a_pipe_has_the_same_report(
    score, predictor, artifact_folder, source, tmp_path
):
    whole = score()
    report = Report(tmp_path / "piped.html", "at")
    scoring = Scoring(predictor, artifact_folder, ScoreOptions(), report=report)
    with (tmp_path / "piped.csv").open("wb") as sink:
        scoring.to_stream(str(source), sink)
    assert (tmp_path / "piped.html").read_text() == whole


def test_a_resume_without_the_report_is_fine_and_one_with_a_new_report_is_not(score):
    score(dies_after=2)
    with pytest.raises(DataError, match="the dates of 'at', not 'text'"):
        score(date_column="text", resume=True)
    score(page=None, dies_after=1, resume=True)
    with pytest.raises(DataError, match="begun without --report"):
        score(resume=True)
    assert score(page=None, resume=True) is None


def test_where_the_report_cannot_be_written_nothing_is_scored(
    score, source, tmp_path, monkeypatch
):
    with pytest.raises(DataError, match=r"no folder .*none for the report: make it"):
        score("none/page.html")
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(DataError, match=r"may not be written to: .* for the report"):
        score()
    monkeypatch.undo()
    for name in ("in.csv", "out.csv"):
        with pytest.raises(DataError, match="the report would replace"):
            score(name)
    assert source.read_text().startswith("at,text")
    assert not (tmp_path / "out.csv").exists()


def test_a_column_of_dates_that_is_not_there_is_refused(score):
    with pytest.raises(DataError, match="no column 'att': did you mean 'at'"):
        score(date_column="att")
