"""Texts without labels: each once, and no row is lost without a word."""

import json

import pytest

from sentiment.errors import DataError
from training.data.unlabelled import UnlabelledConfig, read_unlabelled


@pytest.fixture
def read(tmp_path):
    """Return a function that reads rows as JSON lines."""

    def texts(rows, **settings):
        file = tmp_path / "raw.jsonl"
        file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        source = UnlabelledConfig(name="raw", path="raw.jsonl", **settings)
        return read_unlabelled([source], data_root=tmp_path, but=())

    return texts


def test_a_text_comes_once_and_its_first_spelling_is_kept(read, caplog):
    rows = [{"text": "Good."}, {"text": "good!"}, {"text": "Bad."}]
    assert read(rows) == ["Good.", "Bad."]
    assert not caplog.records


def test_rows_without_a_text_are_counted_and_the_first_is_named(read, caplog):
    rows = [{"text": "Good."}, {"body": "Bad."}, {"text": " "}, {"text": 5}]
    assert read(rows) == ["Good."]
    (said,) = caplog.messages
    assert said.startswith("unlabelled 'raw': 3 rows skipped, the first is ")
    assert said.endswith("raw.jsonl:2: there is no text in 'text'")


def test_a_file_that_gives_no_text_is_refused(read):
    """A language model and soft labels were made without it, and nothing was said."""
    rows = [{"body": f"Good {at}."} for at in range(100)]
    with pytest.raises(DataError, match="unlabelled 'raw' gave no text") as refused:
        read(rows)
    assert "raw.jsonl:1: there is no text in 'text'" in str(refused.value)
    assert len(read(rows, text_column="body")) == 100


def test_texts_that_are_known_already_are_no_error(tmp_path):
    (tmp_path / "raw.csv").write_text("text\nGood.\n")
    source = UnlabelledConfig(name="raw", path="raw.csv")
    assert not read_unlabelled([source], data_root=tmp_path, but={"good"})
