"""Undo Penn Treebank tokenisation, so that style gives no hint of the label."""

import re
from collections.abc import Callable

_BRACKETS = {
    "-lrb-": "(",
    "-rrb-": ")",
    "-lsb-": "[",
    "-rsb-": "]",
    "-lcb-": "{",
    "-rcb-": "}",
}

Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]


def _rule(pattern: str, replacement: str | Callable[[re.Match[str]], str]) -> Rule:
    return re.compile(pattern, re.IGNORECASE), replacement


# In this order: brackets and quotes first show what is punctuation.
_RULES: tuple[Rule, ...] = (
    _rule("|".join(_BRACKETS), lambda match: _BRACKETS[match.group().lower()]),
    _rule(r"\\([/*])", r"\1"),
    # Quotation marks: `` said '', ` said ' and " said "
    _rule(r"``\s*|\s*''", '"'),
    _rule(r"(?<!\S)`\s*|`", "'"),
    _rule(r'(?<!\S)"\s+([^"]+?)\s+"(?!\S)', r'"\1"'),
    # do n't, ca n't; it 's, it ' s, they 're; can not, gon na
    _rule(r"(?<=[a-z])\s+(n['’]t)\b", r"\1"),
    _rule(r"(?<=\w)\s?['’]\s?(s|re|ve|ll|d|m)\b", r"'\1"),
    _rule(r"\b(can(?= not)|(?:gon|wan)(?= na)|got(?= ta)|(?:gim|lem)(?= me)) ", r"\1"),
    # ( so ) , $ 5 , # 1
    _rule(r"(?<!\S)([(\[{])\s+", r"\1"),
    _rule(r"(?<!\S)([$#])\s+(?=\d)", r"\1"),
    # Only at the end of something: " .99" and " :)" begin it.
    _rule(r"\s+([)\]}]|[.,!?;:%]+(?=[\s\"']|$))", r"\1"),
)


def detokenise(text: str) -> str:
    """Return Penn Treebank text as people write it.

    >>> detokenise("it is n't great -lrb- at all -rrb- , but i do n't mind .")
    "it isn't great (at all), but i don't mind."
    >>> print(detokenise("you ca n't beat `` the price '' !"))
    you can't beat "the price"!
    """
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
