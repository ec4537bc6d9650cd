"""Corrections are one more source to learn from, and never move what judges."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.errors import ConfigError, DataError, MissingExtraError
from sentiment.feedback import Correction, open_store
from sentiment.labels import LABELS
from training.data.cleaning import deduplicate
from training.data.examples import Example
from training.data.feedback import read_feedback, without_held_out
from training.data.source import SourceConfig
from training.data.splitting import Splits, position, split
from training.recipes.config import TrainingConfig
from training.recipes.leaving_out import leave_out

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def source(**fields: object) -> SourceConfig:
    return SourceConfig(**{"name": "users", "kind": "feedback", **fields})


def keep(file, *said: tuple[str, str]) -> None:
    store = open_store(str(file))
    for second, (text, label) in enumerate(said):
        created = NOON + timedelta(seconds=second)
        store.keep(Correction(text=text, label=label, created=created, model="m-1"))


def test_the_last_correction_of_a_text_is_its_label(tmp_path):
    keep(
        tmp_path / "feedback.db",
        ("It broke!", "positive"),
        ("Fine.", "neutral"),
        ("it BROKE", "negative"),
    )
    found, report = read_feedback(source(path="feedback.db"), tmp_path)
    assert [(one.text, LABELS[one.label]) for one in found] == [
        ("Fine.", "neutral"),
        ("it BROKE", "negative"),
    ]
    assert all(one.feedback for one in found)
    assert (report.corrections, report.superseded) == (3, 1)


def test_the_environment_may_say_where_they_are(tmp_path, monkeypatch):
    keep(tmp_path / "a.db", ("one", "neutral"))
    keep(tmp_path / "b.db", ("other", "neutral"))
    monkeypatch.setenv("SENTIMENT_FEEDBACK", f"sqlite:///{tmp_path}/a.db")
    monkeypatch.setenv("TEAM_B", f"sqlite:///{tmp_path}/b.db")
    for fields, text in (({}, "one"), ({"url_from": "TEAM_B"}, "other")):
        ((found,), _) = read_feedback(source(**fields), tmp_path / "elsewhere")
        assert found.text == text


def test_an_environment_without_it_is_told_which_name_it_lacks(tmp_path, monkeypatch):
    monkeypatch.delenv("SENTIMENT_FEEDBACK", raising=False)
    with pytest.raises(ConfigError, match="'users': the environment has no SENTIMENT_"):
        read_feedback(source(), tmp_path)
    with pytest.raises(ConfigError, match="has no TEAM_B"):
        read_feedback(source(url_from="TEAM_B"), tmp_path)


def test_a_file_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(DataError, match=r"there is no .*feedback\.db.*--data DIR"):
        read_feedback(source(path="feedback.db"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_service_s_file_before_the_first_correction_is_none_and_not_made(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("SENTIMENT_FEEDBACK", f"sqlite:///{tmp_path}/feedback.db")
    found, report = read_feedback(source(), tmp_path)
    assert (found, report.corrections) == ([], 0)
    assert list(tmp_path.iterdir()) == []


def test_without_sqlalchemy_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sentiment.feedback.store", None)
    (tmp_path / "feedback.db").touch()
    with pytest.raises(MissingExtraError, match="make install-feedback`"):
        read_feedback(source(path="feedback.db"), tmp_path)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"held_out": True}, "held_out is not for kind"),
        ({"split_column": "split"}, "split_column is not for kind"),
        ({"two_class": True}, "two_class is not for kind"),
        ({"label_column": "label"}, "label_column is not for kind"),
        ({"path": "a.db", "url_from": "A"}, "one path or url_from"),
        ({"path": ["a.db", "b.db"]}, "one path or url_from"),
        ({"kind": "file", "path": "a", "url_from": "A"}, "url_from is not for kind"),
    ],
)
def test_a_source_of_corrections_only_trains(fields, complaint):
    with pytest.raises(ConfigError, match=complaint):
        source(**fields)


def test_a_domain_that_is_left_out_is_not_learned_from_users_either():
    tables = [
        {"name": "files", "path": "a.csv", "domain": "films"},
        {"name": "users", "kind": "feedback", "domain": "films"},
        {"name": "other", "path": "b.csv"},
    ]
    recipe = TrainingConfig.from_dict({"name": "r", "sources": tables})
    assert [one.name for one in leave_out(recipe, "films").sources] == [
        "files",
        "other",
    ]


def splits_of(examples: list[Example]) -> Splits:
    shares = {"validation": 0.3, "test": 0.3}
    learnable, _ = without_held_out(examples, **shares)
    return split(deduplicate(learnable)[0], **shares)


# Few texts, so that users and files speak of the same ones all the time.
texts = st.sampled_from([f"text {number}" for number in range(12)] + ["TEXT 1!"])
labels = st.sampled_from([(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)])
own_splits = st.sampled_from([None, "train", "validation", "test"])
labelled = st.builds(
    Example,
    text=texts,
    target=labels,
    source=st.sampled_from(["a", "b"]),
    split=own_splits,
)
sent = st.builds(
    Example, text=texts, target=labels, source=st.just("users"), feedback=st.just(True)
)


@given(st.lists(labelled), st.lists(sent), st.booleans())
def test_what_judges_is_the_same_whatever_users_send(files, users, users_first):
    """A law: else whoever sends corrections could choose what a model is judged by."""
    alone = splits_of(files)
    together = splits_of([*users, *files] if users_first else [*files, *users])
    assert together.test == alone.test
    assert together.validation == alone.validation
    # And no file's text is unlearned.
    assert [one for one in together.train if not one.feedback] == alone.train


@given(st.sets(texts))
def test_users_texts_are_learned_where_no_hash_holds_them_out(said):
    users = [
        Example(text=text, target=(1.0, 0.0, 0.0), source="users", feedback=True)
        for text in said
    ]
    found = {position(one.text) for one in splits_of(users).train}
    assert found == {at for at in map(position, said) if 0.3 <= at < 0.7}
