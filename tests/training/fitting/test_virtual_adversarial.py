"""Virtual adversarial training: where texts move, what is kept, what is learned."""

import copy
from dataclasses import replace
from functools import partial
from itertools import chain

import pytest
import torch
from torch import nn
from toy_language import (
    QUICK,
    encoded,
    half_labelled,
    network,
    weights_after,
    words_of_a_language,
)

from training.fitting import precision
from training.fitting.adversarial import at_length, moved_by
from training.fitting.batches import epoch_batches
from training.fitting.config import FitConfig
from training.fitting.fit import Fitting
from training.fitting.objective import Objective
from training.fitting.virtual_adversarial import (
    WholeBatch,
    add_gradients,
    divergences,
    most_changing,
)

EPSILON = 0.3
POSITIONS = list(range(48))
TOKEN_IDS = torch.tensor([[1, 2, 3, 2], [4, 5, 0, 0], [6, 0, 0, 0]])
HELD = (TOKEN_IDS != 0).unsqueeze(2)
BATCH = WholeBatch(texts=3, longest=4, seed=11)


def whole_batch(run, seed=11):
    longest = int(run.train.lengths[POSITIONS].max())
    return WholeBatch(texts=len(POSITIONS), longest=longest, seed=seed)


def objective(classifier, **settings):
    split = encoded(words_of_a_language(200, 1))
    config = FitConfig(device="cpu", virtual_adversarial=EPSILON, **settings)
    run = Objective(classifier, split, config, seed=3)
    run.classifier.train()
    return run


def found(run, epsilon=EPSILON):
    return most_changing(
        partial(run.read, POSITIONS), run.classifier, epsilon, whole_batch(run)
    )


def changes(run, kept, moved):
    """Return how much the answers of the texts change that are moved."""
    with torch.no_grad(), moved_by(moved, run.classifier.embedding):
        return divergences(kept, run.read(POSITIONS))


@pytest.mark.parametrize(
    "shape",
    [
        *(
            {"cell": "gru"},
            {"cell": "lstm"},
            {"cell": "rnn-tanh"},
            {"cell": "rnn-relu"},
        ),
        *({"cell": "gru", "bidirectional": True}, {"cell": "gru", "layers": 2}),
    ],
    ids=str,
)
def test_no_random_direction_of_that_length_changes_the_answers_as_much(shape):
    train = encoded(words_of_a_language(400, 2))
    classifier = network(**shape)
    Fitting(classifier, train, train, QUICK, seed=3).run()
    run = objective(classifier)
    token_ids = run.train.batch(POSITIONS).token_ids
    vectors = run.classifier.embedding(token_ids).detach()
    moved, kept = found(run)
    change = changes(run, kept, moved)
    for _ in range(5):
        random = at_length(torch.randn_like(vectors), token_ids, vectors, EPSILON)
        assert torch.allclose(random.norm(dim=(1, 2)), moved.norm(dim=(1, 2)))
        assert 5 * changes(run, kept, random).mean() < change.mean()


def test_bfloat16_rounds_no_direction_away(monkeypatch):
    # Of a random step a tenth as long, it left nothing in many of these texts.
    monkeypatch.setattr(precision, "has_bfloat16", lambda _: True)
    train = encoded(words_of_a_language(400, 2))
    classifier = network(cell="gru")
    Fitting(classifier, train, train, QUICK, seed=3).run()
    runs = [objective(classifier, precision=one) for one in ("float32", "bfloat16")]
    exact, rounded = (found(run).perturbation for run in runs)
    assert rounded.flatten(1).any(dim=1).all()
    kept = found(runs[0]).kept
    change = [changes(runs[0], kept, one).mean().item() for one in (exact, rounded)]
    assert change[1] == pytest.approx(change[0], rel=0.1)


class Linear(nn.Module):
    """Logits that are linear in the sum of a text's vectors, of rank 1.

    Whatever the text, only what a step has along ``w`` changes its answer.
    """

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(7, 5, padding_idx=0)
        self.u, self.w = torch.tensor([0.9, 0.2, -1.1]), torch.randn(5)
        self.output = nn.Linear(5, 3)
        with torch.no_grad():
            self.output.weight.copy_(self.u[:, None] * self.w)

    def forward(self):
        # Nothing here ignores the padding: it must not be moved.
        return self.output(self.embedding(TOKEN_IDS).sum(dim=1))


def test_a_linear_network_moves_and_learns_as_the_closed_form_says():
    model = Linear()
    vectors = model.embedding(TOKEN_IDS).detach()
    lengths = HELD.sum(dim=(1, 2))
    mean = (vectors.square().sum(dim=(1, 2)) / lengths).sqrt()
    # Every token moves alike, along w; together by sqrt(tokens) times the whole step.
    along = EPSILON * mean * model.w.norm() * lengths.sqrt()
    moved, kept = most_changing(model, model, EPSILON, BATCH)
    sign = (moved @ model.w)[:, 0].sign()
    expected = sign[:, None, None] * model.w / model.w.norm() * HELD
    expected = expected * (EPSILON * mean / lengths.sqrt())[:, None, None]
    assert torch.allclose(moved, expected, atol=1e-6)
    before = model().detach()
    after = before + (sign * along)[:, None] * model.u
    p, q = before.softmax(1), after.softmax(1)
    assert torch.allclose(kept.exp(), p)
    value = add_gradients(model, model, EPSILON, BATCH)
    divergence = (p * (p / q).log()).sum(dim=1)
    assert value.item() == pytest.approx(divergence.mean().item(), rel=1e-4)
    # Of the moved answer alone: what is kept has no gradient.
    slope = (q - p) / 3
    read = (vectors + expected).sum(dim=1)
    assert torch.allclose(model.output.bias.grad, slope.sum(dim=0), atol=1e-6)
    assert torch.allclose(model.output.weight.grad, slope.T @ read, atol=1e-6)


def test_the_random_direction_is_the_same_for_a_share_of_the_batch():
    run = objective(network())
    whole = found(run)
    own = POSITIONS[1::2]
    read = partial(run.read, own)
    part = most_changing(read, run.classifier, EPSILON, whole_batch(run))
    longest = part.perturbation.shape[1]
    expected = whole.perturbation[1::2, :longest]
    assert torch.allclose(part.perturbation, expected, atol=1e-5)
    assert torch.allclose(part.kept, whole.kept[1::2], atol=1e-6)


def test_what_is_dropped_changes_no_answer():
    dropped = {"dropout": 0.4, "embedding_dropout": 0.4, "layers": 2}
    run = objective(network(**dropped), weight_dropout=0.4)
    batch = whole_batch(run)
    value = add_gradients(partial(run.read, POSITIONS), run.classifier, 1e-4, batch)
    assert abs(value) < 1e-6
    # Other masks would change them far more.
    kept = run.read(POSITIONS).log_softmax(1)
    assert divergences(kept, run.read(POSITIONS)).mean() > 1e-3


@pytest.mark.parametrize("adversarial", [0.0, EPSILON])
def test_both_losses_and_gradients_are_added_up(adversarial):
    run = objective(network(), adversarial=adversarial)
    plain = copy.deepcopy(run)
    plain.config = replace(plain.config, virtual_adversarial=0.0)
    other = copy.deepcopy(run)
    value = run.backward(POSITIONS)
    batch = whole_batch(run, seed=hash((3, 0, 0)))
    read = partial(other.read, POSITIONS)
    mean = add_gradients(read, other.classifier, EPSILON, batch)
    assert value == pytest.approx(plain.backward(POSITIONS) + mean.item(), rel=1e-5)
    for one, first, second in zip(
        *(each.classifier.parameters() for each in (run, plain, other)), strict=True
    ):
        assert torch.allclose(one.grad, first.grad + second.grad, atol=1e-6)


def unevenly_weighted(run):
    """Put a split with weights from 0.5 to 1.5 in place of the run's own."""
    run.train = replace(run.train, weights=torch.linspace(0.5, 1.5, len(run.train)))


def label_gradients(run, positions):
    """Return the gradients of a batch's labels alone, and its label loss."""
    run.config = replace(run.config, virtual_adversarial=0.0)
    run.classifier.zero_grad()
    value = run.backward(positions)
    return [one.grad.clone() for one in run.classifier.parameters()], value


@pytest.mark.parametrize("beside", [[0, 2, 4], [3, 0, 2], [3, 5, 7]], ids=str)
def test_a_label_counts_alike_however_many_texts_without_one_stand_beside_it(beside):
    run = objective(network())
    unevenly_weighted(run)
    run.train = half_labelled(run.train)
    batch = [1, *beside]
    found, value = label_gradients(run, batch)
    labelled = [at for at in batch if at % 2]
    loss = run.loss(labelled, 4 * run.train.weights.mean().item())
    assert value == pytest.approx(loss.item(), rel=1e-5)
    expected = torch.autograd.grad(loss, list(run.classifier.parameters()))
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_labels_among_labels_count_by_the_own_weights_of_the_batch(share):
    run = objective(network(), adversarial_from=share, epochs=4)
    unevenly_weighted(run)
    if share:  # in the first epoch, texts without a label are out yet
        run.train = half_labelled(run.train)
    batch = list(range(1, 96, 2))
    found, value = label_gradients(run, batch)
    loss = run.loss(batch, run.train.weight_of(batch))
    assert value == loss.item()
    expected = torch.autograd.grad(loss, list(run.classifier.parameters()))
    assert all(map(torch.equal, found, expected))


def test_texts_without_any_label_are_learned_from():
    split = encoded(words_of_a_language(200, 1))
    train = replace(split, weights=torch.zeros(200))
    config = FitConfig(device="cpu", virtual_adversarial=EPSILON)
    run = Fitting(network(), train, split, config, seed=3)
    before = weights_after(run.classifier).clone()
    loss, norm = run.step(POSITIONS)
    assert loss > 0
    assert norm > 0
    assert not torch.equal(weights_after(run.classifier), before)


def test_vectors_move_in_the_whole_epoch_in_which_their_share_of_the_run_begins():
    """Texts without a label had joined, and many were skipped in that epoch."""
    run = objective(network(), adversarial=EPSILON, epochs=4, adversarial_from=0.4)
    moved = replace(run.config, adversarial_from=0.0)
    plain = replace(run.config, adversarial=0.0, virtual_adversarial=0.0)
    for epoch, expected in enumerate((plain, moved, moved, moved)):
        other = copy.deepcopy(run)
        other.config = expected
        found = run.backward(POSITIONS, epoch=epoch)
        assert found == other.backward(POSITIONS, epoch=epoch)


def test_the_targets_of_texts_without_a_label_say_nothing():
    train = half_labelled(encoded(words_of_a_language(100, 1)))
    targets = train.targets.clone()
    targets[::2] = targets[::2].flip(1)
    config = replace(QUICK, virtual_adversarial=EPSILON)
    learned = []
    for split in (train, replace(train, targets=targets)):
        classifier = network()
        Fitting(classifier, split, train, config, seed=3).run()
        learned.append(weights_after(classifier))
    assert torch.equal(*learned)


def test_texts_without_a_label_join_in_the_epoch_in_which_vectors_begin_to_move():
    train = half_labelled(encoded(words_of_a_language(100, 1)))
    config = replace(QUICK, epochs=4, adversarial_from=0.6)
    read = [
        sorted(chain(*epoch_batches(train, config, seed=3, epoch=epoch)))
        for epoch in range(4)
    ]
    labelled, all_of_them = list(range(1, 100, 2)), list(range(100))
    assert read == [labelled, labelled, all_of_them, all_of_them]
