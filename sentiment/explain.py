"""What each token did to the answer: the steps of the network's own state.

The state after a token gives logits of its own; a token's contribution is the step that
the predicted label's logit takes there. The steps add up to the whole by construction,
for every cell (docs/adr/0003-contributions-are-steps.md weighs the other ways).
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from sentiment.batching import buckets, pad
from sentiment.classifier import RNNClassifier
from sentiment.prediction import TokenContribution
from sentiment.tokenizer import Token

# Padded tokens a batch of prefixes.
_TOKEN_BUDGET = 32_768


def explain_tokens(
    classifier: RNNClassifier,
    temperature: float,
    text: str,
    tokens: Sequence[Token],
    token_ids: Sequence[int],
    predicted: int,
) -> tuple[tuple[TokenContribution, ...], float]:
    """Return each token's contribution to the label ``predicted``, and the gap.

    The gap is how far the contributions miss the predicted label's logit less its
    logit before the first token: rounding, nothing else.
    """
    with torch.inference_mode():
        running = running_logits(classifier, token_ids).double()
        before = classifier.output.bias.double().unsqueeze(0)
        whole = classifier(pad([token_ids, token_ids])).double()[0]
    steps = torch.diff(running[:, predicted], prepend=before[:, predicted])
    probabilities = torch.softmax(running / temperature, dim=-1)
    contributions = tuple(
        TokenContribution(
            text[token.start : token.end],
            token.start,
            token.end,
            step,
            (triple[0], triple[1], triple[2]),
        )
        for token, step, triple in zip(
            tokens, steps.tolist(), probabilities.tolist(), strict=True
        )
    )
    gap = whole[predicted] - before[0, predicted] - steps.sum()
    return contributions, gap.item()


def running_logits(classifier: RNNClassifier, token_ids: Sequence[int]) -> Tensor:
    """Return the logits after each token, shape ``(tokens, labels)``.

    A bidirectional network reads each prefix by itself, in quadratic time; any other
    reads once.
    """
    if not classifier.rnn.bidirectional:
        # Twice, since torch rounds a single row otherwise than one among others.
        return classifier.running_logits(pad([token_ids, token_ids]).token_ids)[0]
    prefixes = [token_ids[:end] for end in range(1, len(token_ids) + 1)]
    logits = [
        classifier(pad([prefixes[at] for at in positions]))
        for positions in buckets([len(prefix) for prefix in prefixes], _TOKEN_BUDGET)
    ]
    # Prefixes are sorted by length already, so the groups come in order.
    return torch.cat(logits)
