"""Teachers label the texts of a recipe: each once, resumably, and no others."""

from dataclasses import replace

import numpy as np
import pytest
from toy import read_and_label, recipe_with_raw

from sentiment.errors import ConfigError, DataError
from training.data.cleaning import normalised
from training.data.gathering import read
from training.distillation import label as labelling
from training.distillation.config import TeacherUse
from training.distillation.soft_labels import SoftLabels, key_of
from training.distillation.taught_examples import UNLABELLED, with_soft_labels
from training.distillation.teachers import identity_of, load_ensemble
from training.distillation.texts import unlabelled_texts
from training.options import Folders

NO_FILE = {"name": "none", "path": "none.csv"}


def test_every_text_to_learn_from_gets_a_soft_label(recipe, toy_data, runs):
    splits, done = read_and_label(recipe, toy_data, runs)
    assert done.texts == done.asked
    examples = with_soft_labels(recipe, splits, Folders(data=toy_data, runs=runs))
    assert all(example.soft is not None for example in examples)
    assert sum(example.source == UNLABELLED for example in examples) > 12


def test_no_text_of_another_split_is_labelled(recipe, toy_data, runs):
    splits, _ = read_and_label(recipe, toy_data, runs)
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
    read_and_label(recipe, toy_data, runs)
    said = SoftLabels(runs / "soft").read()
    (runs / "soft").rename(runs / "said")
    (runs / "own").rename(runs / "far-away")
    again = recipe_with_raw(
        teachers=[{"path": "said"}],
        distillation={"soft_labels": "soft", "sentences": 12},
    )
    splits, done = read_and_label(again, toy_data, runs)
    assert SoftLabels(done.folder).read() == said
    # A text that was not labelled then has no label now.
    teacher = load_ensemble(again.teaching(), runs)
    unknown = teacher.probabilities([splits.test[0].text, splits.train[0].text])
    assert np.isnan(unknown).all(axis=1).tolist() == [True, False]


def test_other_things_that_were_said_are_another_teacher(recipe, toy_data, runs):
    read_and_label(recipe, toy_data, runs)
    before = identity_of(runs / "soft")
    SoftLabels(runs / "soft").add(["0" * 32], [(0.2, 0.3, 0.5)])
    assert identity_of(runs / "soft") != before


def test_soft_labels_do_not_teach_themselves(recipe, toy_data, runs):
    read_and_label(recipe, toy_data, runs)
    said = SoftLabels(runs / "soft").read()
    itself = recipe_with_raw(
        teachers=[{"path": "soft"}], distillation={"soft_labels": "soft"}
    )
    with pytest.raises(ConfigError, match="soft is where the soft labels are written"):
        read_and_label(itself, toy_data, runs)
    assert SoftLabels(runs / "soft").read() == said


def test_several_processes_give_the_same_soft_labels(
    recipe, toy_data, runs, monkeypatch
):
    monkeypatch.setattr(labelling, "_PART", 16)
    read_and_label(recipe, toy_data, runs)
    alone = SoftLabels(runs / "soft").read()
    read_and_label(recipe, toy_data, runs, workers=2)
    together = SoftLabels(runs / "soft").read()
    assert together.keys() == alone.keys()
    for key, target in alone.items():
        assert together[key] == pytest.approx(target, abs=1e-5)


def test_a_killed_run_asks_only_for_what_is_missing(
    recipe, toy_data, runs, monkeypatch
):
    monkeypatch.setattr(labelling, "_PART", 16)
    read_and_label(recipe, toy_data, runs)
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
    read_and_label(recipe, toy_data, runs, resume=True)
    assert set(asked) == whole.keys() - left
    again = SoftLabels(runs / "soft").read()
    assert again.keys() == whole.keys()
    for key, target in whole.items():
        assert again[key] == pytest.approx(target, abs=1e-5)


def test_another_teacher_is_not_mixed_in(recipe, toy_data, runs):
    read_and_label(recipe, toy_data, runs)
    other = recipe_with_raw(
        teachers=[{"path": "own", "weight": 2.0}],
        distillation={"soft_labels": "soft", "sentences": 12},
    )
    with pytest.raises(ConfigError, match="other teachers"):
        read_and_label(other, toy_data, runs, resume=True)


def test_old_soft_labels_stay_until_new_ones_can_be_made(recipe, toy_data, runs):
    read_and_label(recipe, toy_data, runs)
    before = SoftLabels(runs / "soft").read()
    for changes in ({"teachers": [{"path": "nobody"}]}, {"unlabelled": [NO_FILE]}):
        other = recipe_with_raw(**{"teachers": [{"path": "own"}], **changes})
        with pytest.raises((ConfigError, DataError)):
            read_and_label(other, toy_data, runs)
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

    read_and_label(recipe, toy_data, runs)
    before = SoftLabels(runs / "soft").read()
    write_transformer(runs / "bert", labels={0: "LABEL_0", 1: "LABEL_1"})
    capfd.readouterr()
    (toy_data / "toy.toml").write_text(UNMAPPED)
    done = train_here("distill", "toy.toml", "--workers", workers, cwd=toy_data)
    assert done.returncode == 2
    told = "sentiment-train: [[teachers]] bert: its label 'LABEL_0' is not one of ours"
    assert done.stderr.startswith(told)
    assert "killed" not in done.stderr
    assert SoftLabels(runs / "soft").read() == before


def test_texts_that_no_teacher_is_asked_for_are_told_and_cost_no_soft_label(
    recipe, toy_data, runs
):
    # "0 of 259 texts have a soft label", with success; `run` then said: distill first.
    read_and_label(recipe, toy_data, runs)
    before = SoftLabels(runs / "soft").read()
    longer = replace(recipe, teachers=(TeacherUse(path="own", shortest=99),))
    with pytest.raises(DataError, match=r"of [\d,]+ texts: they have \d+ to \d+ words"):
        read_and_label(longer, toy_data, runs)
    assert SoftLabels(runs / "soft").read() == before


def test_teachers_who_have_no_answer_to_any_text_are_told(recipe, toy_data, runs):
    said = SoftLabels(runs / "said")
    said.begin({"teachers": ["one"]})
    said.add([key_of("quite another text")], [(0, 0, 1)])
    others = replace(recipe, teachers=(TeacherUse(path="said"),))
    with pytest.raises(
        DataError, match=r"got a soft label: the teachers \(said\) have"
    ):
        read_and_label(others, toy_data, runs)
