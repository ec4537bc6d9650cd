"""What each token did to the answer: the steps of the network's own state.

The state after a token gives logits of its own; a token's contribution is the step that
the predicted label's logit takes there. The steps add up to the whole by construction,
for every cell (docs/adr/0003-contributions-are-steps.md weighs the other ways).
"""

from collections.abc import Sequence
from dataclasses import replace

import torch

from sentiment.errors import TextError
from sentiment.network.batching import Sequences, head_and_tail
from sentiment.network.runner import NetworkRunner, Pause
from sentiment.prediction.answers import calibrated
from sentiment.prediction.artifact import Artifact
from sentiment.prediction.prediction import Prediction, TokenContribution
from sentiment.text.tokenizer import Token, tokenize_with_offsets


def with_explanations(
    answers: Sequence[Prediction | TextError],
    texts: Sequence[str],
    sequences: Sequences,
    artifact: Artifact,
    runner: NetworkRunner,
    pause: Pause | None = None,
) -> list[Prediction | TextError]:
    """Return the answers to ``texts``, each prediction with its tokens' contributions.

    ``sequences`` are what ``runner`` was shown of the texts; it calls ``pause`` in
    between.
    """
    return [
        _explained(answer, text, sequences.one(position), artifact, runner, pause)
        if isinstance(answer, Prediction)
        else answer
        for position, (answer, text) in enumerate(zip(answers, texts, strict=True))
    ]


def _explained(
    prediction: Prediction,
    text: str,
    token_ids: Sequence[int],
    artifact: Artifact,
    runner: NetworkRunner,
    pause: Pause | None,
) -> Prediction:
    """Return ``prediction`` with its tokens, and the gap that rounding leaves.

    The gap is how far the contributions miss the predicted label's logit less its logit
    before the first token.
    """
    config = artifact.config
    tokens = head_and_tail(
        tokenize_with_offsets(text), config.max_tokens, config.head_share
    )
    predicted = prediction.probabilities.index(max(prediction.probabilities))
    with torch.inference_mode():
        running = runner.running_logits(token_ids, pause).double()
        before = runner.first_logits.double().unsqueeze(0)
        whole = runner.logits(Sequences.of([token_ids])).double()[0]
    steps = torch.diff(running[:, predicted], prepend=before[:, predicted])
    probabilities = calibrated(running, artifact.temperature)
    contributions = tuple(
        _contribution(text, token, step, triple)
        for token, step, triple in zip(
            tokens, steps.tolist(), probabilities.tolist(), strict=True
        )
    )
    gap = whole[predicted] - before[0, predicted] - steps.sum()
    return replace(prediction, tokens=contributions, explanation_gap=gap.item())


def _contribution(
    text: str, token: Token, step: float, running: Sequence[float]
) -> TokenContribution:
    return TokenContribution(
        text[token.start : token.end],
        token.start,
        token.end,
        step,
        (running[0], running[1], running[2]),
    )
