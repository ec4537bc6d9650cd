"""Pieces of HTML for a report; everything from a table is escaped."""

import re
from collections.abc import Iterable, Sequence
from html import escape

from sentiment.labels import LABELS

_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def safe(text: str) -> str:
    r"""Return ``text`` as HTML that shows it and does nothing else.

    >>> safe("<b>\x00 & 'q'")
    '&lt;b&gt;\ufffd &amp; &#x27;q&#x27;'
    """
    return escape(_UNSHOWABLE.sub("\ufffd", text))


def section(title: str, content: str) -> str:
    """Return a part of the page under its heading."""
    return f"<section><h2>{title}</h2>\n{content}</section>\n"


def table(names: Sequence[str], rows: Iterable[Sequence[str]], numbers: int) -> str:
    """Return a table of HTML cells whose last ``numbers`` columns are numbers."""
    kinds = ["", *[' class="number"'] * numbers]
    kinds = [""] * (len(names) - len(kinds)) + kinds
    head = "".join(
        f'<th scope="col"{kind}>{name}</th>'
        for kind, name in zip(kinds, names, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, row, strict=True)
        )
        + "</tr>\n"
        for row in rows
    )
    return (
        f'<div class="table"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>{body}</tbody></table></div>\n"
    )


def details(content: str) -> str:
    """Return a part that is folded until it is clicked."""
    return f"<details><summary>The numbers</summary>\n{content}</details>\n"


def legend() -> str:
    """Return which colour is which label."""
    return f'<p class="legend">{" ".join(swatch(label) for label in LABELS)}</p>\n'


def swatch(label: str) -> str:
    """Return a label beside its colour."""
    return f'<span><span class="swatch {label}"></span>{label}</span>'
