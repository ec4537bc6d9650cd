"""A frame comes back with its rows, its index and its types, and the results beside."""

import subprocess
import sys

import pandas
import pytest

from sentiment.errors import DataError, SentimentError
from sentiment.scoring.columns import RESULT_COLUMNS
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.run import Scoring

TEXTS = ["a very good film", "awful", "the service was not bad", "awful"]


@pytest.fixture
def frame() -> pandas.DataFrame:
    columns = {"text": TEXTS, "stars": [5, 1, 4, 1]}
    return pandas.DataFrame(columns, index=[7, 7, "x", None])


def test_each_row_has_the_answer_of_its_text_and_its_index_stays(predictor, frame):
    before = frame.copy()
    scored = predictor.predict_frame(frame, text_column="text")
    pandas.testing.assert_frame_equal(frame, before)
    pandas.testing.assert_frame_equal(scored[["text", "stars"]], before)
    assert list(scored.columns) == ["text", "stars", *RESULT_COLUMNS]
    for answer, row in zip(predictor.predict(TEXTS), scored.itertuples(), strict=True):
        assert row.sentiment == answer.label
        assert (row.negative, row.neutral, row.positive) == pytest.approx(
            answer.probabilities, abs=1e-6
        )
        assert row.confidence == max(row.negative, row.neutral, row.positive)
    assert scored["error"].isna().all()


def test_many_rows_give_what_each_gives_alone(predictor):
    texts = [f"a good film {'very ' * (n % 7)}{n}" for n in range(5_000)]
    scored = predictor.predict_frame(pandas.DataFrame({"text": texts}))
    for at in (0, 2_047, 2_048, 4_999):
        alone = predictor.predict(texts[at])
        assert scored["sentiment"][at] == alone.label
        assert scored["confidence"][at] == pytest.approx(alone.confidence, abs=1e-4)


@pytest.mark.parametrize("missing", [None, float("nan"), pandas.NA, pandas.NaT])
def test_a_missing_text_has_missing_results(predictor, missing):
    frame = pandas.DataFrame({"text": ["good", missing]}, dtype=object)
    scored = predictor.predict_frame(frame)
    assert scored["error"][1] == "the text is missing"
    results = scored[[name for name in RESULT_COLUMNS if name != "error"]]
    assert list(results.isna().all(axis=1)) == [False, True]


def test_a_text_that_cannot_be_scored_says_why_and_stops_nothing(predictor):
    scored = predictor.predict_frame(pandas.DataFrame({"text": ["", "good", "\u200b"]}))
    assert list(scored["sentiment"].isna()) == [True, False, True]
    assert scored["error"][0] == "the text is empty: it needs some words"


@pytest.mark.parametrize(
    "kind", [object, "str", "string", "category", "string[pyarrow]"]
)
def test_texts_may_be_of_any_kind_of_string(predictor, kind):
    frame = pandas.DataFrame({"text": pandas.Series([*TEXTS, None], dtype=kind)})
    scored = predictor.predict_frame(frame)
    assert list(scored["sentiment"][:4]) == [
        one.label for one in predictor.predict(TEXTS)
    ]
    assert scored["text"].dtype == frame["text"].dtype
    assert scored["sentiment"].isna()[4]


def test_the_results_types_do_not_depend_on_the_rows(predictor):
    def types(texts: list[object]) -> list[str]:
        frame = pandas.DataFrame({"text": pandas.Series(texts, dtype=object)})
        return list(map(str, predictor.predict_frame(frame).dtypes[1:]))

    assert types([]) == types([None]) == types(["good"])
    assert types([]) == ["string", *["float64"] * 4, "string"]


def test_an_empty_frame_stays_empty(predictor):
    scored = predictor.predict_frame(pandas.DataFrame({"text": []}))
    assert scored.shape == (0, 1 + len(RESULT_COLUMNS))


def test_a_value_that_is_no_text_has_its_error_and_stops_nothing(predictor):
    """One number in a column of a spreadsheet stopped the frame."""
    frame = pandas.DataFrame({"text": ["good", 4711, None, b"\xff", ["awful"]]})
    scored = predictor.predict_frame(frame)
    assert scored["sentiment"][0] == predictor.predict("good").label
    assert list(scored["error"][1:]) == [
        "the text is not a string but int",
        "the text is missing",
        "the text is bytes that are not UTF-8",
        "the text is not a string but list",
    ]
    assert list(scored["confidence"].isna()) == [False, True, True, True, True]


def test_bytes_that_are_utf_8_are_texts_as_they_are_in_a_scored_file(
    predictor, artifact_folder, tmp_path
):
    """What `sentiment score` took, as some programs write Parquet, was refused."""
    frame = pandas.DataFrame({"text": [text.encode() for text in TEXTS] + [b"\xff"]})
    frame.to_parquet(tmp_path / "in.parquet")
    scoring = Scoring(predictor, artifact_folder, ScoreOptions())
    scoring.to_file(str(tmp_path / "in.parquet"), tmp_path / "out.parquet")
    of_file = pandas.read_parquet(tmp_path / "out.parquet")
    scored = predictor.predict_frame(frame)
    for name in ("text", "sentiment", "error"):
        assert list(scored[name].fillna("")) == list(of_file[name].fillna(""))


@pytest.mark.parametrize("values", [[4711, 2], [None, 4711], [1.5, None], [b"\xff"]])
def test_a_column_without_any_text_is_refused_without_its_values(predictor, values):
    with pytest.raises(
        DataError, match=r"no value of column 'text' is a text.*\(text_column=\)"
    ) as refused:
        predictor.predict_frame(pandas.DataFrame({"text": values}))
    assert "4711" not in str(refused.value)


def test_the_column_is_text_or_the_only_one_or_asked_for(predictor, frame):
    only = pandas.DataFrame({0: ["good"]})
    assert "sentiment" in predictor.predict_frame(only)
    renamed = frame.rename(columns={"text": "review"})
    with pytest.raises(DataError, match=r"no column 'text'.*text_column="):
        predictor.predict_frame(renamed)
    with pytest.raises(DataError, match="'reviews': did you mean 'review'"):
        predictor.predict_frame(renamed, text_column="reviews")
    with pytest.raises(DataError, match="no column 9"):
        predictor.predict_frame(renamed, text_column=9)


def test_a_column_that_is_there_twice_is_refused_if_it_is_that_of_the_texts(predictor):
    frame = pandas.DataFrame(
        [["good", "bad", 1, 2]], columns=["text", "text", "a", "a"]
    )
    with pytest.raises(DataError, match="has 2 columns 'text'"):
        predictor.predict_frame(frame)
    kept = predictor.predict_frame(frame.iloc[:, 1:])
    assert list(kept.columns) == ["text", "a", "a", *RESULT_COLUMNS]


def test_a_prefix_keeps_columns_of_these_names(predictor, frame):
    frame["sentiment"] = "mine"
    with pytest.raises(
        DataError, match=r"column 'sentiment' already.*model_ \(prefix=\)"
    ):
        predictor.predict_frame(frame)
    scored = predictor.predict_frame(frame, prefix="model_")
    assert list(scored["sentiment"]) == ["mine"] * 4
    assert list(scored.columns)[-6:] == [f"model_{name}" for name in RESULT_COLUMNS]


def test_labelled_reviews_are_scored_beside_their_labels(predictor):
    """The result was called label, as the label is in a file that is trained on."""
    frame = pandas.DataFrame({"text": TEXTS, "label": ["positive"] * 4})
    scored = predictor.predict_frame(frame)
    assert list(scored.columns) == ["text", "label", *RESULT_COLUMNS]
    assert list(scored["label"]) == ["positive"] * 4


def test_columns_may_have_levels(predictor):
    """Each result was a warning, as of a key that is not a full-length tuple."""
    columns = [("b", "text", 2), ("a", "text", 1), ("a", "stars", 0)]
    frame = pandas.DataFrame(
        [["good", "bad", 1], [None, "fine", 2]],
        columns=pandas.MultiIndex.from_tuples(columns),
    )
    scored = predictor.predict_frame(frame, text_column=("b", "text", 2))
    results = [(name, "", "") for name in RESULT_COLUMNS]
    assert list(scored.columns) == [*columns, *results]
    assert scored["sentiment"][0] == predictor.predict("good").label
    assert scored["error"][1] == "the text is missing"
    with pytest.raises(DataError, match=r"column 'sentiment' already.*\(prefix=\)"):
        predictor.predict_frame(scored, text_column=("b", "text", 2))


def test_a_slice_of_a_frame_is_no_reason_to_warn(predictor, frame):
    # Warnings are errors here; chained assignment would warn.
    assert len(predictor.predict_frame(frame[frame["stars"] > 1])) == 2


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (["good"], "list"),
        (pandas.Series(["good"], index=["a"]), r"pandas\.Series"),
        # Other libraries have a DataFrame, too.
        (
            type("DataFrame", (), {"__module__": "polars.dataframe.frame"})(),
            r"polars\.DataFrame",
        ),
    ],
)
def test_what_is_no_frame_of_pandas_is_refused(predictor, given, kind):
    with pytest.raises(SentimentError, match=rf"DataFrame, not {kind}: convert it"):
        predictor.predict_frame(given)


@pytest.mark.parametrize("kind", [dict, pandas.DataFrame])
def test_predict_refuses_a_frame_whose_columns_names_it_scored(predictor, kind):
    with pytest.raises(TypeError, match=rf"not {kind.__name__}: .*use predict_frame"):
        predictor.predict(kind({"text": ["good"], "review": ["bad"]}))


def test_a_column_with_a_row_called_columns_is_no_frame(predictor):
    column = pandas.Series(["good", "bad"], index=["columns", "b"])
    assert len(predictor.predict(column)) == 2


def test_without_pandas_it_says_so(predictor, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(SentimentError, match="pandas is not installed"):
        predictor.predict_frame([])


def test_the_library_itself_does_without_pandas():
    program = (
        "import sys; sys.modules['pandas'] = None;"
        "import sentiment.prediction.predictor, sentiment.frames; print('fine')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "fine"


def test_of_a_frame_without_columns_that_is_said(predictor):
    """Its columns were told, as "the columns are " and nothing."""
    with pytest.raises(DataError, match=r"\(there are no columns\)"):
        predictor.predict_frame(pandas.DataFrame())
