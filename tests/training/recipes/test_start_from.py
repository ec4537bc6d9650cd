"""A recipe that starts from a model: it brings its vocabulary, shape and weights."""

from copy import deepcopy
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from toy import recipe, reviews, write
from train_commands import train_twofold

from sentiment.artifacts.folder import load_artifact, save_artifact
from sentiment.artifacts.store import bundled_model, read_manifest
from sentiment.errors import ConfigError
from sentiment.labels import NEUTRAL
from sentiment.prediction.predictor import Predictor
from training.data.gathering import read
from training.fitting.fit import Fitting
from training.options import Folders
from training.pipeline.run import run
from training.recipes.changes import decided_by_the_start
from training.recipes.config import TrainingConfig, read_recipe
from training.recipes.leaving_out import leave_out
from training.recipes.start_from import KNOWS_NEUTRAL, find_model
from training.start.network import starting_network
from training.start.prepared import fit_prepared, prepare
from training.tuning.data import SharedData


@pytest.fixture
def model(tmp_path, artifact):
    """Return the folder of a small model with 16-bit weights."""
    folder = tmp_path / "small"
    folder.mkdir()
    save_artifact(artifact, folder, weights="float16")
    return folder


def starting(start, **changes):
    """Return the toy recipe, which says nothing of ``[model]``, from a model."""
    return recipe(**{"start_from": str(start), "model": {}, **changes})


def quickly(**settings):
    return {"device": "cpu", "threads": 1, "batch_texts": 16, **settings}


def test_the_network_is_the_model_before_its_first_step(options, model):
    config = starting(model)
    start = starting_network(config, [], options.folders)
    theirs = load_artifact(model)
    assert start.vocabulary.tokens == theirs.vocabulary.tokens
    assert config.model == theirs.config
    for name, value in theirs.classifier.state_dict().items():
        assert torch.equal(start.classifier.state_dict()[name], value), name
    assert all(one.requires_grad for one in start.classifier.parameters())
    assert start.version == theirs.version


def test_the_bundled_model_can_be_started_from():
    config = starting("bundled")
    assert config.start_from == str(bundled_model())
    assert asdict(config.model) == read_manifest(bundled_model())["config"]


def test_what_is_current_is_started_from_and_stays_what_was_meant(options, monkeypatch):
    values = {"name": "toy", "sources": [{"name": "r", "path": "reviews.csv"}]}
    values["start_from"] = "current"
    # Nothing is published yet: then everything asks the bundled model.
    before = TrainingConfig.from_dict(values, models=options.models)
    assert before.start_from == str(bundled_model())
    published = run(recipe(), options).model.resolve()
    after = TrainingConfig.from_dict(values, models=options.models)
    assert after.start_from == str(published)
    assert after.model.hidden_dim == 16
    monkeypatch.setenv("SENTIMENT_MODELS", str(options.models))
    assert TrainingConfig.from_dict(values) == after
    # Once settled, it no longer matters what is current.
    assert find_model(after.start_from, options.models / "none") == published


def test_a_folder_in_place_of_the_link_to_the_current_model_is_started_from(
    model, tmp_path
):
    """In a copy of the models that followed links, the bundled model was taken."""
    (tmp_path / "models").mkdir()
    current = tmp_path / "models" / "current"
    model.rename(current)
    assert find_model("current", current.parent) == current.resolve()


def test_a_start_that_cannot_be_looked_for_is_refused_with_what_may_be_written(
    tmp_path, monkeypatch
):
    def refuse(path, **_options):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "lstat", refuse)
    with pytest.raises(
        ConfigError, match=r'Permission denied\. start_from may also be "current" or'
    ):
        find_model("current", tmp_path)


def test_a_second_model_learns_on_from_the_first_and_its_card_says_so(options):
    first = run(recipe(), options)
    second = run(
        starting(first.model, training=quickly(epochs=1, learning_rate=1e-3)), options
    )
    assert second.published
    # One slow epoch from chance gives a third of that.
    assert second.record.evaluation.macro_f1 > 0.9
    assert second.record.recipe.start_from == str(first.model.resolve())
    card = (second.model / "README.md").read_text(encoding="utf-8")
    assert f"It started from the model `{first.model.name}`" in card
    report = second.report.read_text(encoding="utf-8")
    assert "tokens and is that of the model it started from. Of all tokens" in report
    first_card = (first.model / "README.md").read_text(encoding="utf-8")
    assert "It started from" not in first_card


def opinions(options, **training):
    """Write a file without neutral texts; return what a recipe says of it."""
    rows = [row for row in reviews(300, seed=2) if row[1] != "neutral"]
    write(options.folders.data / "opinions.csv", rows)
    source = {"name": "opinions", "path": "opinions.csv", "two_class": True}
    return {"name": "on", "sources": [source], "training": quickly(**training)}


def share_of_neutral(model):
    predictor = Predictor(load_artifact(model))
    texts = [text for text, label in reviews(300, seed=3) if label == "neutral"]
    answers = predictor.predict(texts)
    return sum(one.label == "neutral" for one in answers) / len(texts)


def test_a_model_that_knows_neutral_keeps_it_where_no_text_could_be_neutral(options):
    # It learned that nothing is ever neutral.
    first = run(recipe(), options).model
    assert share_of_neutral(first) > 0.9
    assert load_artifact(first).metrics[KNOWS_NEUTRAL] is True
    said = opinions(options, epochs=6, learning_rate=0.02)
    second = run(starting(first, **said), options)
    assert share_of_neutral(second.model) > 0.9
    assert load_artifact(second.model).metrics[KNOWS_NEUTRAL] is True
    assert second.record.evaluation.macro_f1 > 0.9


def test_a_share_of_the_start_is_mixed_into_the_fitted_weights(options, model):
    def fitted(**training):
        config = starting(model, training=quickly(epochs=1, **training))
        splits = read(config, options.folders.data).splits
        prepared = prepare(config, splits, options.folders)
        started = deepcopy(prepared.classifier).state_dict()
        fit_prepared(prepared, config)
        return started, prepared.classifier.state_dict()

    started, alone = fitted()
    _, mixed = fitted(start_share=0.25)
    for name, weight in mixed.items():
        expected = 0.75 * alone[name] + 0.25 * started[name]
        torch.testing.assert_close(weight, expected)
        assert name == "embedding.weight" or not torch.equal(weight, alone[name])


def test_variants_keep_what_the_model_knows_of_neutral_too(options):
    first = run(recipe(), options).model
    config = starting(first, **opinions(options, epochs=6, learning_rate=0.02))
    splits = read(config, options.folders.data).splits
    shared = SharedData.encode(splits, config, options.folders, max_tokens=50)
    prepared = shared.for_trial(config)
    classifier = prepared.classifier
    before = classifier.output.bias.detach().clone()[NEUTRAL]
    history = fit_prepared(prepared, config)
    assert classifier.output.bias[NEUTRAL].item() == pytest.approx(before.item())
    run_of_it = run(config, options).record
    assert history.best().validation_loss == pytest.approx(
        run_of_it.history.best().validation_loss, abs=1e-5
    )


def test_a_model_that_never_saw_neutral_goes_on_learning_that_it_is_improbable(
    options,
):
    said = opinions(options, epochs=2)
    first = run(recipe(**said), options).model
    assert load_artifact(first).metrics[KNOWS_NEUTRAL] is False
    start = starting_network(starting(first, **said), [], options.folders)
    assert not start.knows_neutral


def test_a_model_that_does_not_say_may_know_neutral(options, model):
    assert starting_network(starting(model), [], options.folders).knows_neutral
    assert not starting_network(recipe(), [], options.folders).knows_neutral


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pretrained": "language-models/x"}, "start_from and pretrained exclude each"),
        ({"embeddings": "words.txt"}, "start_from and embeddings exclude each other"),
        ({"model": {"cell": "gru"}}, r'has cell = "lstm" and \[model\] says "gru"'),
        (
            {"model": {"bidirectional": True}},
            # It said False, which is not valid TOML.
            r"bidirectional = false and \[model\] says true: .* to write false there",
        ),
        ({"model": {"hidden_dim": 9}}, r"has hidden_dim = 8 and \[model\] says 9"),
        # It is the default, and so would not be noticed beside one that is left out.
        (
            {"model": {"embedding_dim": 128}},
            r"embedding_dim = 12 and \[model\] says 128",
        ),
        ({"model": 5}, r"\[model\] must be a table, not 5"),
        ({"start_from": "bundeld"}, 'start_from = "bundeld": bundeld is not a model'),
        ({"start_from": 5}, "start_from must be a text, not 5"),
        (
            {"start_from": "", "training": {"start_share": 0.2}},
            r"start_share = 0\.2 .* the recipe has no start_from",
        ),
    ],
)
def test_what_does_not_go_together_with_the_start_is_refused(model, changes, message):
    with pytest.raises(ConfigError, match=message):
        starting(model, **changes)


def test_what_does_not_touch_the_weights_may_differ(model):
    config = starting(model, model={"hidden_dim": 8, "dropout": 0.5, "max_tokens": 7})
    assert (config.model.dropout, config.model.max_tokens) == (0.5, 7)
    assert config.model.embedding_dim == 12


def test_a_recipe_of_another_shape_that_was_made_in_code_is_refused(model, tmp_path):
    config = TrainingConfig(name="toy", sources=recipe().sources, start_from=str(model))
    with pytest.raises(ConfigError, match="has embedding_dim = 12 and"):
        starting_network(config, [], Folders(data=tmp_path, runs=tmp_path))


def test_a_checkpoint_that_began_with_another_model_is_refused(options, model):
    config = starting(model)
    splits = read(config, options.folders.data).splits

    def fitting(changed):
        shared = SharedData.encode(splits, config, options.folders, max_tokens=50)
        prepared = shared.for_trial(config)
        classifier = prepared.classifier
        if changed:
            classifier.output.bias.data += 1
        return Fitting(
            classifier,
            prepared.train,
            prepared.validation,
            config.training,
            seed=1,
            checkpoints=options.folders.runs / "checkpoint",
        )

    begun = fitting(changed=False)
    begun.run_epoch()
    assert fitting(changed=False).progress.epoch == begun.progress.epoch
    with pytest.raises(ConfigError, match="starting weights"):
        fitting(changed=True)


def test_variants_of_a_recipe_start_from_the_whole_model(options, model):
    config = starting(model)
    shared = SharedData.encode(
        read(config, options.folders.data).splits,
        config,
        options.folders,
        max_tokens=50,
    )
    classifier = shared.for_trial(config).classifier
    for name, value in load_artifact(model).classifier.state_dict().items():
        assert torch.equal(classifier.state_dict()[name], value), name
    assert "model.hidden_dim" in decided_by_the_start(config)


def test_a_domain_is_left_out_of_training_and_the_start_is_told_of(model, caplog):
    sources = [
        {"name": one, "path": f"{one}.csv", "domain": one} for one in ("films", "food")
    ]
    left = leave_out(starting(model, sources=sources), "films")
    assert left.start_from == str(model)
    assert "may itself have been trained on texts of films" in caplog.text


def test_two_processes_start_from_what_is_current(options, tmp_path):
    published = run(recipe(), options).model
    (tmp_path / "on.toml").write_text(
        'name = "on"\nstart_from = "current"\nbaselines = []\n'
        '[[sources]]\nname = "reviews"\npath = "reviews.csv"\n'
        '[training]\nepochs = 1\ndevice = "cpu"\nlearning_rate = 1e-3\n'
    )
    done = train_twofold("run", "on.toml", "--quiet", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("published: models/on-") == 1
    assert done.stderr.count(f"starting from {published.name}") == 1


def test_a_recipe_file_finds_what_is_current_in_the_folder_named(options, tmp_path):
    published = run(recipe(), options).model
    (tmp_path / "on.toml").write_text(
        'name = "on"\nstart_from = "current"\n'
        '[[sources]]\nname = "reviews"\npath = "reviews.csv"\n'
    )
    config = read_recipe(tmp_path / "on.toml", models=options.models)
    assert config.start_from == str(published.resolve())
