"""Fitting: every cell learns a language, a seed repeats, weights are what is said."""

import copy
import itertools
from dataclasses import replace

import pytest
import torch
from toy_language import (
    QUICK,
    encoded,
    network,
    weights_after,
    words_of_a_language,
)

from sentiment.config import CELLS
from sentiment.labels import NEUTRAL
from training.fitting import precision
from training.fitting.batches import epoch_batches
from training.fitting.config import FitConfig
from training.fitting.fit import Fitting
from training.fitting.history import EpochRecord
from training.fitting.objective import Objective
from training.fitting.optimizer import one_cycle
from training.fitting.predicting import predict_logits


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_learns_that_no_b_comes_before_an_a(cell, bidirectional):
    train, validation = (
        encoded(words_of_a_language(count, seed))
        for count, seed in ((600, 1), (200, 2))
    )
    classifier = network(cell=cell, bidirectional=bidirectional)
    config = FitConfig(
        epochs=12, patience=12, batch_texts=16, learning_rate=8e-3, device="cpu"
    )
    history = Fitting(classifier, train, validation, config, seed=3).run()
    assert history.best().validation_macro_f1 > 0.95
    unseen = encoded(words_of_a_language(300, 4))
    answers = predict_logits(classifier, unseen, 1_000).argmax(dim=1)
    right = (answers == unseen.targets.argmax(dim=1)).float().mean()
    assert right > 0.93


def test_a_seed_repeats_the_weights_bit_for_bit():
    train = encoded(words_of_a_language(200, 1))
    runs = []
    for _ in range(2):
        classifier = network(dropout=0.3, embedding_dropout=0.2, layers=2)
        Fitting(classifier, train, train, QUICK, seed=3).run()
        runs.append(weights_after(classifier))
    assert torch.equal(*runs)
    classifier = network(dropout=0.3, embedding_dropout=0.2, layers=2)
    Fitting(classifier, train, train, QUICK, seed=4).run()
    assert not torch.equal(runs[0], weights_after(classifier))


def two_class(split):
    return replace(split, two_class=torch.ones(len(split), dtype=torch.bool))


def test_where_nobody_could_say_neutral_it_is_learned_to_be_improbable():
    # Masked, its logit learned nothing, and was served and calibrated all the same.
    train = two_class(encoded(words_of_a_language(200, 1)))
    classifier = network()
    config = replace(QUICK, epochs=10, patience=10)
    Fitting(classifier, train, train, config, seed=3).run()
    shares = predict_logits(classifier, train, 1_000).softmax(dim=1)
    assert shares[:, NEUTRAL].mean() < 0.02


@pytest.mark.parametrize("teacher", [False, True])
def test_where_one_text_could_be_neutral_the_others_say_nothing_of_it(teacher):
    train = two_class(encoded(words_of_a_language(20, 1)))
    if teacher:
        soft = train.soft.clone()
        soft[0] = torch.tensor([0.4, 0.2, 0.4])
        train = replace(train, soft=soft, soft_weights=1.0 * (torch.arange(20) == 0))
    else:
        train.two_class[0] = False
    assert train.knows_neutral
    objective = Objective(network(), train, QUICK, seed=3)
    objective.loss(list(range(1, 20)), 19.0).backward()
    assert not objective.classifier.output.weight.grad[NEUTRAL].any()
    objective.loss([0], 1.0).backward()
    assert objective.classifier.output.weight.grad[NEUTRAL].any()


def test_what_a_network_knew_of_neutral_stays_where_no_text_could_be_neutral():
    train = two_class(encoded(words_of_a_language(20, 1)))
    objective = Objective(network(), train, QUICK, seed=3, knows_neutral=True)
    objective.loss(list(range(20)), 20.0).backward()
    assert not objective.classifier.output.weight.grad[NEUTRAL].any()


def test_a_teacher_who_counts_nothing_knows_nothing_of_neutral():
    train = two_class(encoded(words_of_a_language(20, 1)))
    assert not train.knows_neutral
    soft = torch.full((20, 3), 1 / 3)
    assert not replace(train, soft=soft).knows_neutral


def test_random_numbers_that_were_drawn_before_change_nothing():
    # What a network starts from may draw some: a transformer's vectors do.
    train = encoded(words_of_a_language(60, 1))
    runs = []
    for drawn in (0, 100):
        classifier = network(dropout=0.3)
        torch.rand(drawn)
        Fitting(classifier, train, train, QUICK, seed=3).run()
        runs.append(weights_after(classifier))
    assert torch.equal(*runs)


@pytest.mark.parametrize("adversarial", [0.0, 0.3])
def test_a_layer_learns_from_the_epoch_on_in_which_it_unfreezes(adversarial):
    train = encoded(words_of_a_language(60, 1))
    config = replace(
        QUICK,
        gradual_unfreezing=True,
        weight_decay=0.5,
        patience=9,
        adversarial=adversarial,
    )
    classifier = network()
    seen = [copy.deepcopy(classifier.state_dict())]
    Fitting(
        *(classifier, train, train, config),
        seed=3,
    ).run(on_epoch=lambda _: seen.append(copy.deepcopy(classifier.state_dict())))
    for epoch, (before, after) in enumerate(itertools.pairwise(seen)):
        learned = {
            name.split(".")[0]
            for name in before
            if not torch.equal(before[name], after[name])
        }
        assert learned == set(("output", "rnn", "embedding")[: epoch + 1])
    assert all(one.requires_grad for one in classifier.parameters())


def test_frozen_layers_take_no_part_in_the_norm_that_is_clipped_and_recorded():
    train = encoded(words_of_a_language(60, 1))
    classifier = network()
    config = replace(QUICK, epochs=1, batch_texts=60, gradual_unfreezing=True)
    objective = Objective(copy.deepcopy(classifier), train, config, seed=3)
    (positions,) = epoch_batches(train, config, seed=3, epoch=0)
    loss = objective.loss(positions, train.weight_of(positions))
    output = objective.classifier.output
    gradients = torch.autograd.grad(loss, list(output.parameters()))
    expected = torch.cat([one.flatten() for one in gradients]).norm().item()
    history = Fitting(classifier, train, train, config, seed=3).run()
    assert history.gradient_norms == [pytest.approx(expected, rel=1e-5)]


def test_averaged_weights_are_the_mean_of_the_steps_and_what_is_kept():
    train = encoded(words_of_a_language(60, 1))
    config = FitConfig(epochs=1, batch_texts=16, device="cpu", weight_averaging=0.5)
    classifier, steps = network(), []
    Fitting(
        *(classifier, train, train, config),
        seed=3,
        on_step=lambda: steps.append(weights_after(classifier).detach().clone()),
    ).run()
    mean = steps[0]
    for done, one in enumerate(steps[1:], start=1):
        # At first the latest steps count for more: the start is not worth keeping.
        kept = min(0.5, (1 + done) / (10 + done))
        mean = kept * mean + (1 - kept) * one
    assert torch.allclose(weights_after(classifier), mean, atol=1e-6)
    assert not torch.allclose(mean, steps[-1], atol=1e-4)


def test_an_exploding_loss_is_said_and_not_trained_on():
    train = encoded(words_of_a_language(60, 1))
    classifier = network(cell="rnn-relu")
    torch.nn.init.constant_(classifier.rnn.weight_hh_l0, 1e30)
    with pytest.raises(FloatingPointError, match="clip_norm"):
        Fitting(classifier, train, train, QUICK, seed=3).run()


def test_the_fit_stops_when_validation_no_longer_improves():
    train = encoded(words_of_a_language(60, 1))
    config = FitConfig(epochs=50, patience=2, learning_rate=1e-9, device="cpu")
    history = Fitting(network(), train, train, config, seed=3).run()
    assert len(history.epochs) == history.best().epoch + 2


def test_an_epoch_that_ties_at_a_lower_loss_is_progress():
    """A fit of eight epochs stopped at the third: all were right about all texts."""
    train = encoded(words_of_a_language(60, 1))
    config = replace(QUICK, epochs=8, patience=2)
    fitting = Fitting(network(), train, train, config, seed=3)
    for epoch, loss in ((1, 0.07), (2, 0.02), (3, 0.01)):
        record = EpochRecord(
            epoch=epoch,
            train_loss=0.1,
            validation_loss=loss,
            validation_macro_f1=1.0,
            seconds=1.0,
            tokens_per_second=1.0,
        )
        fitting.progress.close_epoch(record, {"epoch": torch.tensor(epoch)})
        assert not fitting.is_over()
    assert fitting.progress.best["epoch"] == 3


def test_every_step_of_every_epoch_has_its_norm():
    train = encoded(words_of_a_language(200, 1))
    config = FitConfig(epochs=2, patience=9, batch_texts=16, device="cpu")
    history = Fitting(network(), train, train, config, seed=3).run()
    steps = sum(
        len(epoch_batches(train, config, seed=3, epoch=epoch)) for epoch in (0, 1)
    )
    assert len(history.gradient_norms) == steps
    assert all(norm > 0 for norm in history.gradient_norms)


def test_an_epoch_takes_every_text_once_in_batches_within_the_budget():
    train = encoded(words_of_a_language(300, 1))
    config = FitConfig(batch_tokens=40, batch_texts=8)
    batches = epoch_batches(train, config, seed=1, epoch=0)
    assert sorted(itertools.chain(*batches)) == list(range(300))
    for batch in batches:
        assert len(batch) <= 8
        assert train.lengths[batch].max() * len(batch) <= 40 or len(batch) == 1
    assert batches != epoch_batches(train, config, seed=1, epoch=1)
    assert batches == epoch_batches(train, config, seed=1, epoch=0)


def test_the_learning_rate_climbs_to_its_height_and_falls_to_nothing():
    course = [one_cycle(done / 100, 1.0, warmup_share=0.25) for done in range(101)]
    assert course[25] == max(course) == 1.0
    assert course[:26] == sorted(course[:26])
    assert course[25:] == sorted(course[25:], reverse=True)
    assert 0 < course[0] < 0.1
    assert course[-1] == pytest.approx(0)


@pytest.mark.parametrize("asked", ["auto", "bfloat16"])
@pytest.mark.parametrize("has_it", [True, False])
def test_bfloat16_is_computed_in_only_where_the_processor_has_it(
    monkeypatch, asked, has_it
):
    """On one without it torch had no kernel for an LSTM's training, and said so."""
    monkeypatch.setattr(precision, "processor_has_bfloat16", lambda: has_it)
    with precision.autocast(torch.device("cpu"), asked):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == (torch.bfloat16 if has_it else torch.float32)
