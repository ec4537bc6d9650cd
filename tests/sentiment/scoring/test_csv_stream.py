"""What HTTP streams: everything wrong with the whole is said before the first piece."""

import gzip
import io

import pytest

from sentiment.errors import DataError
from sentiment.prediction.predictor import Predictor
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.stream import score_csv_stream


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"a,b\n1,2\n", "no column 'review'"),
        (b"", "the body is empty"),
        (b"review,error\ngood,x\n", "column 'error' already"),
        # The first was scored, and nobody said so.
        (b"review,review\ngood,bad\n", "two columns are named 'review', .* rename one"),
        (b"review,id" + b",review" * 2 + b"\n", "3 columns are named 'review'"),
        (gzip.compress(b"review\ngood\n", mtime=0), "the body is gzipped"),
        (b"PK\3\4 a workbook", "save it as CSV"),
    ],
)
def test_a_body_that_cannot_be_scored_is_refused_at_the_call(
    predictor, content, complaint
):
    with pytest.raises(DataError, match=complaint):
        score_csv_stream(
            predictor, io.BytesIO(content), ScoreOptions(text_column="review")
        )


def test_another_column_may_stand_twice(predictor):
    body = io.BytesIO(b"id,id,review\n1,2,good\n")
    pieces = score_csv_stream(predictor, body, ScoreOptions(text_column="review"))
    header, row = b"".join(pieces).splitlines()
    assert header.startswith(b"id,id,review,sentiment,")
    assert row.startswith(b"1,2,good,")


def test_a_stream_is_blocks_as_they_are_read(predictor):
    content = b"review\n" + b"a good film\n" * 5_000
    body = io.BytesIO(content)
    pieces = score_csv_stream(predictor, body, ScoreOptions())
    first = next(pieces)
    assert first.startswith(b"review,sentiment,")
    assert first.count(b"\n") == 1 + 2_048
    assert body.tell() < len(content)
    assert sum(piece.count(b"\n") for piece in pieces) == 5_000 - 2_048


def test_a_stream_that_nobody_reads_to_its_end_can_be_dropped(predictor):
    body = io.BytesIO(b"review\n" + b"a good film\n" * 5_000)
    pieces = score_csv_stream(predictor, body, ScoreOptions())
    next(pieces)
    body.close()
    del pieces  # an error in its cleaning up would fail this test, as a warning


def test_a_row_that_cannot_be_scored_errs_alone(artifact):
    predictor = Predictor(artifact, max_characters=20_000)
    body = io.BytesIO(b'review\ngood\n""\n' + b"x" * 30_000 + b"\n")
    pieces = score_csv_stream(predictor, body, ScoreOptions(text_column="review"))
    good, empty, long = b"".join(pieces).decode().splitlines()[1:]
    assert good.endswith(",")
    assert "the text is empty" in empty
    assert "the text has 30,000 characters" in long


def test_a_body_without_rows_is_its_header(predictor):
    pieces = score_csv_stream(predictor, io.BytesIO(b"review\n"), ScoreOptions())
    assert [piece.count(b"\n") for piece in pieces] == [1]
