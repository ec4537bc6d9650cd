"""Labelled texts are read from files of any format, and bad rows told by line."""

import csv
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from sentiment.errors import DataError
from sentiment.labels import LABELS
from training.data.examples import Example
from training.data.reading import Reading, read_sources
from training.data.source import SourceConfig

ROWS = [
    {"text": "I love it", "label": "positive"},
    {"text": 'It says "no", twice,\nand arrived', "label": "neutral"},
    {"text": "Größe passt nicht 👎", "label": "negative"},
]


def write_csv(
    path: Path, rows: Sequence[Mapping[str, Any]], delimiter: str = ","
) -> None:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def write_lines(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read(root: Path, *, refuse_bad_rows: bool = False, **fields: Any) -> Reading:
    source = SourceConfig(**{"name": "shop", "path": "reviews.csv", **fields})
    return read_sources([source], data_root=root, refuse_bad_rows=refuse_bad_rows)


def labels(examples: Iterable[Example]) -> list[str]:
    return [LABELS[example.label] for example in examples]


@pytest.mark.parametrize(
    "name",
    ["r.csv", "r.tsv", "r.csv.gz", "r.jsonl", "r.jsonl.gz", "r.parquet"],
)
def test_every_format_gives_the_same_examples(tmp_path, name):
    path = tmp_path / name
    if ".jsonl" in name:
        lines = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
        path.write_bytes(gzip.compress(lines) if name.endswith(".gz") else lines)
    elif name.endswith(".parquet"):
        parquet.write_table(pa.Table.from_pylist(ROWS), path)
    else:
        write_csv(path, ROWS, "\t" if ".tsv" in name else ",")
    reading = read(tmp_path, path=name)
    assert [example.text for example in reading.examples] == [r["text"] for r in ROWS]
    assert labels(reading.examples) == [row["label"] for row in ROWS]
    assert {example.source for example in reading.examples} == {"shop"}
    assert reading.bad_row_count == 0


def test_an_example_knows_where_it_stands(tmp_path):
    write_csv(tmp_path / "reviews.csv", ROWS)
    first, second, third = read(tmp_path).examples
    assert first.place == f"{tmp_path / 'reviews.csv'}:2"
    assert (second.line, third.line) == (3, 5)  # the second text has two lines


@pytest.mark.parametrize(
    ("fields", "split"), [({}, None), ({"train_only": True}, "train")]
)
def test_an_index_that_pandas_saved_is_no_split(tmp_path, fields, split):
    # Its column has the empty name, which a source without split_column asked for.
    write_lines(tmp_path / "reviews.csv", [",text,label", "0,I love it,positive"])
    [example] = read(tmp_path, **fields).examples
    assert (example.text, example.split) == ("I love it", split)


BAD_CSV = [
    ("", "positive", "reviews.csv:3: the text is empty"),
    ("   ", "positive", "reviews.csv:3: the text is empty"),
    ("fine", "", "reviews.csv:3: the label is empty"),
    ("fine", "postive", "reviews.csv:3: there is no label 'postive': did you mean"),
    (
        "fine,too many",
        "positive",
        "reviews.csv:3: cells in the row: 3 (in the header: 2)",
    ),
    ("fine", None, "reviews.csv:3: cells in the row: 1 (in the header: 2)"),
]


@pytest.mark.parametrize(("text", "label", "message"), BAD_CSV)
def test_a_bad_row_is_told_by_file_and_line_and_skipped(tmp_path, text, label, message):
    row = text if label is None else f"{text},{label}"
    if not row.strip(","):
        row = '"",""'
    write_lines(
        tmp_path / "reviews.csv", ["text,label", "good,positive", row, "bad,negative"]
    )
    reading = read(tmp_path)
    assert labels(reading.examples) == ["positive", "negative"]
    assert reading.bad_row_count == 1
    assert message in str(reading.bad_rows[0])


@pytest.mark.parametrize(("text", "label", "message"), BAD_CSV)
def test_a_bad_row_stops_the_reading_where_that_was_asked(
    tmp_path, text, label, message
):
    row = text if label is None else f"{text},{label}"
    write_lines(tmp_path / "reviews.csv", ["text,label", "good,positive", row])
    with pytest.raises(DataError) as caught:
        read(tmp_path, refuse_bad_rows=True)
    assert message in str(caught.value)
    assert 'bad_rows = "skip"' in str(caught.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "reviews.jsonl:2: the line is not valid JSON"),
        ("[1]", "reviews.jsonl:2: the line is not a JSON object"),
        ('{"label": "positive"}', "reviews.jsonl:2: the text is empty"),
        ('{"text": null, "label": "positive"}', "reviews.jsonl:2: the text is empty"),
        ('{"text": 5, "label": "positive"}', "the text is 5, which is not a text"),
        ('{"text": "fine"}', "reviews.jsonl:2: the label is empty"),
        ('{"text": "fine", "label": ["positive"]}', "there is no label"),
    ],
)
def test_a_bad_line_of_json_is_told_by_file_and_line(tmp_path, line, message):
    good = json.dumps(ROWS[0])
    write_lines(tmp_path / "reviews.jsonl", [good, line, good])
    reading = read(tmp_path, path="reviews.jsonl")
    assert len(reading.examples) == 2
    assert message in str(reading.bad_rows[0])


def test_a_first_line_that_is_no_json_does_not_hide_the_others(tmp_path):
    write_lines(tmp_path / "reviews.jsonl", ["{", json.dumps(ROWS[0])])
    reading = read(tmp_path, path="reviews.jsonl")
    assert labels(reading.examples) == ["positive"]
    assert reading.bad_rows[0].first.line == 1


def test_bad_rows_to_show_are_bounded_and_all_are_counted(tmp_path):
    rows = [f"b,nonsense {number}" for number in (0, *range(499))]
    write_lines(tmp_path / "reviews.csv", ["text,label", "a,positive", *rows])
    reading = read(tmp_path)
    assert reading.bad_row_count == 500
    assert len(reading.bad_rows) == 21
    assert reading.bad_rows[0].first.line == 3
    assert str(reading.bad_rows[0]).endswith(" (2 such rows)")
    assert str(reading.bad_rows[-1]).endswith(": for other reasons (479 such rows)")


def test_a_source_of_bad_rows_alone_is_refused(tmp_path):
    write_lines(tmp_path / "reviews.csv", ["text,label", "a,gut", "b,schlecht"])
    with pytest.raises(DataError, match=r"2 rows, all bad, the first is .*csv:2: "):
        read(tmp_path)


def test_an_empty_source_is_refused(tmp_path):
    write_lines(tmp_path / "reviews.csv", ["text,label"])
    with pytest.raises(DataError, match="source 'shop' has no row"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"text_column": "review"}, "no column 'review': known are: label, text"),
        ({"text_column": "txt"}, "no column 'txt': did you mean 'text'"),
        ({"label_column": "lable"}, "no column 'lable': did you mean 'label'"),
        ({"stars_column": "stars"}, "no column 'stars'"),
        ({"soft_label_columns": ["a", "b", "c"]}, "no column 'a'"),
        ({"split_column": "split"}, r"no column 'split': .* \(source 'shop'\)"),
    ],
)
def test_a_column_that_is_not_there_is_named_with_the_nearest(
    tmp_path, fields, message
):
    write_csv(tmp_path / "reviews.csv", ROWS)
    with pytest.raises(DataError, match=message):
        read(tmp_path, **fields)


def test_a_missing_file_is_named_with_the_way_out(tmp_path):
    with pytest.raises(DataError, match=r"there is no .*gone\.csv.* --data DIR"):
        read(tmp_path, path="gone.csv")


def test_stars_are_read_where_there_is_no_label(tmp_path):
    rows = [{"text": f"text {stars}", "stars": stars} for stars in (1, 2, 3, 4, 5)]
    write_csv(tmp_path / "reviews.csv", rows)
    assert labels(read(tmp_path).examples) == [
        *["negative"] * 2,
        "neutral",
        *["positive"] * 2,
    ]


def test_ratings_on_ten_points_need_a_scale_that_says_so(tmp_path):
    """Half of them were skipped, and of the others 5 was positive."""
    rows = [{"text": f"text {stars}", "stars": stars} for stars in range(11)]
    write_csv(tmp_path / "reviews.csv", rows)
    with pytest.raises(DataError, match=r"5 of 10 ratings .* star_scale = 10;"):
        read(tmp_path)
    assert len(read(tmp_path, star_scale=5, stars_column="stars").examples) == 5
    assert len(read(tmp_path, star_scale=10, stars_column="stars").examples) == 11


def test_a_few_ratings_above_five_are_skipped_as_typing_errors(tmp_path):
    rows = [{"text": f"text {at}", "stars": at % 5 + 1} for at in range(18)]
    rows += [{"text": "typed twice", "stars": 10}, {"text": "no rating", "stars": 99}]
    write_csv(tmp_path / "reviews.csv", rows)
    assert len(read(tmp_path).examples) == 18


def test_a_label_comes_before_stars_unless_the_recipe_says_otherwise(tmp_path):
    write_csv(tmp_path / "r.csv", [{"text": "a", "label": "neutral", "stars": 9}])
    assert labels(read(tmp_path, path="r.csv").examples) == ["neutral"]
    by_stars = read(tmp_path, path="r.csv", stars_column="stars", star_scale=10)
    assert labels(by_stars.examples) == ["positive"]


def test_soft_labels_keep_the_shares(tmp_path):
    write_csv(
        tmp_path / "reviews.csv",
        [{"text": "so so", "minus": "1", "zero": "2", "plus": "1"}],
    )
    reading = read(tmp_path, soft_label_columns=["minus", "zero", "plus"])
    assert reading.examples[0].target == (0.25, 0.5, 0.25)
    assert labels(reading.examples) == ["neutral"]


def test_a_neutral_text_of_a_two_class_source_is_a_bad_row(tmp_path):
    write_csv(tmp_path / "reviews.csv", ROWS)
    reading = read(tmp_path, two_class=True)
    assert labels(reading.examples) == ["positive", "negative"]
    assert all(example.two_class for example in reading.examples)
    assert "two_class" in str(reading.bad_rows[0])


def test_a_split_column_is_honoured_by_its_names_and_the_recipes(tmp_path):
    names = ["train", "Training", "dev", "VALID", "validation", "test", "", "extra"]
    rows = [
        {"text": f"text {at}", "label": "positive", "part": name}
        for at, name in enumerate(names)
    ]
    write_csv(tmp_path / "reviews.csv", rows)
    reading = read(tmp_path, split_column="part", splits={"extra": "train"})
    assert [example.split for example in reading.examples] == [
        *["train"] * 2,
        *["validation"] * 3,
        "test",
        None,
        "train",
    ]


def test_a_recipe_may_train_on_what_the_source_calls_dev(tmp_path):
    write_csv(tmp_path / "r.csv", [{**ROWS[0], "split": "dev"}])
    reading = read(
        tmp_path, path="r.csv", split_column="split", splits={"dev": "train"}
    )
    assert [example.split for example in reading.examples] == ["train"]


def test_an_unknown_split_is_a_bad_row(tmp_path):
    rows = [{**ROWS[0], "split": "tset"}, {**ROWS[1], "split": "test"}]
    write_csv(tmp_path / "reviews.csv", rows)
    reading = read(tmp_path, split_column="split")
    assert "no split 'tset': did you mean 'test'?" in str(reading.bad_rows[0])


@pytest.mark.parametrize(
    ("fields", "splits"),
    [
        ({"held_out": True}, ["test", "test"]),
        ({"held_out": True, "split_column": "split"}, ["test", "test"]),
        ({"train_only": True}, ["train", "train"]),
        ({"train_only": True, "split_column": "split"}, ["train", "test"]),
        ({}, [None, None]),
    ],
)
def test_a_source_may_be_held_out_or_be_for_training_alone(tmp_path, fields, splits):
    rows = [{**ROWS[0], "split": "train"}, {**ROWS[1], "split": "test"}]
    write_csv(tmp_path / "reviews.csv", rows)
    found = read(tmp_path, **fields).examples
    assert [one.split for one in found] == splits
    by_file = "split_column" in fields
    held_out = "held_out" in fields
    assert [one.made_test for one in found] == [held_out, held_out and not by_file]


def test_several_files_and_patterns_are_read_each_once_in_order(tmp_path):
    (tmp_path / "more").mkdir()
    for name in ("b.csv", "a.csv", "more/c.csv"):
        write_csv(tmp_path / name, [{"text": name, "label": "positive"}])
    reading = read(tmp_path, path=["b.csv", "*.csv", "more/*.csv"])
    assert [one.text for one in reading.examples] == ["b.csv", "a.csv", "more/c.csv"]


def test_a_data_folder_whose_name_looks_like_a_pattern_is_found(tmp_path):
    root = tmp_path / "data [old]"
    root.mkdir()
    write_csv(root / "a[1].csv", ROWS)
    assert len(read(root, path="a[1].csv").examples) == 3
    assert len(read(root, path="a*.csv").examples) == 3


def test_an_absolute_path_needs_no_data_folder(tmp_path):
    write_csv(tmp_path / "reviews.csv", ROWS)
    reading = read(Path("elsewhere"), path=str(tmp_path / "reviews.csv"))
    assert len(reading.examples) == 3


def test_penn_treebank_text_is_detokenised_where_the_recipe_says_so(tmp_path):
    rows = [{"text": "it is n't bad , really", "label": "positive"}]
    write_csv(tmp_path / "reviews.csv", rows)
    assert read(tmp_path).examples[0].text == "it is n't bad , really"
    assert read(tmp_path, style="ptb").examples[0].text == "it isn't bad, really"


def test_a_files_own_names_of_labels_are_mapped(tmp_path):
    write_lines(tmp_path / "reviews.csv", ["text,label", "good,1", "bad,0", "so,2"])
    reading = read(tmp_path, labels={"1": "positive", "0": "negative"})
    assert labels(reading.examples) == ["positive", "negative"]
    assert "there is no label '2'" in str(reading.bad_rows[0])


def test_a_file_in_another_encoding_is_read_by_its_name(tmp_path):
    content = "text;label\nGrößer als gedacht;positive\n".encode("cp1252")
    (tmp_path / "reviews.csv").write_bytes(content)
    reading = read(tmp_path, encoding="cp1252", delimiter=";")
    assert reading.examples[0].text == "Größer als gedacht"


def test_a_row_that_cannot_be_decoded_is_told_by_file_and_line(tmp_path):
    content = b"text,label\ngood,positive\nGr\xf6\xdfe,negative\nbad,negative\n"
    (tmp_path / "reviews.csv").write_bytes(content)
    reading = read(tmp_path, encoding="utf-8")
    assert labels(reading.examples) == ["positive", "negative"]
    assert "reviews.csv:3: cell 1 is not utf-8" in str(reading.bad_rows[0])


def test_how_a_source_is_written_is_logged_once(tmp_path, caplog):
    caplog.set_level("INFO")
    for name in ("a.csv", "b.csv", "c.csv"):
        write_csv(tmp_path / name, ROWS, ";")
    (tmp_path / "d.csv").write_bytes("text,label\nSchön,positive\n".encode("cp1252"))
    reading = read(tmp_path, path=["[abc].csv", "d.csv"])
    assert caplog.messages == [
        "source shop is read as CSV, utf-8, delimiter semicolon; "
        "CSV, cp1252 (a guess: it is not UTF-8), delimiter comma"
    ]
    assert len(reading.of_sources[0].dialects) == 2


@pytest.mark.parametrize("names", [["stars.csv", "label.csv"], ["l*.csv", "s*.csv"]])
def test_a_source_is_known_by_the_column_that_was_found(tmp_path, names):
    write_csv(tmp_path / "stars.csv", [{"text": "fine", "stars": "4"}])
    write_csv(tmp_path / "label.csv", ROWS)
    [settled] = read(tmp_path, path=names).sources
    assert settled.stars_column == "stars"
    [settled] = read(tmp_path, path="label.csv").sources
    assert (settled.label_column, settled.stars_column) == ("label", None)
