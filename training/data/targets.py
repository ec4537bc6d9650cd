"""The target of a row: from a label, a rating, or the shares of the labels.

All functions raise ValueError with a sentence on what is wrong with the row.
"""

import re
from collections.abc import Mapping, Sequence

from sentiment.labels import LABELS, NEGATIVE, NEUTRAL, POSITIVE
from sentiment.wording import nearest

Target = tuple[float, float, float]

# The lowest and the highest rating of a scale, the highest negative one and the lowest
# positive one. Ten-point ratings begin at 0 in some sources; on five stars a 0 means
# that there is no rating.
_SCALES: Mapping[int, tuple[float, float, float, float]] = {
    5: (1, 5, 2, 4),
    10: (0, 10, 4, 7),
}

# As spreadsheets write it in many languages: 4,5 for 4.5.
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d+,\d+\s*")


# A rating as shops and surveys export it: 5 stars, 4.5 out of 5, 8/10; the second group
# is the scale's best. And one of drawn stars, the empty ones of which tell the scale.
_WRITTEN = re.compile(
    r"([+-]?\d+(?:[.,]\d+)?)"
    r"(?:\s*(?:/|out of|of|von|sur|de)\s*(5|10)(?:[.,]0)?)?"
    r"(?:\s*(?:stars?|sterne?|[ée]toiles?|estrellas?|stell[ae]|points?|punkte?))?",
    re.IGNORECASE,
)
_DRAWN = re.compile("([★⭐]*)([☆]*)")


class AboveFiveError(ValueError):
    """A rating of up to 10 where the recipe names no scale."""


def target_of_label(given: object, names: Mapping[str, str]) -> Target:
    """Return the target of a label; ``names`` maps a file's names to ours.

    >>> target_of_label("Positive", {}), target_of_label(0, {"0": "negative"})
    ((0.0, 0.0, 1.0), (1.0, 0.0, 0.0))
    """
    name = "" if given is None else str(given).strip()
    if not name:
        raise ValueError("the label is empty")
    label = names.get(name, name.lower())
    if label not in LABELS:
        stars = "for a rating name its column as stars_column; " * _is_number(name)
        raise ValueError(
            f"there is no label {name!r}: {nearest(label, LABELS)} "
            f"({stars}a recipe's `labels` can map it)"
        )
    return one_hot(LABELS.index(label))


def target_of_stars(given: object, scale: int | None) -> Target:
    """Return the target of a rating on five stars (1 to 5) or ten points (0 to 10).

    On five stars 1-2 is negative, 3 neutral, 4-5 positive; on ten points up to 4, 5-6,
    and from 7. Anything between, such as 2.5 stars, is neutral. Without a ``scale`` it
    is five stars, and a rating that fits on ten points alone raises AboveFiveError. A
    rating may be written with its scale or drawn, as :func:`rating_of` reads it.

    >>> target_of_stars("4,0", 5), target_of_stars(4, 10), target_of_stars("★★★★☆", 5)
    ((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    """
    try:
        stars, best = rating_of(given)
    except ValueError as error:
        raise ValueError(f"the rating {given!r} is not a number") from error
    if best not in (None, scale or 5):
        raise ValueError(
            f"the rating {given!r} is out of {best}, not {scale or 5} "
            "(star_scale says which scale it is on)"
        )
    lowest, highest, negative_to, positive_from = _SCALES[scale or 5]
    if not lowest <= stars <= highest:
        above = scale is None and highest < stars <= 10
        raise (AboveFiveError if above else ValueError)(
            f"the rating {given!r} is not between {lowest:g} and {highest:g} "
            "(star_scale says which scale it is on)"
        )
    if stars <= negative_to:
        return one_hot(NEGATIVE)
    return one_hot(POSITIVE if stars >= positive_from else NEUTRAL)


def target_of_shares(given: Sequence[object]) -> Target:
    """Return the target of three shares, votes or weights, normalised to a sum of 1.

    >>> target_of_shares(["1", "0", "3"])
    (0.25, 0.0, 0.75)
    """
    try:
        shares = [number_of(value) for value in given]
    except ValueError as error:
        raise ValueError(f"the soft label {given} is not three numbers") from error
    total = sum(shares)
    if not all(share >= 0 for share in shares) or not 0 < total < float("inf"):
        raise ValueError(f"the soft label {given} is not three shares of a whole")
    negative, neutral, positive = (share / total for share in shares)
    return negative, neutral, positive


def one_hot(label: int) -> Target:
    """Return the target of a single label."""
    return float(label == NEGATIVE), float(label == NEUTRAL), float(label == POSITIVE)


def number_of(given: object) -> float:
    """Return a number, also one with a decimal comma; raise ValueError for others."""
    text = str(given)
    return float(text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text)


def rating_of(given: object) -> tuple[float, int | None]:
    """Return a rating's number, and the best one of its scale, if it is written so.

    >>> rating_of("4.5 out of 5 stars"), rating_of("5 stars"), rating_of("★★☆☆☆")
    ((4.5, 5), (5.0, None), (2.0, 5))

    Raises:
        ValueError: It is neither a number nor written as a rating.
    """
    text = str(given).strip().replace("\ufe0f", "")  # makes a star an emoji
    if drawn := _DRAWN.fullmatch(text) if text else None:
        full, empty = map(len, drawn.groups())
        return float(full), full + empty if empty and full + empty in _SCALES else None
    written = _WRITTEN.fullmatch(text)
    if not written:
        return number_of(given), None
    return number_of(written[1]), int(written[2]) if written[2] else None


def _is_number(text: str) -> bool:
    try:
        number_of(text)
    except ValueError:
        return False
    return True
