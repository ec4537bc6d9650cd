"""Parts are counted once each; their report tells what one of the whole tells."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from review_tables import HEADER, write_csv

from sentiment.errors import DataError
from sentiment.scoring.cluster.input_files import find_sources
from sentiment.scoring.cluster.part_findings import findings_beside
from sentiment.scoring.cluster.part_folder import PartFolder
from sentiment.scoring.cluster.part_scorer import PartScorer, read_model
from sentiment.scoring.cluster.parts import KEY_COLUMNS, FinishedPart, Job, Part
from sentiment.scoring.cluster.parts_under_way import PartsUnderWay
from sentiment.scoring.cluster.plan import CutPlan
from sentiment.scoring.columns import RESULT_COLUMNS
from sentiment.scoring.formats import OutputDialect
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.progress import Progress
from sentiment.scoring.report.report import Report
from sentiment.scoring.run import Scoring

ROWS = 400


@pytest.fixture
def folder(tmp_path) -> Iterator[PartFolder]:
    with closing(PartFolder(tmp_path / "out.csv")) as opened:
        opened.open({})
        yield opened


@pytest.fixture
def job(folder) -> Job:
    return Job(
        folder=str(folder.path),
        columns=HEADER,
        text_column="text",
        keys=list(KEY_COLUMNS),
        results=list(RESULT_COLUMNS),
        output_dialect=OutputDialect(format="csv"),
        precision="float32",
        report=True,
        date_column="day",
    )


@pytest.fixture
def parts(tmp_path) -> list[Part]:
    """The parts of two files."""
    write_csv(tmp_path / "in" / "a.csv", ROWS, seed=1)
    write_csv(tmp_path / "in" / "b.csv", ROWS // 2, seed=2)
    cutting = CutPlan(options=ScoreOptions(), columns=HEADER, part_bytes=4_000)
    sources = find_sources(tmp_path / "in")
    return [
        part
        for number, source in enumerate(sources)
        for part in cutting.parts_of(number, source)
    ]


@pytest.fixture
def make(artifact_folder):
    """Return a function that makes parts, in this process."""

    def run(job: Job, parts: list[Part]) -> list[FinishedPart]:
        scorer = PartScorer(job, read_model(artifact_folder))
        return [scorer.make(part) for part in parts]

    return run


def making_of(
    folder: PartFolder, parts: list[Part], made: list[FinishedPart], page: Path
) -> PartsUnderWay:
    """Return a making whose first part an earlier run made."""
    making = PartsUnderWay(folder, parts, made[:1], Report(page, "day"), Progress())
    assert made[0].key not in [part.key for part in making.missing()]
    for one in made[1:]:
        making.take(one)
    assert making.missing() == []
    return making


def test_the_page_of_parts_in_any_order_has_the_numbers_of_the_local_engine(
    make, job, folder, parts, predictor, artifact_folder, tmp_path
):
    parts = [part for part in parts if part.source.name == "a.csv"]
    assert len(parts) > 4
    made = make(job, parts)
    making = making_of(folder, parts, made[::-1], tmp_path / "parts.html")
    making.finish({}, source="a.csv", text_column="text", model=predictor.version)
    report = Report(tmp_path / "local.html", "day")
    scoring = Scoring(predictor, artifact_folder, ScoreOptions(), report=report)
    tally = scoring.to_file(str(tmp_path / "in" / "a.csv"), tmp_path / "local.csv")
    assert making.tally == tally
    page = (tmp_path / "local.html").read_text()
    assert (tmp_path / "parts.html").read_text() == page


def test_the_page_of_a_folder_names_files(make, job, folder, parts, tmp_path):
    making = making_of(folder, parts, make(job, parts), tmp_path / "page.html")
    making.finish({}, source="in", text_column="text", model="model-1")
    page = (tmp_path / "page.html").read_text()
    assert "600 rows, column" in page
    assert " of <bdi>a.csv</bdi>" in page
    assert " of <bdi>b.csv</bdi>" in page


def test_parts_that_were_made_for_no_report_are_refused(
    make, job, folder, parts, tmp_path
):
    made = make(replace(job, report=False), parts)
    with pytest.raises(DataError, match="begun without --report"):
        making_of(folder, parts, made, tmp_path / "page.html")
    made = make(replace(job, date_column="note"), parts)
    with pytest.raises(DataError, match="the dates of 'note', not 'day'"):
        making_of(folder, parts, made, tmp_path / "page.html")


def test_what_was_found_stays_for_a_resume_and_goes_with_the_end(
    make, job, parts, tmp_path
):
    output = tmp_path / "resumed.csv"
    folder = PartFolder(output)
    folder.open({})
    made = make(replace(job, folder=str(folder.path)), parts)
    for one in made:
        folder.note(one)
    folder.close()
    resumed = PartFolder(output)
    assert resumed.open({}, resume=True) == made
    beside = [findings_beside(resumed.path / one.part) for one in made]
    assert all(json.loads(path.read_bytes())["rows"] for path in beside)
    resumed.finish({}, made)
    resumed.close()
    assert {path.name for path in output.iterdir()} == {
        *("_manifest.json", *(one.part for one in made))
    }
