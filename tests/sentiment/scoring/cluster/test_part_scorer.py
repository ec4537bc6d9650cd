"""A part holds its rows as the local engine writes them, and their keys."""

from dataclasses import replace
from pathlib import Path

import pytest
from pyarrow import parquet
from review_tables import HEADER, read_csv, without_keys, write_csv, write_parquet

from sentiment.artifacts.folder import load_artifact
from sentiment.disk import sha256_of
from sentiment.errors import SentimentError
from sentiment.scoring.cluster import part_scorer
from sentiment.scoring.cluster.input_files import find_sources
from sentiment.scoring.cluster.part_scorer import PartScorer, read_model
from sentiment.scoring.cluster.parts import KEY_COLUMNS, FinishedPart, Job, Part
from sentiment.scoring.cluster.plan import CutPlan
from sentiment.scoring.columns import RESULT_COLUMNS
from sentiment.scoring.formats import OutputDialect
from sentiment.scoring.options import ScoreOptions

ROWS = 400


@pytest.fixture
def job(tmp_path):
    """Return a function that makes a job of the tests' tables."""
    folder = tmp_path / "parts"
    folder.mkdir()

    def make(form: str, *, zipped: bool = False, marked: bool = False) -> Job:
        return Job(
            folder=str(folder),
            columns=HEADER,
            text_column="text",
            keys=list(KEY_COLUMNS),
            results=list(RESULT_COLUMNS),
            output_dialect=OutputDialect(format=form, zipped=zipped, marked=marked),
            precision="float32",
        )

    return make


@pytest.fixture
def make(artifact_folder):
    """Return a function that makes all parts of a file, in this process."""

    def run(job: Job, source: Path) -> list[FinishedPart]:
        scorer = PartScorer(job, read_model(artifact_folder))
        return [scorer.make(part) for part in parts_of(job, source)]

    return run


def parts_of(job: Job, source: Path) -> list[Part]:
    cutting = CutPlan(
        options=ScoreOptions(),
        columns=job.columns,
        part_bytes=source.stat().st_size // 4,
    )
    (found,) = find_sources(source)
    return list(cutting.parts_of(0, found))


@pytest.mark.parametrize(
    "source", [("in.csv", write_csv), ("in.parquet", write_parquet)]
)
def test_csv_parts_have_the_rows_of_the_local_engine(
    make, job, locally, tmp_path, source
):
    name, write = source
    path = write(tmp_path / name, ROWS)
    made = make(job("csv"), path)
    assert len(made) >= 4
    parts = [read_csv(tmp_path / "parts" / one.part) for one in made]
    header, *expected = read_csv(locally(path, "local.csv"))
    assert {tuple(part[0]) for part in parts} == {
        (*HEADER, *KEY_COLUMNS, *RESULT_COLUMNS)
    }
    assert without_keys(parts[0][0]) == header
    found = [row for part in parts for row in part[1:]]
    assert [without_keys(row) for row in found] == expected
    assert [row[4:6] for row in found] == [[name, str(n)] for n in range(1, ROWS + 1)]


@pytest.mark.parametrize(
    "source", [("in.csv", write_csv), ("in.parquet", write_parquet)]
)
def test_parquet_parts_have_the_rows_and_types_of_the_local_engine(
    make, job, locally, tmp_path, source
):
    name, write = source
    path = write(tmp_path / name, ROWS)
    made = make(job("parquet"), path)
    assert len(made) >= 4
    found = parquet.read_table(tmp_path / "parts")
    expected = parquet.read_table(locally(path, "local.parquet"))
    keys = list(KEY_COLUMNS)
    assert found.column_names[4:6] == keys
    assert found.drop_columns(keys).equals(expected)
    assert found.column("source_row").to_pylist() == list(range(1, ROWS + 1))
    assert set(found.column("source_file").to_pylist()) == {name}


def test_each_part_of_a_marked_table_opens_in_a_spreadsheet(make, job, tmp_path):
    source = write_csv(tmp_path / "in.csv", ROWS)
    source.write_text(source.read_text(), "utf-8-sig")
    made = make(job("csv", marked=True), source)
    assert len(made) >= 4
    for one in made:
        content = (tmp_path / "parts" / one.part).read_bytes()
        assert content.startswith(b"\xef\xbb\xbfid,text,")
        assert content.count(b"\xef\xbb\xbf") == 1


def test_a_part_says_what_it_is(make, job, tmp_path):
    made = make(job("csv", zipped=True), write_csv(tmp_path / "in.csv", ROWS))
    for one in made:
        path = tmp_path / "parts" / one.part
        assert (path.suffix, sha256_of(path)) == (".gz", one.sha256)
        assert path.stat().st_size == one.bytes
    assert sum(one.rows for one in made) == ROWS
    assert sum(one.tally["errors"] for one in made) == len(range(0, ROWS, 11))


def test_an_actor_loads_the_model_once_for_all_its_parts(
    artifact_folder, job, tmp_path, monkeypatch
):
    pytest.importorskip("ray")
    from sentiment.scoring.cluster import ray_data

    loaded = []

    def load(folder: Path) -> object:
        loaded.append(folder)
        return load_artifact(folder)

    monkeypatch.setattr(part_scorer, "load_artifact", load)
    # Out of Ray's store the model comes as it was put there.
    monkeypatch.setattr(ray_data.ray, "get", lambda model: model)
    asked = job("csv")
    source = write_csv(tmp_path / "in.csv", ROWS)
    actor = ray_data._Actor(asked, read_model(artifact_folder))
    answers = [actor({"part": part.to_json()}) for part in parts_of(asked, source)]
    assert [answer["problem"] for answer in answers] == [""] * len(answers)
    assert len(answers) > 2
    assert len(loaded) == 1


def test_a_part_that_is_made_again_is_the_same(make, job, tmp_path):
    source = write_parquet(tmp_path / "in.parquet", ROWS)
    assert make(job("parquet"), source) == make(job("parquet"), source)
    assert not list((tmp_path / "parts").glob(".*"))


def test_a_part_that_workers_die_over_is_given_up(make, job, tmp_path):
    source = write_csv(tmp_path / "in.csv", ROWS)
    for death in range(3):
        (tmp_path / "parts" / f".part-000000-000000.csv.{death}").touch()
    with pytest.raises(
        SentimentError, match=r"3 workers died over the part from row 1"
    ):
        make(job("csv"), source)


def test_a_folder_that_a_node_does_not_see_is_named(make, job, tmp_path):
    source = write_csv(tmp_path / "in.csv", ROWS)
    described = job("csv")
    (tmp_path / "parts").rmdir()
    with pytest.raises(SentimentError, match=r"parts/.*: No such file.*, on the node"):
        make(described, source)


def test_a_node_that_cannot_read_in_the_others_precision_says_so(
    make, job, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        "sentiment.network.precision.processor_has_bfloat16", lambda: False
    )
    rounded = replace(job("csv"), precision="bfloat16")
    with pytest.raises(SentimentError, match="does not have bfloat16, in which the"):
        make(rounded, write_csv(tmp_path / "in.csv", ROWS))
