"""An ablation on a toy language: whose figures, and on which texts."""

import csv
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from toy import reviews, write
from training_faults import seal_test_split

from sentiment.errors import DataError
from training.ablation import ablate as ablating
from training.ablation.ablate import ablate
from training.data.gathering import read
from training.data.source import SourceConfig
from training.data.unlabelled import UnlabelledConfig
from training.distillation.config import DistillationConfig
from training.distillation.soft_labels import SoftLabels, key_of
from training.language_model.config import LanguageModelConfig
from training.language_model.pretrain import pretrain
from training.options import Folders
from training.pipeline.options import RunOptions
from training.pipeline.run import train
from training.recipes.changes import with_settings
from training.recipes.config import read_recipe

VARIANTS = ("model.layers=2", "training.label_smoothing=0.1,model.cell=gru")
# Each is read otherwise than the recipe: cut elsewhere, or to another length.
READ_OTHERWISE = (
    *("training.max_tokens=5", "training.max_tokens=5,model.head_share=0.9"),
    "model.max_tokens=4",
)


def by_a_run(config, folder, runs="by-run"):
    """Return the best epoch of a run, and the model's size in MB."""
    quiet = RunOptions(
        folders=Folders(data=folder, runs=folder / runs), show_progress=False
    )
    fitted = train(config, read(config, folder).splits, quiet, datetime.now(UTC))
    weights = fitted.artifact.classifier.state_dict().values()
    words = len(fitted.artifact.vocabulary.format().encode())
    size = (4 * sum(one.numel() for one in weights) + words) / 1e6
    return fitted.history.best(), size


def test_every_row_has_the_figures_of_a_run_of_its_settings(toy, options):
    config = read_recipe(toy)
    texts = (*VARIANTS, *READ_OTHERWISE)
    found, _ = ablate(config, options(*texts))
    settings = [
        *({}, {"model.layers": 2}),
        {"training.label_smoothing": 0.1, "model.cell": "gru"},
        {"training.max_tokens": 5},
        {"training.max_tokens": 5, "model.head_share": 0.9},
        {"model.max_tokens": 4},
    ]
    for row, changed in zip(found.rows, settings, strict=True):
        best, size = by_a_run(with_settings(config, changed), toy.parent)
        assert row.figures == [best.validation_macro_f1], row.name
        assert row.validation_loss == best.validation_loss
        assert row.megabytes == size
    own = found.rows[0]
    assert own.difference is None
    for row in found.rows[1:]:
        assert row.difference.value == pytest.approx(row.macro_f1 - own.macro_f1)
        low, high = row.difference.interval.low, row.difference.interval.high
        assert low <= row.difference.value <= high
    assert found.rows[1].megabytes > own.megabytes


def with_soft_labels(config, folder):
    """Let a teacher say of every text that it is positive."""
    texts = [one.text for one in read(config, folder).splits.train]
    soft = SoftLabels(folder / "runs/soft")
    soft.begin({})
    keys = sorted({key_of(text) for text in texts})
    soft.add(keys, [(0.1, 0.2, 0.7) for _ in keys])
    return replace(
        config, distillation=DistillationConfig(soft_labels="soft", weight=0.6)
    )


def with_a_language_model(config, folder):
    config = replace(
        config,
        language_model=LanguageModelConfig(
            epochs=1, min_count=1, cutoffs=(5,), streams=4
        ),
    )
    pretrain(
        config,
        read(config, folder).splits,
        folder / "runs/lm",
        data_root=folder,
        checkpoints=folder / "checkpoints",
        samples=0,
        show_progress=False,
    )
    return replace(config, pretrained="lm")


def with_a_two_class_source(config, folder):
    rows = [row for row in reviews(90, seed=2) if row[1] != "neutral"]
    write(folder / "films.csv", rows)
    films = SourceConfig(name="films", path="films.csv", two_class=True, weight=2.0)
    return replace(config, sources=(*config.sources, films))


def with_texts_without_labels(config, folder):
    write(folder / "raw.csv", reviews(60, seed=3))
    return replace(config, unlabelled=(UnlabelledConfig(name="raw", path="raw.csv"),))


@pytest.mark.parametrize(
    ("prepare", "settings"),
    [
        (with_soft_labels, {"distillation.weight": 0.0}),
        (with_soft_labels, {"distillation.temperature": 2.0}),
        (with_a_language_model, {"training.layer_decay": 0.5}),
        (with_a_two_class_source, {"model.layers": 2}),
        (with_texts_without_labels, {"training.virtual_adversarial": 0.3}),
    ],
)
def test_rows_are_those_of_runs_whatever_the_recipe_learns_from(
    toy, options, prepare, settings
):
    config = prepare(read_recipe(toy), toy.parent)
    changes = [f"{name}={value}" for name, value in settings.items()]
    found, _ = ablate(config, options(*changes))
    for row, changed in zip(found.rows, ({}, settings), strict=True):
        of_a_run = with_settings(config, changed)
        best, size = by_a_run(of_a_run, toy.parent, runs="runs")
        assert row.figures == [best.validation_macro_f1], row.name
        assert row.validation_loss == best.validation_loss
        assert row.megabytes == size
    own, other = found.rows
    assert own.validation_loss != other.validation_loss
    assert other.difference.value == pytest.approx(other.macro_f1 - own.macro_f1)


def test_seeds_are_those_of_the_recipe_and_after_it(toy, options):
    config = read_recipe(toy)
    found, _ = ablate(config, options("model.layers=2", seeds=2))
    assert found.seeds == [3, 4]
    figures = found.rows[0].figures
    assert (
        figures[1]
        == by_a_run(replace(config, seed=4), toy.parent)[0].validation_macro_f1
    )
    assert found.rows[0].macro_f1 == pytest.approx(sum(figures) / 2)


def test_word_vectors_that_lack_a_word_depend_on_the_seed_as_in_a_run(toy, options):
    words = ("film", "meal", "great", "awful", "was", "the", "lovely", "blue", "poor")
    lines = [
        f"{word} {' '.join(str((n * k) % 7) for k in range(1, 11))}"
        for n, word in enumerate(words, start=1)
    ]
    (toy.parent / "words.txt").write_text("\n".join(lines) + "\n")
    config = replace(read_recipe(toy), embeddings="words.txt")
    found, _ = ablate(config, options("model.layers=2", seeds=2))
    for at, row in enumerate(found.rows):
        for seed, figure in zip((3, 4), row.figures, strict=True):
            changed = with_settings(
                replace(config, seed=seed), {"model.layers": at + 1}
            )
            run = RunOptions(
                folders=Folders(data=toy.parent, runs=toy.parent / "by-run"),
                show_progress=False,
            )
            splits = read(changed, toy.parent).splits
            history = train(changed, splits, run, datetime.now(UTC)).history
            assert figure == history.best().validation_macro_f1


def test_the_test_split_is_not_looked_at(toy, options, monkeypatch):
    seal_test_split(monkeypatch, ablating)
    found, _ = ablate(read_recipe(toy), options("model.layers=2"))
    assert len(found.rows) == 2


def test_results_are_a_page_a_table_and_a_picture(toy, options):
    found, written = ablate(read_recipe(toy), options(*VARIANTS, seeds=2))
    folder = toy.parent / "runs/ablations/toy"
    assert {one.parent for one in (written.page, written.table, written.picture)} == {
        folder
    }
    page = written.page.read_text()
    assert page.startswith("# Ablation of toy\n")
    for row in found.rows:
        assert f"| {row.name} | 2 | {100 * row.macro_f1:.1f} (" in page
    assert "sentiment-train ablate toy.toml\n" in page
    assert "validation texts, seeds 3, 4." in page
    assert "(ablation.svg)" in page
    with written.table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["variant"] for row in rows] == [one.name for one in found.rows]
    assert [row["seeds"] for row in rows] == ["2"] * 3
    assert "only one seed" not in page
    assert rows[0]["difference"] == ""
    for row, one in zip(rows[1:], found.rows[1:], strict=True):
        assert float(row["macro_f1"]) == pytest.approx(one.macro_f1, abs=1e-6)
        assert float(row["low"]) == pytest.approx(one.difference.interval.low, abs=1e-6)
        assert float(row["lowest"]) == pytest.approx(min(one.figures), abs=1e-6)
    picture = written.picture.read_text()
    assert "model.layers=2" in picture
    assert "difference on the validation texts" in picture


def test_the_same_ablation_gives_the_same_table_again(toy, options):
    config = read_recipe(toy)
    first, second = (
        ablate(
            config,
            options(
                "model.layers=2",
                folders=Folders(data=toy.parent, runs=toy.parent / name),
            ),
        )[0]
        for name in ("one", "other")
    )
    for one, other in zip(first.rows, second.rows, strict=True):
        assert replace(one, seconds=0.0) == replace(other, seconds=0.0)


def test_no_text_is_kept(toy, options):
    ablate(read_recipe(toy), options("model.layers=2"))
    kept = [
        one.read_text() for one in (toy.parent / "runs").rglob("*") if one.is_file()
    ]
    assert kept
    assert not any("lovely" in one for one in kept)


def test_texts_of_one_label_are_refused_before_anything_is_trained(
    toy, options, trained
):
    """All trainings were done, each to tell that it had found the label."""
    write(toy.parent / "reviews.csv", [(text, "positive") for text, _ in reviews(60)])
    with pytest.raises(DataError, match="train split are positive, so that there is"):
        ablate(read_recipe(toy), options("model.layers=2"))
    assert trained == []
