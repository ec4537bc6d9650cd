"""An ablation on a toy language: whose figures, on which texts, and gone on with."""

import csv
import itertools
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from toy_reviews import reviews, write

from sentiment.errors import ConfigError
from training.ablation import ablate as ablating
from training.ablation import outcome
from training.ablation.ablate import ablate
from training.ablation.store import Store, opened
from training.config import read_recipe
from training.data.gathering import read
from training.data.source import SourceConfig
from training.distillation.config import DistillationConfig
from training.distillation.soft_labels import SoftLabels, key_of
from training.fitting import fit as fitting
from training.language_model.config import LanguageModelConfig
from training.language_model.pretrain import pretrain
from training.options import RunOptions
from training.pipeline import train
from training.variants.settings import with_settings

VARIANTS = ("model.layers=2", "training.label_smoothing=0.1,model.cell=gru")
# Each is read otherwise than the recipe: cut elsewhere, or to another length.
READ_OTHERWISE = (
    *("training.max_tokens=5", "training.max_tokens=5,model.head_share=0.9"),
    "model.max_tokens=4",
)


def by_a_run(config, folder, runs="by-run"):
    """Return the best epoch of a run, and the model's size in MB."""
    quiet = RunOptions(data_root=folder, runs=folder / runs, show_progress=False)
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


@pytest.mark.parametrize(
    ("prepare", "settings"),
    [
        (with_soft_labels, {"distillation.weight": 0.0}),
        (with_soft_labels, {"distillation.temperature": 2.0}),
        (with_a_language_model, {"training.layer_decay": 0.5}),
        (with_a_two_class_source, {"model.layers": 2}),
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
                data_root=toy.parent, runs=toy.parent / "by-run", show_progress=False
            )
            splits = read(changed, toy.parent).splits
            history = train(changed, splits, run, datetime.now(UTC)).history
            assert figure == history.best().validation_macro_f1


class Sealed(list):
    """A test split that nobody may look into."""

    def __iter__(self):
        pytest.fail("the test split was read")

    def __getitem__(self, at):
        pytest.fail(f"the test split was read at {at}")


def test_the_test_split_is_not_looked_at(toy, options, monkeypatch):
    def sealed(config, root):
        data = read(config, root)
        return replace(data, splits=replace(data.splits, test=Sealed(data.splits.test)))

    monkeypatch.setattr(ablating, "read", sealed)
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
    assert "one seed: another" not in page
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
        ablate(config, options("model.layers=2", runs=toy.parent / name))[0]
        for name in ("one", "other")
    )
    for one, other in zip(first.rows, second.rows, strict=True):
        assert replace(one, seconds=0.0) == replace(other, seconds=0.0)


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
    with pytest.raises(ConfigError, match="begun before the recipe changed: go back"):
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
        pytest.raises(ConfigError, match="another ablation is at work"),
        opened(tmp_path, resume=True),
    ):
        pytest.fail("both are in")


class Ended:
    """Raises ``error`` at the n-th step of training, counted over all trainings."""

    def __init__(self, monkeypatch, error, at):
        self.steps = 0
        whole = fitting.Fitting.step

        def step(fit, positions):
            self.steps += 1
            if self.steps == at:
                raise error
            return whole(fit, positions)

        monkeypatch.setattr(fitting.Fitting, "step", step)


def test_ctrl_c_loses_neither_finished_trainings_nor_epochs(toy, options, monkeypatch):
    config = read_recipe(toy)
    with monkeypatch.context() as patch:
        whole = Ended(patch, KeyboardInterrupt(), at=-1)
        undisturbed, _ = ablate(
            config, options("model.layers=2", runs=toy.parent / "x")
        )
    epoch = whole.steps // 4  # of two trainings with two epochs each
    with monkeypatch.context() as patch:
        Ended(patch, KeyboardInterrupt(), at=3 * epoch + 2)
        partly, written = ablate(config, options("model.layers=2"))
    assert [one.name for one in partly.rows] == ["as it is"]
    assert (partly.planned, partly.missing) == (2, 1)
    assert "- interrupted: 1 of 2 trainings done" in written.page.read_text()
    assert len(written.table.read_text().splitlines()) == 2
    with monkeypatch.context() as patch:
        rest = Ended(patch, KeyboardInterrupt(), at=-1)
        found, written = ablate(config, options("model.layers=2", resume=True))
    assert rest.steps == epoch
    for one, other in zip(found.rows, undisturbed.rows, strict=True):
        assert replace(one, seconds=0.0) == replace(other, seconds=0.0)
    assert not list(written.page.parent.glob("unfinished*"))
    assert "interrupted" not in written.page.read_text()


def test_ctrl_c_before_anything_is_finished_writes_nothing(toy, options, monkeypatch):
    Ended(monkeypatch, KeyboardInterrupt(), at=2)
    with pytest.raises(KeyboardInterrupt):
        ablate(read_recipe(toy), options("model.layers=2"))
    assert not list(toy.parent.rglob("ablation.*"))


def test_exploding_gradients_are_a_row_and_not_the_end(toy, options, trained):
    config = read_recipe(toy)
    changes = ("training.learning_rate=1e30,training.clip_norm=0", "model.layers=2")
    found, written = ablate(config, options(*changes))
    own, failed, other = found.rows
    assert failed.failed.startswith("failed with seed 3: the loss is")
    assert "| failed with seed 3: the loss is" in written.page.read_text()
    assert "failed" in written.picture.read_text()
    assert other.difference is not None
    assert own.macro_f1 > 0
    again, _ = ablate(config, options(*changes, resume=True))
    assert again == found
    assert len(trained) == 3
    kept = [one.read_text() for one in written.page.parent.glob("trainings/*.json")]
    assert len(kept) == 3
    assert not any("NaN" in one for one in kept)


def test_a_failed_seed_hides_no_other(toy, options, monkeypatch):
    whole = outcome.fit

    def fit(classifier, *rest, **options):
        if classifier.config.layers == 2 and options["seed"] == 4:
            raise FloatingPointError("the loss is nan: the gradients exploded. A")
        return whole(classifier, *rest, **options)

    monkeypatch.setattr(outcome, "fit", fit)
    found, written = ablate(read_recipe(toy), options("model.layers=2", seeds=3))
    own, other = found.rows
    assert (len(own.figures), len(other.figures)) == (3, 2)
    assert other.difference.seeds == 2
    shared = (own.figures[0] + own.figures[2]) / 2
    assert other.difference.value == pytest.approx(other.macro_f1 - shared)
    said = "model.layers=2: failed with seed 4: the loss is nan"
    assert f"- {said}" in written.page.read_text()


def test_where_the_recipe_fails_nothing_is_held_against_it(toy, options):
    config = with_settings(
        read_recipe(toy), {"training.learning_rate": 1e30, "training.clip_norm": 0.0}
    )
    found, written = ablate(config, options("training.learning_rate=0.01"))
    assert found.rows[0].failed
    assert found.rows[1].difference is None
    assert found.rows[1].macro_f1 > 0
    for file in (written.page, written.table, written.picture):
        assert "not compared" in file.read_text()


def test_a_full_gpu_is_a_row_that_is_tried_again(toy, options, monkeypatch):
    config = read_recipe(toy)
    full = outcome.torch.OutOfMemoryError("CUDA out of memory.\nMore")
    with monkeypatch.context() as patch:
        whole = outcome.fit
        calls = itertools.count()

        def fit(*rest, **options):
            if next(calls):
                raise full
            return whole(*rest, **options)

        patch.setattr(outcome, "fit", fit)
        found, _ = ablate(config, options("model.layers=2"))
    assert found.rows[1].failed == "failed with seed 3: CUDA out of memory."
    again, _ = ablate(config, options("model.layers=2", resume=True))
    assert not again.rows[1].failed


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (
            "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't "
            "allocate memory: you tried to allocate 800000000000 bytes.",
            "DefaultCPUAllocator: can't allocate memory",
        ),
        ("Storage size calculation overflowed with sizes=[9]", "Storage size"),
    ],
)
def test_a_network_beyond_the_memory_is_a_row(
    toy, options, monkeypatch, message, reason
):
    whole = outcome.SharedData.begin

    def begin(shared, config, vocabulary):
        if config.model.embedding_dim > 1_000:
            raise RuntimeError(message)
        return whole(shared, config, vocabulary)

    monkeypatch.setattr(outcome.SharedData, "begin", begin)
    found, written = ablate(read_recipe(toy), options("model.embedding_dim=1000000000"))
    assert found.rows[1].failed.startswith(f"failed with seed 3: {reason}")
    assert reason in written.page.read_text()
    assert "nan" not in written.table.read_text()
    assert len(list(written.page.parent.glob("trainings/*"))) == 1  # tried again


def test_an_error_of_another_kind_is_no_row(toy, options, monkeypatch):
    def fit(*_, **__):
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(outcome, "fit", fit)
    with pytest.raises(RuntimeError, match="mistake of ours"):
        ablate(read_recipe(toy), options("model.layers=2"))


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


def test_no_text_is_kept(toy, options):
    ablate(read_recipe(toy), options("model.layers=2"))
    kept = [
        one.read_text() for one in (toy.parent / "runs").rglob("*") if one.is_file()
    ]
    assert kept
    assert not any("lovely" in one for one in kept)


def test_a_training_that_is_not_finished_is_not_found(toy, options):
    ablate(read_recipe(toy), options("model.layers=2"))
    known = Store(toy.parent / "runs/ablations/toy").outcomes()
    assert {name: list(of) for name, of in known.items()} == {
        "as it is": [3],
        "model.layers=2": [3],
    }
