"""What may be tried: settings as a recipe writes them, and what would show a thing."""

import pytest
from toy import recipe

from sentiment.errors import ConfigError
from training.ablation.variants import OWN, trainings_of, variants_of


def only(config, text):
    return variants_of(config, [text])[1]


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("model.layers=2", {"model.layers": 2}),
        ("model.bidirectional=true", {"model.bidirectional": True}),
        ("model.cell=gru", {"model.cell": "gru"}),
        ("model.cell='rnn-tanh'", {"model.cell": "rnn-tanh"}),
        ("training.weight_decay=1e-3", {"training.weight_decay": 0.001}),
        ("training.weight_decay = 0", {"training.weight_decay": 0.0}),
        (
            "model.layers=2, training.label_smoothing=0.05",
            {"model.layers": 2, "training.label_smoothing": 0.05},
        ),
    ],
)
def test_settings_are_read_as_a_recipe_writes_them(text, settings):
    variant = only(recipe(), text)
    assert variant.settings == settings
    for name, value in settings.items():
        table, key = name.split(".")
        found = getattr(getattr(variant.config, table), key)
        assert (found, type(found)) == (value, type(value))


def test_a_variant_is_called_by_its_settings():
    variants = variants_of(
        recipe(), ["model.bidirectional=true,training.learning_rate=1e-05"]
    )
    assert [one.name for one in variants] == [
        OWN,
        "model.bidirectional=true, training.learning_rate=1e-05",
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("training.label_smothing=0.1", "did you mean 'training.label_smoothing'"),
        ("bidirectional=true", "did you mean 'model.bidirectional'"),
        ("modle.layers=2", "did you mean 'model.layers'"),
        ("model.layers=two", "layers must be a whole number, not 'two'"),
        ("model.layers=0", "layers must be at least 1, not 0"),
        ("model.layers=1.5", "layers must be a whole number, not 1.5"),
        ("model.bidirectional=1", "must be true or false, not 1"),
        ("model.cell=grru", "did you mean 'gru'"),
        ("training.learning_rate=.001", "write it as in a recipe: 0.001, true, gru"),
        ("model.layers=[2,3]", "for each value give a --with of its own"),
        ("model.cell='gru,lstm'", "for each value give a --with of its own"),
        ("model.layers=2,3", "for each value give a --with of its own"),
        ("training.epochs=2 3", "'2 3', which is not a value in TOML"),
        ("training.epochs=2\nx=3", "which is not a value in TOML"),
        ("training.learning_rate=nan", "must be above 0, not nan"),
        ("model.layers", "not a setting with its value"),
        ("model.layers=2,", "not a setting with its value"),
        ("model.layers=2,model.layers=3", "model.layers is given twice"),
        ("model.layers=1", "the recipe's own value"),
        ("training.label_smoothing=0", "the recipe's own value"),
        ("training.threads=2", "changes how a training is run, not what it learns"),
        ("training.device=cpu", "changes how a training is run, not what it learns"),
        ("training.thread=2", "there is no setting 'training.thread'"),
        ("training.adversarial_from=0.2", "virtual_adversarial are 0, so that"),
        ("sources.path='a.csv'", "sources.path cannot be changed here"),
        ("sources=a", "sources cannot be changed here"),
        ("teachers.path=a", "teachers.path cannot be changed here"),
        ("teacher.bound=2", "there is no setting 'teacher.bound'"),
        ("vocabulary.max_size=9", "cannot be changed here"),
        ("seed=4", "cannot be changed here"),
        ("distillation.sentences=9", "cannot be changed here"),
        ("distillation.weight=0.5", "the recipe has no soft labels"),
    ],
)
def test_what_cannot_be_tried_is_refused_with_the_reason(text, complaint):
    with pytest.raises(ConfigError) as refused:
        variants_of(recipe(), [text])
    assert str(refused.value).startswith(f"--with {text}: ")
    assert complaint in str(refused.value)


def test_the_same_variant_twice_is_refused():
    with pytest.raises(ConfigError, match=r"layers=2: this variant is given twice"):
        variants_of(recipe(), ["model.layers = 2", "model.layers=2"])


def test_the_same_settings_are_called_the_same():
    texts = ("model.layers=2,model.cell=gru", "model.cell=gru,model.layers=2")
    assert len({only(recipe(), text).name for text in texts}) == 1
    # Nor does it count what the recipe has already.
    assert only(recipe(), "model.layers=2,training.epochs=8").name == "model.layers=2"


@pytest.mark.parametrize(
    ("start", "text"),
    [
        ({"pretrained": "language-models/toy"}, "model.layers=2"),
        ({"pretrained": "language-models/toy"}, "model.cell=gru"),
        ({"embeddings": "words.txt"}, "model.embedding_dim=8"),
        ({"start_from": "bundled", "model": {}}, "model.layers=2"),
    ],
)
def test_what_the_start_has_decided_is_refused(start, text):
    with pytest.raises(ConfigError, match=r"recipe starts from .*, which has its"):
        variants_of(recipe(**start), [text])
    assert only(recipe(**start), "model.dropout=0.5").config.model.dropout == 0.5


def test_soft_labels_may_count_more_or_less():
    config = recipe(distillation={"soft_labels": "soft-labels/toy", "weight": 0.6})
    changed = only(config, "distillation.weight=0,distillation.temperature=2")
    assert changed.config.distillation.weight == 0.0
    assert changed.config.distillation.temperature == 2.0


def test_each_variant_is_trained_with_the_recipes_seed_and_those_after_it():
    trainings = trainings_of(variants_of(recipe(), ["model.layers=2"]), 3)
    assert [(one.config.model.layers, one.config.seed) for one in trainings] == [
        *((1, 3), (2, 3), (1, 4), (2, 4), (1, 5), (2, 5)),
    ]
    assert len({one.key for one in trainings}) == 6
    with pytest.raises(ConfigError, match=r"--seeds 2: the last seed would be 4,29"):
        trainings_of(variants_of(recipe(seed=2**32 - 1), []), 2)
    assert len(trainings_of(variants_of(recipe(seed=2**32 - 1), []), 1)) == 1


def test_where_words_vectors_are_disturbed_the_beginning_of_it_may_change():
    for name in ("adversarial", "virtual_adversarial"):
        text = f"training.{name}=0.3,training.adversarial_from=0.2"
        assert only(recipe(), text).config.training.adversarial_from == 0.2


def test_settings_without_effect_are_not_proposed():
    with pytest.raises(ConfigError) as refused:
        variants_of(recipe(), ["training.devise=cpu"])
    assert "training.device" not in str(refused.value)
