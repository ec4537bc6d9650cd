"""An ablation that is gone on with: nothing is trained twice, nothing is mixed up."""

from dataclasses import replace

import pytest
from toy import reviews, write
from training_faults import Interrupted

from sentiment.errors import ConfigError
from training.ablation import ablate as ablating
from training.ablation.ablate import ablate
from training.ablation.store import Store, opened
from training.options import Folders
from training.recipes.changes import with_settings
from training.recipes.config import read_recipe


def test_nothing_is_trained_twice(toy, options, trained):
    config = read_recipe(toy)
    first, _ = ablate(config, options("model.layers=2"))
    assert [(one.layers, seed) for one, seed in trained] == [(1, 3), (2, 3)]
    with pytest.raises(ConfigError, match="go on with it by --resume"):
        ablate(config, options("model.layers=2"))
    again, _ = ablate(config, options("model.layers=2", resume=True))
    assert len(trained) == 2
    assert again == first


def test_more_variants_and_seeds_may_be_asked_for_later(toy, options, trained):
    config = read_recipe(toy)
    ablate(config, options("model.layers=2"))
    found, written = ablate(
        config,
        options("training.max_tokens=300,model.cell=gru", seeds=2, resume=True),
    )
    assert [(one.layers, one.cell, seed) for one, seed in trained[2:]] == [
        *((1, "gru", 3), (1, "lstm", 4), (1, "gru", 4)),
    ]
    # The variant that is not named again keeps its row, of the seed that it has.
    assert [(one.name, len(one.figures)) for one in found.rows] == [
        *(("as it is", 2), ("model.cell=gru, training.max_tokens=300", 2)),
        ("model.layers=2", 1),
    ]
    assert [one.difference.seeds for one in found.rows[1:]] == [2, 1]
    for name in ("model.layers=2", "model.cell=gru"):
        for file in (written.page, written.table, written.picture):
            assert name in file.read_text()


def test_another_recipe_or_other_texts_are_refused(toy, options, trained):
    ablate(read_recipe(toy), options("model.layers=2"))
    again = options("model.layers=2", resume=True)
    changed = with_settings(read_recipe(toy), {"training.epochs": 3})
    with pytest.raises(ConfigError, match="begun before the recipe changed, or by"):
        ablate(changed, again)
    write(toy.parent / "reviews.csv", reviews(160))
    with pytest.raises(
        ConfigError, match="begun before the texts, labels or weights changed"
    ):
        ablate(read_recipe(toy), again)
    assert len(trained) == 2


def test_words_that_the_recipe_itself_does_not_read_count_as_texts(toy, options):
    config = with_settings(read_recipe(toy), {"training.max_tokens": 4})
    ablate(config, options("model.layers=2"))
    rows = [(text.replace(" was ", " is "), label) for text, label in reviews(150)]
    write(toy.parent / "reviews.csv", rows)
    with pytest.raises(ConfigError, match="before the texts"):
        ablate(config, options("model.layers=2", resume=True))


def test_a_damaged_result_is_named(toy, options):
    config = read_recipe(toy)
    ablate(config, options("model.layers=2"))
    file = sorted((toy.parent / "runs/ablations/toy/trainings").iterdir())[0]
    file.write_text("{}")
    with pytest.raises(ConfigError, match=f"{file.name} cannot be read"):
        ablate(config, options("model.layers=2", resume=True))


def test_two_ablations_do_not_share_a_folder(tmp_path):
    with (
        opened(tmp_path, resume=False),
        pytest.raises(ConfigError, match="another ablation is running"),
        opened(tmp_path, resume=True),
    ):
        pytest.fail("both are in")


def test_ctrl_c_loses_neither_finished_trainings_nor_epochs(toy, options, monkeypatch):
    config = read_recipe(toy)
    with monkeypatch.context() as patch:
        whole = Interrupted(patch, KeyboardInterrupt(), at=0)
        undisturbed, _ = ablate(
            config,
            options(
                "model.layers=2",
                folders=Folders(data=toy.parent, runs=toy.parent / "x"),
            ),
        )
    epoch = whole.steps // 4  # of two trainings with two epochs each
    with monkeypatch.context() as patch:
        Interrupted(patch, KeyboardInterrupt(), at=3 * epoch + 2)
        partly, written = ablate(config, options("model.layers=2"))
    assert [one.name for one in partly.rows] == ["as it is"]
    assert (partly.planned, partly.missing) == (2, 1)
    assert "- interrupted: 1 of 2 trainings done" in written.page.read_text()
    assert len(written.table.read_text().splitlines()) == 2
    with monkeypatch.context() as patch:
        rest = Interrupted(patch, KeyboardInterrupt(), at=0)
        found, written = ablate(config, options("model.layers=2", resume=True))
    assert rest.steps == epoch
    for one, other in zip(found.rows, undisturbed.rows, strict=True):
        assert replace(one, seconds=0.0) == replace(other, seconds=0.0)
    assert not list(written.page.parent.glob("unfinished*"))
    assert "interrupted" not in written.page.read_text()


def test_ctrl_c_before_anything_is_finished_writes_nothing(toy, options, monkeypatch):
    Interrupted(monkeypatch, KeyboardInterrupt(), at=2)
    with pytest.raises(KeyboardInterrupt):
        ablate(read_recipe(toy), options("model.layers=2"))
    assert not list(toy.parent.rglob("ablation.*"))


def test_what_was_there_is_said_before_anything_is_read(toy, options, monkeypatch):
    config = read_recipe(toy)
    ablate(config, options("model.layers=2"))
    monkeypatch.setattr(ablating, "read", lambda *_: pytest.fail("texts were read"))
    with pytest.raises(ConfigError, match="go on with it by --resume"):
        ablate(config, options("model.layers=2"))


def test_what_decides_no_training_may_change_meanwhile(toy, options, trained):
    config = read_recipe(toy)
    ablate(config, options("model.layers=2"))
    changed = with_settings(
        replace(config, description="Another.", limits="None.", baselines=("vader",)),
        {"training.threads": 2, "training.checkpoint_minutes": 1.0},
    )
    ablate(changed, options("model.layers=2", resume=True))
    assert len(trained) == 2


def test_a_training_that_is_not_finished_is_not_found(toy, options):
    ablate(read_recipe(toy), options("model.layers=2"))
    known = Store(toy.parent / "runs/ablations/toy").outcomes()
    assert {name: list(of) for name, of in known.items()} == {
        "as it is": [3],
        "model.layers=2": [3],
    }
