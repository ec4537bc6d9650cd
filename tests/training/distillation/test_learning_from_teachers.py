"""A student learns from soft labels and unlabelled texts, beside its teachers."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import torch
from toy import read_and_label, recipe_with_raw

from sentiment.errors import ConfigError
from sentiment.text.encoding import Encoder
from training.data.gathering import read
from training.distillation.beside_teachers import compare_with_teachers
from training.distillation.soft_labels import SoftLabels, key_of
from training.distillation.taught_examples import with_soft_labels
from training.distillation.texts import unlabelled_texts
from training.fitting.config import FitConfig
from training.fitting.encoded import encode_for, learning_weights
from training.options import Folders
from training.pipeline.options import RunOptions
from training.pipeline.run import run, train
from training.start.network import vocabulary_of


def test_how_many_texts_have_a_soft_label_is_said(recipe, toy_data, runs, caplog):
    caplog.set_level("INFO")
    splits, _ = read_and_label(recipe, toy_data, runs)
    with_soft_labels(recipe, splits, Folders(data=toy_data, runs=runs))
    count = len(splits.train)
    assert f"{count:,} of {count:,} train texts have a soft label" in caplog.text


def test_soft_labels_of_other_texts_are_refused(recipe, toy_data, runs):
    soft = SoftLabels(runs / "soft")
    soft.begin({"teachers": ["one"]})
    soft.add([key_of("quite another text")], [(0, 0, 1)])
    splits = read(recipe, toy_data).splits
    match = f"none of {len(splits.train):,} train texts has a soft label in .*soft"
    with pytest.raises(ConfigError, match=match):
        with_soft_labels(recipe, splits, Folders(data=toy_data, runs=runs))


def test_the_weight_is_shared_between_label_and_teacher(recipe, toy_data, runs):
    splits, _ = read_and_label(recipe, toy_data, runs)
    examples = with_soft_labels(recipe, splits, Folders(data=toy_data, runs=runs))
    hard, soft = learning_weights(examples, recipe.sources, recipe.distillation)
    for example, of_label, of_teacher in zip(examples, hard, soft, strict=True):
        if example.labelled:
            assert of_label > 0
            assert of_teacher == 0.5
        else:
            assert (of_label, of_teacher) == (0.0, 1.0)
    mean = sum(hard) / sum(example.labelled for example in examples)
    assert mean == pytest.approx(0.5, abs=0.01)


def test_a_student_comes_to_answer_like_its_teacher(toy_data, fitted_teacher, tmp_path):
    recipe = recipe_with_raw(
        distillation={"soft_labels": "soft", "sentences": 50, "weight": 1.0},
        training={
            "epochs": 12,
            "learning_rate": 2e-2,
            "device": "cpu",
            "batch_texts": 16,
            "patience": 12,
        },
    )
    runs = fitted_teacher.parents[1]
    read_and_label(recipe, toy_data, runs)
    outcome = run(
        recipe,
        RunOptions(
            folders=Folders(data=toy_data, runs=runs),
            models=tmp_path / "models",
            publish=False,
            show_progress=False,
        ),
    )
    # Its only lesson was the teacher's word: no label counted.
    assert outcome.record.evaluation.accuracy > 0.9
    lost = outcome.record.lost
    assert lost.agreement > 0.9
    assert "What it lost against its teachers" in outcome.report.read_text()
    card = (outcome.model / "README.md").read_text()
    own = f"`teachers/{recipe.name}` (a transformer of `{recipe.teacher.base}`"
    assert f"the soft labels of {own}" in card
    assert "count 100 %, its own label the rest." in card


def test_a_teacher_that_is_elsewhere_is_not_compared_with(
    recipe, toy_data, runs, predictor, caplog
):
    (runs / "own").rename(runs / "moved")
    test = read(recipe, toy_data).splits.test
    assert compare_with_teachers(recipe, predictor, test, runs) is None
    assert not caplog.records


@pytest.mark.parametrize(
    ("damage", "why"),
    [("model.safetensors", "is damaged"), ("manifest.json", "holds no teacher")],
)
def test_a_teacher_that_cannot_be_used_is_named_and_costs_no_report(
    recipe, toy_data, runs, predictor, caplog, damage, why
):
    file = runs / "own" / damage
    file.write_bytes(b"half") if why == "is damaged" else file.unlink()
    test = read(recipe, toy_data).splits.test
    assert compare_with_teachers(recipe, predictor, test, runs) is None
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "not compared with its teachers" in record.getMessage()
    assert why in record.getMessage()


def test_soft_labels_of_no_weight_leave_the_labels_weights_alone(
    recipe, toy_data, runs
):
    read_and_label(recipe, toy_data, runs)
    nothing = recipe_with_raw(distillation={"soft_labels": "soft", "weight": 0.0})
    splits = read(nothing, toy_data).splits
    examples = with_soft_labels(nothing, splits, Folders(data=toy_data, runs=runs))
    hard, soft = learning_weights(
        [one for one in examples if one.labelled], nothing.sources, nothing.distillation
    )
    plain, _ = learning_weights(splits.train, nothing.sources, None)
    assert hard == pytest.approx(plain)
    assert torch.tensor(soft).sum() == 0


VIRTUAL = {"virtual_adversarial": 0.3, "device": "cpu", "epochs": 1}


def test_virtual_adversaries_need_no_label_of_any_kind(toy_data, runs, caplog):
    caplog.set_level("INFO")
    recipe = recipe_with_raw(training=VIRTUAL)
    splits = read(recipe, toy_data).splits
    examples = with_soft_labels(recipe, splits, Folders(data=toy_data, runs=runs))
    assert examples[: len(splits.train)] == splits.train
    raw = examples[len(splits.train) :]
    texts = list(unlabelled_texts(recipe, splits, toy_data))
    assert [one.text for one in raw] == texts
    assert f"{len(texts):,} texts without any label" in caplog.text
    hard, soft = learning_weights(examples, recipe.sources, recipe.distillation)
    plain, _ = learning_weights(splits.train, recipe.sources, None)
    assert hard == [*plain, *(0.0 for _ in texts)]
    assert not any(soft)
    encoder = Encoder(vocabulary_of(recipe, examples))
    encoded = encode_for(recipe, examples, encoder, max_tokens=99)
    assert encoded.has_target.tolist() == [one.labelled for one in examples]
    none = encode_for(recipe_with_raw(), examples, encoder, max_tokens=99)
    assert len(none) == len(splits.train)


def test_virtual_adversaries_take_what_teachers_said_too(
    recipe, toy_data, runs, caplog
):
    caplog.set_level("INFO")
    splits, _ = read_and_label(recipe, toy_data, runs)
    taught = with_soft_labels(recipe, splits, Folders(data=toy_data, runs=runs))
    both = replace(recipe, training=FitConfig(**VIRTUAL))
    assert with_soft_labels(both, splits, Folders(data=toy_data, runs=runs)) == taught
    assert "without any label" not in caplog.text


def test_virtual_adversaries_take_sentences_without_any_label(toy_data, runs):
    recipe = recipe_with_raw(training=VIRTUAL, distillation={"sentences": 12})
    splits = read(recipe, toy_data).splits
    examples = with_soft_labels(recipe, splits, Folders(data=toy_data, runs=runs))
    texts = unlabelled_texts(recipe, splits, toy_data)
    assert sum(text != whole for text, whole in texts.items()) == 12
    assert {one.text for one in examples if not one.labelled} == texts.keys()


def test_texts_of_no_weight_are_not_trained_on(recipe, toy_data, runs):
    # A batch of them alone was a loss of 0 / 0, and called an explosion.
    read_and_label(recipe, toy_data, runs)
    nothing = recipe_with_raw(
        distillation={"soft_labels": "soft", "unlabelled_weight": 0, "sentences": 12},
        training={"epochs": 1, "batch_texts": 1, "device": "cpu"},
    )
    splits = read(nothing, toy_data).splits
    options = RunOptions(folders=Folders(data=toy_data, runs=runs), show_progress=False)
    fitted = train(nothing, splits, options, datetime.now(UTC))
    assert len(fitted.history.gradient_norms) == len(splits.train)
