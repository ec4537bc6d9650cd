"""From a teacher to a student: labelled once, resumable, and learned from."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import torch
from toy import label_with, recipe_with_raw

from sentiment.errors import ConfigError, DataError
from sentiment.text.encoding import Encoder
from training.config import FitConfig
from training.data.cleaning import normalised
from training.data.gathering import read
from training.distillation import label as labelling
from training.distillation.beside_teachers import compare_with_teachers
from training.distillation.config import TeacherUse
from training.distillation.soft_labels import SoftLabels, key_of
from training.distillation.taught_examples import UNLABELLED, with_soft_labels
from training.distillation.teachers import identity_of, load_ensemble
from training.distillation.texts import unlabelled_texts
from training.fitting.encoded import encode_for, learning_weights
from training.options import RunOptions
from training.pipeline import run, train
from training.start import vocabulary_of

NO_FILE = {"name": "none", "path": "none.csv"}


@pytest.fixture
def recipe():
    return recipe_with_raw(
        teachers=[{"path": "own"}],
        distillation={"soft_labels": "soft", "sentences": 12, "weight": 0.5},
    )


@pytest.fixture
def runs(tmp_path, artifact_folder):
    folder = tmp_path / "runs"
    folder.mkdir()
    artifact_folder.rename(folder / "own")
    return folder


def labelled(recipe, toy_data, runs, **options):
    splits = read(recipe, toy_data).splits
    return splits, label_with(recipe, splits, toy_data, runs, **options)


def test_every_text_to_learn_from_gets_a_soft_label(recipe, toy_data, runs):
    splits, done = labelled(recipe, toy_data, runs)
    assert done.texts == done.asked
    examples = with_soft_labels(recipe, splits, data_root=toy_data, runs=runs)
    assert all(example.soft is not None for example in examples)
    assert sum(example.source == UNLABELLED for example in examples) > 12


def test_no_text_of_another_split_is_labelled(recipe, toy_data, runs):
    splits, _ = labelled(recipe, toy_data, runs)
    held_out = {key_of(one.text) for one in [*splits.validation, *splits.test]}
    assert not held_out & SoftLabels(runs / "soft").keys()


def test_sentences_are_parts_of_texts_and_each_comes_once(recipe, toy_data):
    splits = read(recipe, toy_data).splits
    texts = unlabelled_texts(recipe, splits, toy_data)
    identities = [normalised(text) for text in texts]
    assert len(set(identities)) == len(identities)
    whole = unlabelled_texts(recipe_with_raw(), splits, toy_data)
    assert all(text == known for text, known in whole.items())
    sentences = {text: texts[text] for text in texts if text not in whole}
    assert len(sentences) == 12
    for sentence, text in sentences.items():
        assert sentence in text
        assert sentence != text


def test_a_sentence_of_several_texts_is_one_of_a_train_text(recipe, tmp_path, toy_data):
    splits = read(recipe, toy_data).splits
    shared = "Great value for the money."
    first = replace(splits.train[0], text=f"{shared} It lasted one summer.")
    splits = replace(splits, train=[first, *splits.train[1:]])
    rows = [f"{shared} It lasted {number} whole years." for number in range(30)]
    (tmp_path / "raw.csv").write_text("\n".join(["text", *rows]))
    many = recipe_with_raw(distillation={"sentences": 1_000})
    texts = unlabelled_texts(many, splits, tmp_path)
    assert texts[shared] == first.text
    assert texts["It lasted 7 whole years."] == rows[7]


def test_what_a_teacher_has_said_teaches_in_its_place(recipe, toy_data, runs):
    labelled(recipe, toy_data, runs)
    said = SoftLabels(runs / "soft").read()
    (runs / "soft").rename(runs / "said")
    (runs / "own").rename(runs / "far-away")
    again = recipe_with_raw(
        teachers=[{"path": "said"}],
        distillation={"soft_labels": "soft", "sentences": 12},
    )
    splits, done = labelled(again, toy_data, runs)
    assert SoftLabels(done.folder).read() == said
    # A text that was not labelled then has no label now.
    teacher = load_ensemble(again.teaching(), runs)
    unknown = teacher.probabilities([splits.test[0].text, splits.train[0].text])
    assert np.isnan(unknown).all(axis=1).tolist() == [True, False]


def test_other_things_that_were_said_are_another_teacher(recipe, toy_data, runs):
    labelled(recipe, toy_data, runs)
    before = identity_of(runs / "soft")
    SoftLabels(runs / "soft").add(["0" * 32], [(0.2, 0.3, 0.5)])
    assert identity_of(runs / "soft") != before


def test_soft_labels_do_not_teach_themselves(recipe, toy_data, runs):
    labelled(recipe, toy_data, runs)
    said = SoftLabels(runs / "soft").read()
    itself = recipe_with_raw(
        teachers=[{"path": "soft"}], distillation={"soft_labels": "soft"}
    )
    with pytest.raises(ConfigError, match="soft is where the soft labels are written"):
        labelled(itself, toy_data, runs)
    assert SoftLabels(runs / "soft").read() == said


def test_several_processes_give_the_same_soft_labels(
    recipe, toy_data, runs, monkeypatch
):
    monkeypatch.setattr(labelling, "_PART", 16)
    labelled(recipe, toy_data, runs)
    alone = SoftLabels(runs / "soft").read()
    labelled(recipe, toy_data, runs, workers=2)
    together = SoftLabels(runs / "soft").read()
    assert together.keys() == alone.keys()
    for key, target in alone.items():
        assert together[key] == pytest.approx(target, abs=1e-5)


def test_a_killed_run_asks_only_for_what_is_missing(
    recipe, toy_data, runs, monkeypatch
):
    monkeypatch.setattr(labelling, "_PART", 16)
    labelled(recipe, toy_data, runs)
    whole = SoftLabels(runs / "soft").read()
    parts = sorted((runs / "soft").glob("part-*.parquet"))
    for part in parts[::2]:
        part.unlink()
    left = SoftLabels(runs / "soft").keys()
    asked = []
    real = labelling.load_ensemble

    def listening(uses, root, device):
        ensemble = real(uses, root, device)

        class Listening:
            def probabilities(self, texts, wholes):
                asked.extend(key_of(text) for text in texts)
                return ensemble.probabilities(texts, wholes)

        return Listening()

    monkeypatch.setattr(labelling, "load_ensemble", listening)
    labelled(recipe, toy_data, runs, resume=True)
    assert set(asked) == whole.keys() - left
    again = SoftLabels(runs / "soft").read()
    assert again.keys() == whole.keys()
    for key, target in whole.items():
        assert again[key] == pytest.approx(target, abs=1e-5)


def test_another_teacher_is_not_mixed_in(recipe, toy_data, runs):
    labelled(recipe, toy_data, runs)
    other = recipe_with_raw(
        teachers=[{"path": "own", "weight": 2.0}],
        distillation={"soft_labels": "soft", "sentences": 12},
    )
    with pytest.raises(ConfigError, match="other teachers"):
        labelled(other, toy_data, runs, resume=True)


def test_old_soft_labels_stay_until_new_ones_can_be_made(recipe, toy_data, runs):
    labelled(recipe, toy_data, runs)
    before = SoftLabels(runs / "soft").read()
    for changes in ({"teachers": [{"path": "nobody"}]}, {"unlabelled": [NO_FILE]}):
        other = recipe_with_raw(**{"teachers": [{"path": "own"}], **changes})
        with pytest.raises((ConfigError, DataError)):
            labelled(other, toy_data, runs)
        assert SoftLabels(runs / "soft").read() == before


UNMAPPED = 'name = "toy"\n[[sources]]\nname = "toy"\npath = "toy.csv"\n'
UNMAPPED += '[[teachers]]\npath = "bert"\n[distillation]\nsoft_labels = "soft"\n'


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_teacher_whose_labels_are_not_mapped_is_told_and_costs_no_soft_label(
    recipe, toy_data, runs, train_here, capfd, workers
):
    # They were gone; of two processes the one that could not begin was called killed.
    pytest.importorskip("transformers")
    from transformers_for_tests import write_transformer

    labelled(recipe, toy_data, runs)
    before = SoftLabels(runs / "soft").read()
    write_transformer(runs / "bert", labels={0: "LABEL_0", 1: "LABEL_1"})
    capfd.readouterr()
    (toy_data / "toy.toml").write_text(UNMAPPED)
    done = train_here("distill", "toy.toml", "--workers", workers, cwd=toy_data)
    assert done.returncode == 2
    told = "sentiment-train: [[teachers]] bert: its label 'LABEL_0' is none of ours"
    assert done.stderr.startswith(told)
    assert "killed" not in done.stderr
    assert SoftLabels(runs / "soft").read() == before


def test_texts_that_no_teacher_is_asked_for_are_told_and_cost_no_soft_label(
    recipe, toy_data, runs
):
    # "0 of 259 texts have a soft label", with success; `run` then said: distill first.
    labelled(recipe, toy_data, runs)
    before = SoftLabels(runs / "soft").read()
    longer = replace(recipe, teachers=(TeacherUse(path="own", shortest=99),))
    with pytest.raises(DataError, match=r"of [\d,]+ texts: they have \d+ to \d+ words"):
        labelled(longer, toy_data, runs)
    assert SoftLabels(runs / "soft").read() == before


def test_teachers_who_have_no_answer_to_any_text_are_told(recipe, toy_data, runs):
    said = SoftLabels(runs / "said")
    said.begin({"teachers": ["one"]})
    said.add([key_of("quite another text")], [(0, 0, 1)])
    others = replace(recipe, teachers=(TeacherUse(path="said"),))
    with pytest.raises(
        DataError, match=r"got a soft label: the teachers \(said\) have"
    ):
        labelled(others, toy_data, runs)


def test_how_many_texts_have_a_soft_label_is_said(recipe, toy_data, runs, caplog):
    caplog.set_level("INFO")
    splits, _ = labelled(recipe, toy_data, runs)
    with_soft_labels(recipe, splits, data_root=toy_data, runs=runs)
    count = len(splits.train)
    assert f"{count:,} of {count:,} train texts have a soft label" in caplog.text


def test_soft_labels_of_other_texts_are_refused(recipe, toy_data, runs):
    soft = SoftLabels(runs / "soft")
    soft.begin({"teachers": ["one"]})
    soft.add([key_of("quite another text")], [(0, 0, 1)])
    splits = read(recipe, toy_data).splits
    match = f"none of {len(splits.train):,} train texts has a soft label in .*soft"
    with pytest.raises(ConfigError, match=match):
        with_soft_labels(recipe, splits, data_root=toy_data, runs=runs)


def test_the_weight_is_shared_between_label_and_teacher(recipe, toy_data, runs):
    splits, _ = labelled(recipe, toy_data, runs)
    examples = with_soft_labels(recipe, splits, data_root=toy_data, runs=runs)
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
    labelled(recipe, toy_data, runs)
    outcome = run(
        recipe,
        RunOptions(
            data_root=toy_data,
            models=tmp_path / "models",
            runs=runs,
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


def test_without_the_extra_a_transformer_names_it(tmp_path, monkeypatch):
    import sys

    from sentiment.errors import MissingExtraError
    from training.distillation.transformer import load_encoder

    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match="make install-teacher`"):
        load_encoder(tmp_path)


def test_soft_labels_of_no_weight_leave_the_labels_weights_alone(
    recipe, toy_data, runs
):
    labelled(recipe, toy_data, runs)
    nothing = recipe_with_raw(distillation={"soft_labels": "soft", "weight": 0.0})
    splits = read(nothing, toy_data).splits
    examples = with_soft_labels(nothing, splits, data_root=toy_data, runs=runs)
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
    examples = with_soft_labels(recipe, splits, data_root=toy_data, runs=runs)
    assert examples[: len(splits.train)] == splits.train
    raw = examples[len(splits.train) :]
    texts = list(unlabelled_texts(recipe, splits, toy_data))
    assert [one.text for one in raw] == texts
    assert f"{len(texts):,} texts without any label are trained on" in caplog.text
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
    splits, _ = labelled(recipe, toy_data, runs)
    taught = with_soft_labels(recipe, splits, data_root=toy_data, runs=runs)
    both = replace(recipe, training=FitConfig(**VIRTUAL))
    assert with_soft_labels(both, splits, data_root=toy_data, runs=runs) == taught
    assert "without any label" not in caplog.text


def test_virtual_adversaries_take_sentences_without_any_label(toy_data, runs):
    recipe = recipe_with_raw(training=VIRTUAL, distillation={"sentences": 12})
    splits = read(recipe, toy_data).splits
    examples = with_soft_labels(recipe, splits, data_root=toy_data, runs=runs)
    texts = unlabelled_texts(recipe, splits, toy_data)
    assert sum(text != whole for text, whole in texts.items()) == 12
    assert {one.text for one in examples if not one.labelled} == texts.keys()


def test_texts_of_no_weight_are_not_trained_on(recipe, toy_data, runs):
    # A batch of them alone was a loss of 0 / 0, and called an explosion.
    labelled(recipe, toy_data, runs)
    nothing = recipe_with_raw(
        distillation={"soft_labels": "soft", "unlabelled_weight": 0, "sentences": 12},
        training={"epochs": 1, "batch_texts": 1, "device": "cpu"},
    )
    splits = read(nothing, toy_data).splits
    options = RunOptions(data_root=toy_data, runs=runs, show_progress=False)
    fitted = train(nothing, splits, options, datetime.now(UTC))
    assert len(fitted.history.gradient_norms) == len(splits.train)
