"""A recipe pretrains a language model, and its classifier starts from that."""

import math

import pytest
import torch
from toy import recipe_with_raw

from sentiment.errors import ConfigError
from training.data.gathering import read
from training.embeddings import starting_embedding
from training.language_model.folder import load_pretrained
from training.language_model.pretrain import pretrain
from training.options import Folders
from training.pipeline.options import RunOptions
from training.pipeline.run import run


def pretrained(recipe, data, folder, samples=0):
    """Pretrain for a recipe over ``data`` and keep the language model in ``folder``."""
    return pretrain(
        recipe,
        read(recipe, data).splits,
        folder,
        data_root=data,
        checkpoints=data / "checkpoints",
        samples=samples,
        show_progress=False,
    )


def test_a_classifier_starts_from_what_was_pretrained(toy_data, tmp_path):
    recipe = recipe_with_raw(
        language_model={"min_count": 1, "cutoffs": [5], "streams": 4}
    )
    runs = tmp_path / "runs"
    made = pretrained(recipe, toy_data, runs / "language-models" / "toy", samples=3)
    assert all(math.isfinite(one.validation_perplexity) for one in made.passes)
    assert made.samples
    assert not any("<unk>" in said for said in made.samples)
    starting = recipe_with_raw(pretrained="language-models/toy", training={"epochs": 1})
    from training.start.network import starting_network

    examples = read(starting, toy_data).splits.train
    start = starting_network(starting, examples, Folders(data=toy_data, runs=runs))
    found = load_pretrained(made.folder)
    assert start.vocabulary.tokens == found.vocabulary.tokens
    for name, value in start.classifier.state_dict().items():
        if not name.startswith("output"):
            assert torch.equal(value, found.weights[name]), name
    outcome = run(
        starting,
        RunOptions(
            folders=Folders(data=toy_data, runs=runs),
            models=tmp_path / "models",
            show_progress=False,
        ),
    )
    assert outcome.published
    assert (
        "`language-models/toy`, of texts of toy, raw: "
        in (outcome.model / "README.md").read_text()
    )
    page = outcome.report.read_text()
    assert "and is that of the language model" in page
    assert "## The language model it started from" in page
    assert f" texts of toy, raw, {made.tokens:,} tokens an epoch." in page
    for one in made.passes:
        held_out = f"{one.validation_perplexity:,.1f}"
        assert f"| {one.epoch} | {one.train_perplexity:,.1f} | {held_out} |" in page
    assert len(made.samples) >= 3
    assert "\n".join(["```text", *made.samples, "```"]) in page


def test_a_language_model_starts_from_word_vectors(toy_data, tmp_path, monkeypatch):
    lines = (
        f"{word}{f' {number}' * 12}\n" for word, number in (("good", 2), ("bad", 5))
    )
    (toy_data / "vectors.txt").write_text("".join(lines))
    recipe = recipe_with_raw(
        embeddings="vectors.txt",
        pretrained="lm",
        language_model={"min_count": 1, "cutoffs": [5], "streams": 4},
    )
    begun_with = []
    monkeypatch.setattr(
        "training.language_model.pretrain.fit_language_model",
        lambda model, *_, **__: begun_with.append(model.embedding.weight.clone()) or [],
    )
    made = pretrained(recipe, toy_data, tmp_path / "lm")
    vocabulary = load_pretrained(made.folder).vocabulary
    expected = starting_embedding(
        "vectors.txt", vocabulary, 12, data_root=toy_data, seed=recipe.seed
    )
    assert torch.equal(begun_with[0], expected)


def test_a_language_model_of_another_shape_is_refused(toy_data, tmp_path):
    recipe = recipe_with_raw(
        language_model={"min_count": 1, "cutoffs": [5], "streams": 4}
    )
    pretrained(recipe, toy_data, tmp_path / "lm")
    from training.start.network import starting_network

    other = recipe_with_raw(
        pretrained="lm", model={"embedding_dim": 12, "hidden_dim": 20, "cell": "gru"}
    )
    with pytest.raises(ConfigError, match=r'has cell = "lstm" and .* says "gru"'):
        starting_network(other, [], Folders(data=toy_data, runs=tmp_path))


def test_a_damaged_language_model_is_noticed(toy_data, tmp_path):
    recipe = recipe_with_raw(
        language_model={"min_count": 1, "cutoffs": [5], "streams": 4}
    )
    made = pretrained(recipe, toy_data, tmp_path / "lm")
    weights = made.folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-3] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ConfigError, match="is missing or not what"):
        load_pretrained(made.folder)


def test_a_missing_language_model_names_the_command(tmp_path):
    with pytest.raises(ConfigError, match="sentiment-train pretrain"):
        load_pretrained(tmp_path / "none")


def test_a_bidirectional_network_has_no_next_word(toy_data, tmp_path):
    recipe = recipe_with_raw(
        model={"embedding_dim": 12, "hidden_dim": 16, "bidirectional": True}
    )
    with pytest.raises(ConfigError, match="bidirectional"):
        pretrain(
            recipe,
            read(recipe, toy_data).splits,
            tmp_path / "lm",
            data_root=toy_data,
            checkpoints=tmp_path / "checkpoints",
            show_progress=False,
        )
