"""A report of parts tells what one of the whole tells, whatever was resumed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from review_tables import HEADER, write_csv

from sentiment.errors import DataError
from sentiment.scoring import RESULT_COLUMNS
from sentiment.scoring.cluster.counting import Counting, findings_beside
from sentiment.scoring.cluster.output import PartFolder
from sentiment.scoring.cluster.parts import KEY_COLUMNS, Job, Made, Part
from sentiment.scoring.cluster.plan import Reading
from sentiment.scoring.cluster.scorer import PartScorer, read_model
from sentiment.scoring.cluster.sources import find_sources
from sentiment.scoring.formats import Output
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.report import Report
from sentiment.scoring.run import Scoring

ROWS = 400


@pytest.fixture
def job(tmp_path) -> Job:
    (tmp_path / "parts").mkdir()
    return Job(
        folder=str(tmp_path / "parts"),
        columns=HEADER,
        text_column="text",
        keys=list(KEY_COLUMNS),
        results=list(RESULT_COLUMNS),
        output=Output(format="csv"),
        precision="float32",
        report=True,
        date_column="day",
    )


@pytest.fixture
def parts(tmp_path) -> list[Part]:
    """The parts of two files."""
    write_csv(tmp_path / "in" / "a.csv", ROWS, seed=1)
    write_csv(tmp_path / "in" / "b.csv", ROWS // 2, seed=2)
    reading = Reading(options=ScoreOptions(), columns=HEADER, part_bytes=4_000)
    sources = find_sources(tmp_path / "in")
    return [
        part
        for number, source in enumerate(sources)
        for part in reading.parts_of(number, source)
    ]


@pytest.fixture
def make(artifact_folder):
    """Return a function that makes parts, in this process."""

    def run(job: Job, parts: list[Part]) -> list[Made]:
        scorer = PartScorer(job, read_model(artifact_folder))
        return [scorer.make(part) for part in parts]

    return run


def counted(job: Job, parts: list[Part], made: list[Made], page: Path) -> Counting:
    counting = Counting(Path(job.folder), parts, Report(page, "day"))
    for one in made:
        counting.add(one)
    return counting


def test_the_page_of_parts_in_any_order_has_the_numbers_of_the_local_engine(
    make, job, parts, predictor, artifact_folder, tmp_path
):
    parts = [part for part in parts if part.source.name == "a.csv"]
    assert len(parts) > 4
    made = make(job, parts)
    counting = counted(job, parts, made[::-1], tmp_path / "parts.html")
    counting.write_report("a.csv", "text", predictor.version)
    report = Report(tmp_path / "local.html", "day")
    scoring = Scoring(predictor, artifact_folder, ScoreOptions(), report=report)
    tally = scoring.to_file(str(tmp_path / "in" / "a.csv"), tmp_path / "local.csv")
    assert counting.tally == tally
    page = (tmp_path / "local.html").read_text()
    assert (tmp_path / "parts.html").read_text() == page


def test_the_page_of_a_folder_names_files(make, job, parts, tmp_path):
    counting = counted(job, parts, make(job, parts), tmp_path / "page.html")
    counting.write_report("in", "text", "model-1")
    page = (tmp_path / "page.html").read_text()
    assert "600 rows, column" in page
    assert " of <bdi>a.csv</bdi>" in page
    assert " of <bdi>b.csv</bdi>" in page


def test_parts_that_were_made_for_no_report_are_refused(make, job, parts, tmp_path):
    made = make(replace(job, report=False), parts)
    with pytest.raises(DataError, match="begun without --report"):
        counted(job, parts, made, tmp_path / "page.html")
    made = make(replace(job, date_column="note"), parts)
    with pytest.raises(DataError, match="the dates of 'note', not 'day'"):
        counted(job, parts, made, tmp_path / "page.html")


def test_what_was_found_stays_for_a_resume_and_goes_with_the_end(
    make, job, parts, tmp_path
):
    output = tmp_path / "out.csv"
    folder = PartFolder(output)
    folder.begin({})
    made = make(replace(job, folder=str(folder.path)), parts)
    for one in made:
        folder.note(one)
    folder.close()
    resumed = PartFolder(output)
    assert resumed.go_on() == made
    beside = [findings_beside(resumed.path / one.part) for one in made]
    assert all(json.loads(path.read_bytes())["rows"] for path in beside)
    resumed.finish({}, made)
    resumed.close()
    assert {path.name for path in output.iterdir()} == {
        *("_manifest.json", *(one.part for one in made))
    }
