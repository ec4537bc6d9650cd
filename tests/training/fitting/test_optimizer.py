"""The optimiser: who decays, who learns more slowly, and who waits."""

import math

import pytest
from toy_language import network

from training.config import FitConfig
from training.fitting.optimizer import build_optimizer, frozen_below

CONFIG = FitConfig(weight_decay=0.3, layer_decay=0.5)


def settings(model, name):
    """Return each parameter's setting of that name, under the parameter's name."""
    names = {id(value): key for key, value in model.named_parameters()}
    return {
        names[id(parameter)]: group[name]
        for group in build_optimizer(model, CONFIG).param_groups
        for parameter in group["params"]
    }


def test_every_parameter_is_learned_once():
    model = network(layers=2, bidirectional=True)
    groups = build_optimizer(model, CONFIG).param_groups
    learned = [id(one) for group in groups for one in group["params"]]
    assert sorted(learned) == sorted(map(id, model.parameters()))


def test_what_is_frozen_from_the_start_is_not_learned():
    model = network()
    model.embedding.weight.requires_grad_(False)
    assert "embedding.weight" not in settings(model, "scale")


def test_lower_layers_learn_more_slowly():
    scales = settings(network(layers=2), "scale")
    assert scales.pop("embedding.weight") == 0.25
    assert scales.pop("output.weight") == scales.pop("output.bias") == 1
    assert set(scales.values()) == {0.5}


def test_only_the_matrices_that_every_text_uses_decay():
    decays = settings(network(), "weight_decay")
    decayed = {name for name, decay in decays.items() if decay}
    assert decayed == {"output.weight", "rnn.weight_ih_l0", "rnn.weight_hh_l0"}


@pytest.mark.parametrize("depth", [0, 1, math.inf])
def test_what_lies_deeper_is_frozen_for_a_while(depth):
    model = network()
    optimizer = build_optimizer(model, CONFIG)
    with frozen_below(depth, optimizer):
        free = [key for key, one in model.named_parameters() if one.requires_grad]
    learning = {key.split(".")[0] for key in free}
    of_depth = {0: {"output"}, 1: {"output", "rnn"}}
    assert learning == of_depth.get(depth, {"output", "rnn", "embedding"})
    assert all(one.requires_grad for one in model.parameters())
