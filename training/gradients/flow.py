"""How much of the loss's gradient is left at each distance from a text's end."""

from copy import deepcopy
from dataclasses import dataclass, field

import torch
from torch import Tensor

from sentiment.network.batching import Batch
from sentiment.network.classifier import RNNClassifier
from training.fitting.encoded import EncodedSplit
from training.fitting.loss import cross_entropy
from training.gradients.unroll import LayerStates, last_states, unroll

# The texts of a run's report: enough for a stable mean, few enough to take seconds.
REPORT_TEXTS, REPORT_TOKENS = 32, 200


@dataclass(frozen=True, kw_only=True)
class GradientFlow:
    """The mean norm of the loss's gradient with respect to a state, by distance.

    ``norms[name][d]`` is the mean over texts of the norm at the state ``d`` steps
    before the last one of its layer and direction; the loss is that of the text alone.
    ``texts[d]`` counts the texts that are long enough. A backward layer's last step is
    at the first token, so its distance is from there.
    """

    texts: list[int] = field(default_factory=list)
    norms: dict[str, list[float]] = field(default_factory=dict)

    def share_left(self, name: str, distance: int) -> float | None:
        """Return the norm at ``distance`` as a share of that at the last step.

        None if no text is so long, or the gradient at the last step is 0.
        """
        norms = self.norms[name]
        if distance >= len(norms) or norms[0] == 0:
            return None
        return norms[distance] / norms[0]


def gradient_flow(
    classifier: RNNClassifier, batch: Batch, targets: Tensor, two_class: Tensor
) -> GradientFlow:
    """Return how the gradient flows back through ``classifier``, without dropout.

    It is the total gradient, through all later steps and all layers above, computed in
    double precision on a copy, since it soon falls below the range of float32.

    Args:
        classifier: A network of any cell, depth and direction; it is left as it is.
        batch: The texts, right-padded.
        targets: Shares of the labels, shape ``(batch, labels)``.
        two_class: Whether neutral is masked, shape ``(batch,)``.
    """
    double = deepcopy(classifier).cpu().double().eval()
    embedded = double.embed(batch.token_ids.cpu())
    layers = unroll(double.rnn, embedded, batch.lengths)
    logits = double.output(last_states(layers, batch.lengths))
    weights = torch.ones(len(targets), dtype=torch.float64)
    # The sum, not the mean: a text's gradient must not depend on its batch.
    loss = len(targets) * cross_entropy(logits, targets.double(), weights, two_class)
    series = _named_states(layers)
    every = [state for states in series.values() for state in states]
    # The loss does not depend on states of padding.
    gradients = iter(torch.autograd.grad(loss, every, materialize_grads=True))
    norms = {
        name: torch.stack([next(gradients).norm(dim=1) for _ in states], dim=1)
        for name, states in series.items()
    }
    return GradientFlow(
        texts=[int((batch.lengths > at).sum()) for at in range(embedded.shape[1])],
        norms={
            name: _by_distance(values, batch.lengths) for name, values in norms.items()
        },
    )


def flow_of_split(classifier: RNNClassifier, split: EncodedSplit) -> GradientFlow:
    """Return the flow on the ends of the longest texts of ``split``.

    The longest, to see the gradient at the largest distances; and only their last
    tokens, so that it takes seconds.
    """
    longest = split.lengths.argsort(kind="stable")[::-1][:REPORT_TEXTS].tolist()
    batch = _ends(split.batch(longest), REPORT_TOKENS)
    return gradient_flow(
        classifier, batch, split.targets[longest], split.two_class[longest]
    )


def _ends(batch: Batch, tokens: int) -> Batch:
    """Return the last ``tokens`` tokens of each text."""
    lengths = batch.lengths.clamp(max=tokens)
    starts = (batch.lengths - lengths).unsqueeze(1)
    places = starts + torch.arange(int(lengths.max()))
    # Beyond a short text's end there is only padding, wherever it is taken from.
    places = places.clamp(max=batch.token_ids.shape[1] - 1)
    return Batch(batch.token_ids.gather(1, places), lengths)


def _named_states(layers: list[LayerStates]) -> dict[str, list[Tensor]]:
    """Return the states by their names in reports."""
    series = {}
    for one in layers:
        where = ""
        if any(other.layer for other in layers):
            where += f", layer {one.layer + 1}"
        if any(other.backward for other in layers):
            where += ", backward" if one.backward else ", forward"
        series[f"hidden state{where}"] = one.hidden
        if one.cell:
            series[f"cell state{where}"] = one.cell
    return series


def _by_distance(norms: Tensor, lengths: Tensor) -> list[float]:
    """Return the mean over texts at each distance, from ``(batch, longest)`` norms."""
    means = []
    for distance in range(norms.shape[1]):
        rows = torch.nonzero(lengths > distance).flatten()
        means.append(float(norms[rows, lengths[rows] - 1 - distance].mean()))
    return means
