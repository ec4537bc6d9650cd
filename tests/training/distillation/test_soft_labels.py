"""Soft labels: one row a text, whoever asks twice gets the first answer."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.errors import ConfigError
from training.distillation.soft_labels import (
    CARD,
    SoftLabels,
    at_temperature,
    key_of,
)

shares = st.tuples(*[st.floats(0.01, 1.0)] * 3).map(
    lambda given: tuple(one / sum(given) for one in given)
)


@given(shares)
def test_a_temperature_of_one_changes_nothing(target):
    assert at_temperature(target, 1.0) == pytest.approx(target)


@given(shares, st.floats(1.1, 8.0))
def test_a_higher_temperature_softens_and_keeps_the_order(target, temperature):
    softened = at_temperature(target, temperature)
    assert sum(softened) == pytest.approx(1.0)
    assert max(softened) <= max(target) + 1e-9
    assert (
        np.argsort(softened, kind="stable").tolist()
        == np.argsort(target, kind="stable").tolist()
        or max(target) - min(target) < 1e-6
    )


def test_what_was_written_is_read_back_under_the_hash_of_the_text(tmp_path):
    soft = SoftLabels(tmp_path / "soft")
    soft.begin({"teachers": ["one"]})
    soft.add([key_of("Good film!"), key_of("Bad film!")], [(0, 0.5, 0.5), (1, 0, 0)])
    soft.add([key_of("So so.")], [(0.25, 0.5, 0.25)])
    found = SoftLabels(tmp_path / "soft").read()
    assert len(found) == 3
    assert found[key_of("good FILM")] == pytest.approx((0, 0.5, 0.5))
    assert soft.keys() == found.keys()


def test_no_text_is_stored(tmp_path):
    soft = SoftLabels(tmp_path / "soft")
    soft.begin({"teachers": ["one"]})
    soft.add([key_of("a secret opinion")], [(1, 0, 0)])
    for file in (tmp_path / "soft").iterdir():
        assert b"secret" not in file.read_bytes()


def test_the_labels_of_other_teachers_are_not_gone_on_with(tmp_path):
    SoftLabels(tmp_path).begin({"teachers": ["one"]})
    SoftLabels(tmp_path).begin({"teachers": ["one"]})
    with pytest.raises(ConfigError, match="other teachers"):
        SoftLabels(tmp_path).begin({"teachers": ["another"]})


def test_anew_only_soft_labels_go(tmp_path):
    soft = SoftLabels(tmp_path)
    soft.begin({"teachers": ["one"]})
    soft.add([key_of("good")], [(0, 0, 1)])
    (tmp_path / "part-half.unfinished").write_bytes(b"half a file")
    (tmp_path / "notes.txt").write_text("mine")
    soft.begin_anew({"teachers": ["another"]})
    assert {one.name for one in tmp_path.iterdir()} == {CARD, "notes.txt"}
    soft.begin({"teachers": ["another"]})


def test_how_many_soft_labels_are_discarded_is_told(tmp_path, caplog):
    # Hours of a teacher's work went without a word.
    soft = SoftLabels(tmp_path)
    soft.begin_anew({"teachers": ["one"]})
    assert not caplog.text
    soft.add([key_of("good"), key_of("bad")], [(0, 0, 1), (1, 0, 0)])
    soft.add([key_of("so so")], [(0, 1, 0)])
    (tmp_path / "part-damaged.parquet").write_bytes(b"half a file")
    soft.begin_anew({"teachers": ["another"]})
    assert [one.levelname for one in caplog.records] == ["WARNING"]
    told = f"3 finished soft labels in {tmp_path} are discarded, since --resume was not"
    assert told in caplog.text
    assert not soft.keys()


@pytest.mark.parametrize("begin", [SoftLabels.begin, SoftLabels.begin_anew])
def test_a_folder_of_something_else_is_refused_and_left(tmp_path, begin):
    # `soft_labels = "soft-labels"` is the folder of all recipes' soft labels.
    SoftLabels(tmp_path / "other").begin({"teachers": ["one"]})
    with pytest.raises(ConfigError, match=f"it has no {CARD}: name another"):
        begin(SoftLabels(tmp_path), {"teachers": ["one"]})
    assert [one.name for one in tmp_path.iterdir()] == ["other"]


def test_a_card_comes_whole_or_not_at_all(tmp_path, monkeypatch):
    def killed(_path, _target):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        SoftLabels(tmp_path).begin({"teachers": ["one"]})
    monkeypatch.undo()
    assert not (tmp_path / CARD).exists()
    SoftLabels(tmp_path).begin({"teachers": ["one"]})


def test_a_damaged_card_is_named(tmp_path):
    (tmp_path / CARD).write_text('{"teachers": ')
    with pytest.raises(ConfigError, match=f"{CARD} cannot be read .* leave --resume"):
        SoftLabels(tmp_path).begin({"teachers": ["one"]})
    SoftLabels(tmp_path).begin_anew({"teachers": ["one"]})


def test_an_empty_folder_names_the_command_that_fills_it(tmp_path):
    with pytest.raises(ConfigError, match="sentiment-train distill"):
        SoftLabels(tmp_path / "none").read()


def test_a_part_that_was_being_written_when_the_run_was_killed_is_not_read(tmp_path):
    soft = SoftLabels(tmp_path)
    soft.begin({})
    soft.add([key_of("good")], [(0, 0, 1)])
    (tmp_path / "part-half.unfinished").write_bytes(b"half a file")
    assert list(soft.read()) == [key_of("good")]
