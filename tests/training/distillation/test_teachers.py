"""Teachers: each kind is found by its folder, and their mean is weighted."""

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from sentiment.errors import ConfigError
from training.distillation.config import TeacherUse
from training.distillation.teachers import (
    Ensemble,
    label_columns,
    load_ensemble,
    load_teacher,
)
from training.distillation.transformer import WordPieces, load_encoder
from training.publishing.publish import publish

TEXTS = ["the film was good", "awful food, and bad!", "it is a film. it is not bad"]


class Says:
    """A teacher that gives every text the same probabilities."""

    def __init__(self, *given):
        self.given = given

    def probabilities(self, texts):
        return np.array([self.given] * len(texts), dtype=float).reshape(-1, 3)


def test_one_of_our_models_teaches_what_it_would_serve(
    artifact_folder, predictor, device
):
    teacher = load_teacher(TeacherUse(path="x"), artifact_folder, device)
    served = [one.probabilities for one in predictor.predict(TEXTS)]
    assert teacher.probabilities(TEXTS) == pytest.approx(np.array(served), abs=1e-6)


def test_the_current_one_of_published_models_teaches(artifact, predictor, tmp_path):
    publish(artifact, tmp_path / "published")
    ensemble = load_ensemble([TeacherUse(path="published/current")], tmp_path)
    served = [one.probabilities for one in predictor.predict(TEXTS)]
    assert ensemble.probabilities(TEXTS) == pytest.approx(np.array(served), abs=1e-6)


def test_a_text_without_a_token_has_no_soft_label(artifact_folder):
    teacher = load_teacher(TeacherUse(path="x"), artifact_folder)
    given = teacher.probabilities(["good", " "])
    assert np.isnan(given).any(axis=1).tolist() == [False, True]


def test_the_mean_of_teachers_is_weighted():
    ensemble = Ensemble(
        [
            (TeacherUse(path="a", weight=3.0), Says(1.0, 0.0, 0.0)),
            (TeacherUse(path="b", weight=1.0), Says(0.0, 0.0, 1.0)),
        ]
    )
    assert ensemble.probabilities(["good"]).tolist() == [[0.75, 0.0, 0.25]]


def test_a_teacher_is_asked_only_for_texts_of_its_lengths():
    ensemble = Ensemble(
        [
            (TeacherUse(path="a", longest=2), Says(1.0, 0.0, 0.0)),
            (TeacherUse(path="b", shortest=4), Says(0.0, 0.0, 1.0)),
        ]
    )
    given = ensemble.probabilities(["one two", "one two three", "one two three four"])
    assert given[0].tolist() == [1.0, 0.0, 0.0]
    assert np.isnan(given[1]).all()
    assert given[2].tolist() == [0.0, 0.0, 1.0]


def test_a_teacher_that_knows_no_answer_leaves_it_to_the_others():
    nan = float("nan")
    ensemble = Ensemble(
        [
            (TeacherUse(path="a"), Says(nan, nan, nan)),
            (TeacherUse(path="b"), Says(0.0, 1.0, 0.0)),
        ]
    )
    assert ensemble.probabilities(["good"]).tolist() == [[0.0, 1.0, 0.0]]


def test_who_does_not_know_neutral_leaves_it_to_the_others():
    ensemble = Ensemble(
        [
            (TeacherUse(path="a", longest=2), Says(0.2, 0.6, 0.2)),
            (TeacherUse(path="b", knows_neutral=False), Says(0.7, 0.2, 0.1)),
        ]
    )
    both, alone = ensemble.probabilities(["two words", "three words now"])
    assert both.tolist() == pytest.approx([(0.2 + 0.35) / 2, 0.6, (0.2 + 0.05) / 2])
    assert alone.tolist() == [0.7, 0.2, 0.1]


def test_who_says_nothing_but_neutral_and_does_not_know_it_is_not_asked():
    ensemble = Ensemble(
        [
            (TeacherUse(path="a"), Says(0.2, 0.6, 0.2)),
            (TeacherUse(path="b", knows_neutral=False), Says(0.0, 1.0, 0.0)),
        ]
    )
    assert ensemble.probabilities(["good"])[0].tolist() == pytest.approx(
        [0.2, 0.6, 0.2]
    )


def test_a_folder_without_a_teacher_says_how_to_make_one(tmp_path):
    with pytest.raises(ConfigError, match="sentiment-train teacher"):
        load_ensemble([TeacherUse(path="nobody")], tmp_path)


def test_labels_of_a_foreign_teacher_are_mapped_by_name():
    use = TeacherUse(
        path="stars",
        labels={"1 star": "negative", "2 stars": "negative", "5 stars": "positive"},
    )
    names = {0: "1 star", 1: "2 stars", 2: "Neutral", 3: "5 stars"}
    assert label_columns(use, names) == {
        "negative": [0, 1],
        "neutral": [2],
        "positive": [3],
    }


def test_a_label_that_is_not_mapped_is_named():
    with pytest.raises(ConfigError, match="'LABEL_0' is not one of ours"):
        label_columns(TeacherUse(path="x"), {0: "LABEL_0", 1: "positive"})


def test_a_mapped_label_that_the_teacher_does_not_give_is_named():
    """It was ignored, so that a misspelt name kept its own meaning."""
    use = TeacherUse(path="x", labels={"Positiv": "negative"})
    with pytest.raises(ConfigError, match=r"'Positiv', .*did you mean 'Positive'"):
        label_columns(use, {0: "Negative", 1: "Positive"})


def test_labels_are_refused_for_a_teacher_that_gives_ours(artifact_folder):
    with pytest.raises(ConfigError, match="gives our labels already"):
        load_teacher(TeacherUse(path="x", labels={"good": "positive"}), artifact_folder)


def test_a_teacher_without_a_negative_label_is_refused():
    with pytest.raises(ConfigError, match="gives no negative"):
        label_columns(TeacherUse(path="x"), {0: "neutral", 1: "positive"})


@pytest.mark.parametrize(
    ("setting", "least"),
    [
        ({"max_tokens": 0}, "max_tokens must be at least 1, not 0"),
        ({"max_tokens": -5}, "max_tokens must be at least 1, not -5"),
        ({"shortest": -3}, "shortest must be at least 0, not -3"),
        ({"longest": 0}, "longest must be at least 1, not 0"),
    ],
)
def test_a_teacher_that_could_read_nothing_is_refused(setting, least):
    with pytest.raises(ConfigError, match=rf"\[\[teachers\]\] x:.* {least}"):
        TeacherUse(path="x", **setting)


def test_a_mapping_to_no_label_of_ours_is_refused():
    with pytest.raises(ConfigError, match="did you mean 'negative'"):
        TeacherUse(path="x", labels={"bad": "negativ"})


def test_a_sequence_classifier_from_elsewhere_teaches_by_its_own_softmax(tmp_path):
    transformers = pytest.importorskip("transformers")
    import torch
    from transformers_for_tests import write_transformer

    names = {0: "POS", 1: "NEG"}
    folder = write_transformer(tmp_path / "bert", labels=names)
    use = TeacherUse(path="bert", labels={"POS": "positive", "NEG": "negative"})
    given = load_teacher(use, folder).probabilities(TEXTS)

    network = transformers.AutoModelForSequenceClassification.from_pretrained(folder)
    import tokenizers

    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    for text, row in zip(TEXTS, given, strict=True):
        ids = torch.tensor([tokenizer.encode(text).ids])
        with torch.no_grad():
            shares = network(input_ids=ids).logits.softmax(dim=1)[0].tolist()
        # bfloat16, where the processor has it, keeps two to three digits.
        assert row == pytest.approx([shares[1], 0.0, shares[0]], abs=0.02)


def test_neighbours_in_a_batch_do_not_change_a_soft_label(tmp_path, device):
    pytest.importorskip("transformers")
    from transformers_for_tests import write_transformer

    folder = write_transformer(tmp_path / "bert", labels={0: "positive", 1: "negative"})
    teacher = load_teacher(TeacherUse(path="bert"), folder, device)
    together = teacher.probabilities(TEXTS)
    for text, row in zip(TEXTS, together, strict=True):
        assert teacher.probabilities([text])[0] == pytest.approx(row, abs=0.02)


def test_weights_that_are_no_safetensors_are_refused(tmp_path):
    pytest.importorskip("transformers")
    from transformers_for_tests import write_transformer

    folder = write_transformer(tmp_path / "bert", labels={0: "positive", 1: "negative"})
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ConfigError, match="safetensors"):
        load_teacher(TeacherUse(path="bert"), folder)


@pytest.mark.parametrize("damaged", ["model.safetensors", "tokenizer.json"])
@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_file_that_was_copied_in_part_is_named(tmp_path, elsewhere, damaged):
    """A download that broke off ended in a traceback."""
    pytest.importorskip("transformers")
    from transformers_for_tests import write_transformer

    labels = {0: "positive", 1: "negative"} if elsewhere else None
    folder = write_transformer(tmp_path / "bert", labels=labels)
    whole = (folder / damaged).read_bytes()
    (folder / damaged).write_bytes(whole[: len(whole) // 2])

    def load():
        if elsewhere:
            load_teacher(TeacherUse(path="bert"), folder)
        else:
            load_encoder(folder)
            WordPieces(folder)

    with pytest.raises(ConfigError, match=r"bert.* that can be read|bert holds no"):
        load()


def test_a_changed_weight_of_a_fitted_teacher_is_noticed(fitted_teacher):
    head = fitted_teacher / "head.safetensors"
    weights = load_file(head)
    weights["bias"] += 0.5
    save_file(weights, head)
    with pytest.raises(ConfigError, match=r"not what teacher\.json says"):
        load_teacher(TeacherUse(path="x"), fitted_teacher)


def test_a_fitted_teacher_knows_what_it_was_taught(fitted_teacher, device):
    teacher = load_teacher(TeacherUse(path="x"), fitted_teacher, device)
    given = teacher.probabilities(["the food was great", "the food was awful"])
    assert given[0, 2] > 0.6
    assert given[1, 0] > 0.6


def test_without_the_extra_a_transformer_names_it(tmp_path, monkeypatch):
    import sys

    from sentiment.errors import MissingExtraError
    from training.distillation.transformer import load_encoder

    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match="make install-teacher`"):
        load_encoder(tmp_path)


def test_a_teacher_without_neutral_is_said_to_teach_so(caplog):
    names = {0: "negative", 1: "positive"}
    label_columns(TeacherUse(path="x", knows_neutral=False), names)
    assert caplog.messages == []
    label_columns(TeacherUse(path="x"), names)
    assert "x knows no neutral, and teaches that no text is" in caplog.text


def test_for_a_hubs_name_the_way_to_a_folder_is_told(tmp_path):
    use = TeacherUse(path="nlptown/bert-base")
    with pytest.raises(ConfigError, match=r"nothing is downloaded: .*whole path"):
        load_teacher(use, tmp_path / use.path)
