"""A trial's texts are cut from one encoding, as a run would make them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from toy import recipe, reviews, write

from sentiment.text.encoding import Encoder, count_tokens
from sentiment.text.vocabulary import Vocabulary
from training.data.gathering import read
from training.fitting.encoded import encode_split
from training.options import Folders
from training.recipes.changes import with_settings
from training.tuning.data import SharedData


@pytest.fixture
def splits(tmp_path):
    write(tmp_path / "reviews.csv", reviews(120))
    return read(recipe(), tmp_path).splits


def encoded_by_a_run(examples, vocabulary, config, max_tokens):
    split, _ = encode_split(
        examples,
        Encoder(vocabulary),
        max_tokens=max_tokens,
        head_share=config.model.head_share,
        sources=config.sources,
    )
    return split


@pytest.mark.parametrize("max_tokens", [1, 3, 7, 8, 100])
@pytest.mark.parametrize("max_size", [3, 10, 40, 5_000])
def test_a_trial_reads_what_a_run_of_its_recipe_reads(splits, max_size, max_tokens):
    config = recipe(
        vocabulary={"max_size": max_size, "min_count": 2},
        training={"max_tokens": max_tokens},
        model={"head_share": 0.4, "max_tokens": 6},
    )
    largest = with_settings(config, {"vocabulary.max_size": 9_000})
    whole = SharedData.encode(splits, largest, Folders(), max_tokens=150)
    trial = whole.for_trial(config)
    vocabulary = Vocabulary.build(
        count_tokens(example.text for example in splits.train),
        max_size=max_size,
        min_count=2,
    )
    assert trial.vocabulary.tokens == vocabulary.tokens
    for found, examples, most in (
        (trial.train, splits.train, max_tokens),
        (trial.validation, splits.validation, 6),
    ):
        expected = encoded_by_a_run(examples, vocabulary, config, most)
        assert np.array_equal(found.token_ids, expected.token_ids)
        assert np.array_equal(found.offsets, expected.offsets)
        assert torch.equal(found.targets, expected.targets)
        assert torch.equal(found.weights, expected.weights)


def test_a_slip_beyond_a_trials_vocabulary_is_read_as_what_was_meant(tmp_path):
    slips = [(f"A terible and shiny lamp 😡 {n}", "negative") for n in range(30)]
    meant = [(f"A terrible :( lamp {n} x{n}", "negative") for n in range(90)]
    write(tmp_path / "reviews.csv", slips + meant)
    splits = read(recipe(), tmp_path).splits
    config = recipe(vocabulary={"max_size": 8, "min_count": 2})
    largest = with_settings(config, {"vocabulary.max_size": 9_000})
    whole = SharedData.encode(splits, largest, Folders(), max_tokens=150)
    trial = whole.for_trial(config)
    vocabulary = trial.vocabulary
    assert {"terible", "😡"} <= set(whole.vocabulary.tokens) - set(vocabulary.tokens)
    assert {"terrible", ":("} <= set(vocabulary.tokens)
    expected = encoded_by_a_run(splits.train, vocabulary, config, 150)
    assert np.array_equal(trial.train.token_ids, expected.token_ids)


def test_other_texts_or_labels_have_another_fingerprint(splits):
    def fingerprint(splits):
        data = SharedData.encode(splits, recipe(), Folders(), max_tokens=50)
        return data.fingerprint()

    first, *others = splits.train
    same = fingerprint(splits)
    assert fingerprint(replace(splits, train=[first, *others])) == same
    for changed in (
        replace(first, text="Something else."),
        replace(first, target=(*first.target[1:], first.target[0])),
    ):
        assert changed != first
        assert fingerprint(replace(splits, train=[changed, *others])) != same
    assert fingerprint(replace(splits, train=others)) != same
    assert fingerprint(replace(splits, test=others)) == same
