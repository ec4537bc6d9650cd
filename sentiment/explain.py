"""What each token did to the answer: the steps of the network's own state.

The state after a token gives logits of its own; a token's contribution is the step that
the predicted label's logit takes there. The steps add up to the whole by construction,
for every cell (docs/adr/0003-contributions-are-steps.md weighs the other ways).
"""

from collections.abc import Sequence

import torch

from sentiment.network.batching import Sequences
from sentiment.network.reader import Reader
from sentiment.prediction import TokenContribution
from sentiment.text.tokenizer import Token


def explain_tokens(
    reader: Reader,
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
        running = reader.running_logits(token_ids).double()
        before = reader.first_logits.double().unsqueeze(0)
        whole = reader.logits(Sequences.of([token_ids])).double()[0]
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
