"""The optimiser: who decays, who learns more slowly, and who waits."""

import math

import pytest
import torch
from torch import nn
from torch.optim import SGD
from toy_language import network, weights_after

from training.fitting.config import FitConfig
from training.fitting.optimizer import build_optimizer, clipped_step, frozen_below

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


@pytest.mark.parametrize("bidirectional", [False, True])
def test_lower_layers_learn_more_slowly(bidirectional):
    # All layers of a stack shared one rate.
    scales = settings(network(layers=3, bidirectional=bidirectional), "scale")
    assert scales.pop("embedding.weight") == 0.5**4
    assert scales.pop("output.weight") == scales.pop("output.bias") == 1
    for layer, scale in enumerate((0.5**3, 0.5**2, 0.5)):
        found = {one for name, one in scales.items() if f"_l{layer}" in name}
        assert found == {scale}


def test_a_single_layer_lies_between_output_and_embedding():
    scales = settings(network(), "scale")
    assert scales.pop("embedding.weight") == 0.25
    assert scales.pop("output.weight") == scales.pop("output.bias") == 1
    assert set(scales.values()) == {0.5}


def test_a_network_without_a_stack_is_one_layer_beneath_its_output():
    transformer = nn.ModuleDict({"encoder": nn.Linear(2, 2), "output": nn.Linear(2, 3)})
    scales = settings(transformer, "scale")
    assert scales["encoder.weight"] == 0.5
    assert scales["output.weight"] == 1


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


def test_one_more_layer_of_a_stack_is_unfrozen_at_each_depth():
    model = network(layers=2, bidirectional=True)
    optimizer = build_optimizer(model, CONFIG)
    learning = []
    for depth in range(4):
        with frozen_below(depth, optimizer):
            free = [key for key, one in model.named_parameters() if one.requires_grad]
        learning.append(free)
    lower = [name for name, _ in model.rnn.named_parameters() if "_l0" in name]
    upper = [name for name, _ in model.rnn.named_parameters() if "_l1" in name]
    assert set(learning[1]) - set(learning[0]) == {f"rnn.{name}" for name in upper}
    assert set(learning[2]) - set(learning[1]) == {f"rnn.{name}" for name in lower}
    assert set(learning[3]) - set(learning[2]) == {"embedding.weight"}


def test_a_step_is_no_longer_than_the_clip_norm_and_says_how_long_it_was():
    model = nn.Linear(2, 1, bias=False)
    nn.init.zeros_(model.weight)
    optimizer = SGD(model.parameters(), lr=1.0)
    model.weight.grad = torch.tensor([[3.0, 4.0]])
    norm = clipped_step(optimizer, model, 1.0, loss=0.5, advice="")
    assert norm == pytest.approx(5)
    assert model.weight.tolist() == [pytest.approx([-0.6, -0.8], rel=1e-4)]


def test_without_a_clip_norm_a_step_is_as_long_as_its_gradients():
    model = nn.Linear(2, 1, bias=False)
    nn.init.zeros_(model.weight)
    model.weight.grad = torch.tensor([[3.0, 4.0]])
    clipped_step(SGD(model.parameters(), lr=1.0), model, 0.0, loss=0.5, advice="")
    assert model.weight.tolist() == [[-3.0, -4.0]]


def test_a_loss_that_is_no_number_is_not_learned_from():
    model = nn.Linear(2, 1)
    before = weights_after(model).clone()
    optimizer = SGD(model.parameters(), lr=1.0)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    with pytest.raises(FloatingPointError, match="is nan: the gradients exploded"):
        clipped_step(optimizer, model, 1.0, loss=math.nan, advice="sleep")
    assert torch.equal(weights_after(model), before)
