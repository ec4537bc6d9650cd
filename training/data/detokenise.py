"""Undo Penn Treebank tokenising, lest a source's style give its labels away."""

import re

_BRACKETS = {
    "-lrb-": "(",
    "-rrb-": ")",
    "-lsb-": "[",
    "-rsb-": "]",
    "-lcb-": "{",
    "-rcb-": "}",
}
_BRACKET = re.compile("|".join(_BRACKETS), re.IGNORECASE)
# In this order: brackets and quotes first show what is punctuation.
_JOINS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"``\s*|\s*''"), '"'),
    (re.compile(r"\b(ca|wo|sha|[a-z]+) n['’]t\b", re.IGNORECASE), r"\1n't"),
    (re.compile(r"(?<=\w) ?['’] ?(s|re|ve|ll|d|m)\b", re.IGNORECASE), r"'\1"),
    (
        re.compile(r"\b(can|gon|wan|got|gim|lem) (not|na|ta|me)\b", re.IGNORECASE),
        r"\1\2",
    ),
    (re.compile(r"([(\[{$#])\s+"), r"\1"),
    (re.compile(r"\s+([)\]}.,!?;:%])"), r"\1"),
)


def detokenise(text: str) -> str:
    """Return Penn Treebank text as people write it.

    >>> detokenise("it is n't great -lrb- at all -rrb- , but i do n't mind .")
    "it isn't great (at all), but i don't mind."
    >>> print(detokenise("you ca n't beat `` the price '' !"))
    you can't beat "the price"!
    """
    text = _BRACKET.sub(lambda match: _BRACKETS[match.group().lower()], text)
    for pattern, joined in _JOINS:
        text = pattern.sub(joined, text)
    return text
