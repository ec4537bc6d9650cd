"""The same files give the same parts; a file that is unlike the first is named."""

import json
import re
from dataclasses import replace

import pyarrow
import pytest
from pyarrow import parquet
from review_tables import HEADER, write_csv, write_parquet

from sentiment.errors import DataError
from sentiment.scoring.cluster.input_files import Source, find_sources
from sentiment.scoring.cluster.parts import Part
from sentiment.scoring.cluster.plan import CutPlan, part_bytes
from sentiment.scoring.options import ScoreOptions

CUTTING = CutPlan(options=ScoreOptions(), columns=HEADER, part_bytes=2_000)


@pytest.mark.parametrize("write", [write_csv, write_parquet])
def test_parts_are_numbered_in_the_order_of_the_rows(tmp_path, write):
    (source,) = find_sources(write(tmp_path / "in.table", 300))
    parts = list(CUTTING.parts_of(7, source))
    assert len(parts) > 3
    assert [part.key for part in parts] == [
        f"000007-{n:06d}" for n in range(len(parts))
    ]
    ends = [part.stretch.first_row + part.stretch.rows for part in parts]
    assert [1, *ends] == [*(part.stretch.first_row for part in parts), 301]
    assert list(CUTTING.parts_of(7, source)) == parts


def test_a_part_travels_as_text(tmp_path):
    (source,) = find_sources(write_csv(tmp_path / "in.csv", 30))
    parts = list(CUTTING.parts_of(0, source))
    assert parts
    assert [Part.from_json(part.to_json()) for part in parts] == parts


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [
        ([*HEADER, "more"], "it lacks 'more'"),
        (HEADER[:-1], "'note' is there, too"),
        (HEADER[::-1], "they stand in another order"),
    ],
)
def test_a_file_with_other_columns_is_named(tmp_path, columns, complaint):
    (source,) = find_sources(write_csv(tmp_path / "in.csv", 3))
    cutting = replace(CUTTING, columns=columns)
    with pytest.raises(DataError, match=rf"in\.csv has other columns.*{complaint}"):
        list(cutting.parts_of(0, source))


@pytest.mark.parametrize(
    ("first", "other", "alike"),
    [
        (pyarrow.int64(), pyarrow.int64(), True),
        (pyarrow.int64(), pyarrow.float64(), True),
        (pyarrow.string(), pyarrow.large_string(), True),
        (pyarrow.int64(), pyarrow.null(), True),
        (pyarrow.int64(), pyarrow.string(), False),
        (pyarrow.timestamp("us"), pyarrow.string(), False),
    ],
    ids=str,
)
def test_parts_of_parquet_must_be_readable_as_one_table(tmp_path, first, other, alike):
    """No reader took the output's parts together, and nobody was told."""
    table = pyarrow.table({"id": pyarrow.nulls(1, other), "text": ["good"]})
    parquet.write_table(table, tmp_path / "in.parquet")
    (source,) = find_sources(tmp_path / "in.parquet")
    schema = pyarrow.schema([("id", first), ("text", pyarrow.string())])
    cutting = replace(CUTTING, columns=["id", "text"], schema=schema)
    if alike:
        assert len(list(cutting.parts_of(0, source))) == 1
        return
    told = rf"in\.parquet has {re.escape(str(other))} in 'id', the first file"
    with pytest.raises(DataError, match=told):
        list(cutting.parts_of(0, source))
    assert list(replace(cutting, schema=None).parts_of(0, source))


def test_json_lines_are_refused_with_a_way_out(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps({"text": "good"}) + "\n")
    (source,) = find_sources(path)
    with pytest.raises(DataError, match=r"is JSON lines.*--engine local"):
        list(CUTTING.parts_of(0, source))


def test_parts_are_neither_many_nor_tiny():
    def of(size: int) -> int:
        return part_bytes([Source(path="", name="", size=size, changed=0)])

    assert of(1_000) == 1 << 20
    assert (1 << 40) / of(1 << 40) <= 4_096
