"""The texts of Parquet may be strings or bytes; a column of another type is refused."""

import pyarrow
import pytest
from pyarrow import parquet

from sentiment.errors import DataError
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.run import Scoring


@pytest.fixture
def scored(predictor, artifact_folder, tmp_path):
    """Return a function that scores a table of Arrow, as Parquet, into another."""

    def run(table: pyarrow.Table, **options: object) -> pyarrow.Table:
        parquet.write_table(table, tmp_path / "in.parquet")
        scoring = Scoring(predictor, artifact_folder, ScoreOptions(**options))
        scoring.to_file(str(tmp_path / "in.parquet"), tmp_path / "out.parquet")
        return parquet.read_table(tmp_path / "out.parquet")

    return run


def test_bytes_that_are_utf_8_are_texts_as_some_programs_write_them(scored):
    """Each row had an error."""
    texts = ["good café", "bad"]
    as_bytes = pyarrow.array([text.encode() for text in texts] + [b"\xff"])
    found = scored(pyarrow.table({"text": as_bytes}))
    assert found.column("text").combine_chunks().equals(as_bytes)
    *errors, last = found.column("error").to_pylist()
    assert errors == [None, None]
    assert last == "the text is bytes that are not UTF-8"
    of_strings = scored(pyarrow.table({"text": texts}))
    assert found.column("positive")[:2].to_pylist() == (
        of_strings.column("positive").to_pylist()
    )


def test_strings_that_are_not_utf_8_fail_their_row_and_no_other(scored):
    """They ended the run, and nothing was kept."""
    raw = pyarrow.array([b"good", b"caf\xe9", b"bad"])
    strings = pyarrow.Array.from_buffers(pyarrow.string(), 3, raw.buffers())
    found = scored(pyarrow.table({"text": strings, "also": strings}))
    reason = "the text is bytes that are not UTF-8"
    assert found.column("error").to_pylist() == [None, reason, None]
    for name in ("text", "also"):
        assert found.column(name).cast("binary").combine_chunks().equals(raw)


def test_a_column_that_can_hold_no_text_is_refused_before_the_first_row(
    scored, tmp_path
):
    """A million rows were written, each with an error."""
    table = pyarrow.table({"text": [1, 2], "review": ["good", "bad"], "n": [1.5, 2.5]})
    with pytest.raises(
        DataError,
        match=r"'text' holds int64, not texts: .* \(texts are in 'review'\)",
    ):
        scored(table)
    assert not (tmp_path / "out.parquet").exists()
    assert scored(table, text_column="review").num_rows == 2


def test_of_columns_with_one_name_the_first_is_looked_at(scored):
    texts, numbers = pyarrow.array(["good"]), pyarrow.array([1])
    twice = pyarrow.Table.from_arrays([numbers, texts], ["text", "text"])
    with pytest.raises(DataError, match="'text' holds int64"):
        scored(twice)


def test_a_column_of_nothing_has_missing_texts(scored):
    found = scored(pyarrow.table({"text": pyarrow.nulls(2)}))
    assert found.column("error").to_pylist() == ["the text is missing"] * 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("in.jsonl", b'{"a\\ud800": 1, "text": "good"}\n'),
        ("in.csv", "a\udce9,text\né,good\né,bad\n".encode("utf-8", "surrogateescape")),
    ],
)
def test_a_name_that_is_no_utf_8_is_spelled_out(score, name, content):
    """It ended in a traceback."""
    found = parquet.read_table(score(content, name, "out.parquet"))
    assert found.column_names[0].startswith("a\\ud")
    assert found.column("error").null_count == found.num_rows
