"""Format a prediction for a terminal: one line, with --explain also coloured words."""

import click

from sentiment.labels import LABELS
from sentiment.prediction.prediction import Prediction, TokenContribution, by_label

_COLORS = {"negative": "red", "neutral": "yellow", "positive": "green"}
_OPPOSITE = {"negative": "green", "positive": "red"}
_BAR = 24
_LABEL = 8
_FAINT = 0.1  # of the strongest contribution: with less, a word gets no colour

# A text may hold anything; control characters would reach the terminal as commands.
_HARMLESS = {code: 0x2400 + code for code in range(32)}
_HARMLESS |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
_HARMLESS |= {ord("\t"): ord(" "), 0x7F: 0x2421}


def show(text: str, prediction: Prediction, *, color: bool, width: int = 0) -> str:
    """Return ``prediction`` as lines to print, those of texts cut to ``width`` if any.

    A sentence has a line like the text's own, below it.
    """
    lines = [_line(prediction.label, prediction.confidence, text, width)]
    for sentence in prediction.sentences or ():
        cut = text[sentence.start : sentence.end]
        share = max(sentence.probabilities)
        lines.append(f"  {_line(sentence.label, share, cut, max(width - 2, 0))}")
    if prediction.tokens is not None:
        lines += _bars(prediction)
        if color:
            lines.append("  " + _colored(text, prediction, prediction.tokens))
        else:
            lines += [
                f"  {token.contribution:+6.2f}  {plain(token.text)}"
                for token in prediction.tokens
            ]
    joined = "\n".join(lines)
    return joined if color else click.unstyle(joined)


def plain(text: str) -> str:
    r"""Return ``text`` on one line, without control characters.

    >>> plain("good\x1b[2J\n")
    'good␛[2J␊'
    """
    return text.translate(_HARMLESS)


def _line(label: str, share: float, text: str, width: int) -> str:
    head, shown = f" {share:4.0%}  ", plain(text)
    room = width - max(len(label), _LABEL) - len(head)
    if width and len(shown) > room:
        shown = shown[: max(room - 1, 8)] + "…"
    return click.style(f"{label:{_LABEL}}", _COLORS.get(label)) + head + shown


def _bars(prediction: Prediction) -> list[str]:
    lines = []
    for name, share in by_label(prediction.probabilities).items():
        bar = click.style("█" * round(_BAR * share), _COLORS[name])
        lines.append(f"  {name:8} {share:4.0%} {bar}")
    return lines


def _colored(
    text: str, prediction: Prediction, tokens: tuple[TokenContribution, ...]
) -> str:
    """Return the text with each word in the colour of what it speaks for."""
    shares = prediction.probabilities
    label = LABELS[shares.index(max(shares))]
    strongest = max((abs(token.contribution) for token in tokens), default=0.0) or 1.0
    parts, end = [], 0
    for token in tokens:
        strength = token.contribution / strongest
        color = _COLORS[label] if strength > 0 else _OPPOSITE.get(label)
        word = plain(token.text)
        if abs(strength) >= _FAINT and color is not None:
            word = click.style(word, color, bold=abs(strength) >= 0.5)
        parts += [plain(text[end : token.start]), word]
        end = token.end
    return "".join(parts) + plain(text[end:])
