"""The settings for a column of labels or ratings, and lines that describe it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from sentiment.errors import DataError
from sentiment.labels import LABELS, NEUTRAL, POSITIVE
from sentiment.wording import counted, nearest
from training.data.targets import target_of_stars
from training.new_recipe.column import Column

_SHOWN = 8

# If the best of many ratings is no better, the scale may be another one.
_UNSURE_TO = {5: 4, 10: 8}


def rated(
    file: Path, column: Column, *, named: bool
) -> tuple[dict[str, Any], list[str]]:
    """Return the settings for a column of ratings, and lines that describe it.

    Raises:
        DataError: They are on no scale that is known.
    """
    scale = column.star_scale(named=named)
    if scale is None:
        raise _no_ratings(file, column)
    meanings = _labels_of_ratings(column, scale)
    rows = Counter[str]()
    for value, label in meanings.items():
        rows[label] += column.values[value]
    settings = {"stars_column": column.name, "star_scale": scale, **_two_class(rows)}
    lines = [f"stars: column {column.name!r}, {scale} the best"]
    lines += [
        f"  {label}: {counted(rows[label], 'row')}" for label in LABELS if rows[label]
    ]
    lines += _told(settings)
    if len(rows) == 1:
        lines.append("  all have one label, and a model needs texts of at least two")
    lines += _assumed(column, scale, meanings)
    odd = {value: n for value, n in column.values.items() if value not in meanings}
    if odd:
        shown = [f"{value!r}: {counted(n, 'row')}" for value, n in odd.items()]
        lines.append(f"  skipped: {_first(shown)}")
    lines += _blank(column)
    return settings, lines


def _assumed(column: Column, scale: int, meanings: Mapping[str, str]) -> Iterator[str]:
    """Yield notes if the scale of the ratings is uncertain."""
    numbers = column.numbers()
    best = max(numbers.values())
    if best > _UNSURE_TO[scale] or column.says_its_scale:
        return
    neutral = [one for one in meanings if meanings[one] == LABELS[NEUTRAL]]
    yield (
        f"  a scale of {scale} is assumed, though the best rating is {best:g}; neutral "
        f"there: {some(sorted(neutral, key=numbers.__getitem__)) or 'none'}"
    )
    if LABELS[POSITIVE] not in meanings.values():
        value = max(numbers, key=numbers.__getitem__)
        yield (
            f"  no rating is positive on it: if {value!r} is, say so with "
            f"--label-column {column.name!r} --label {value!r}=positive, and what the "
            "others mean likewise"
        )


def _labels_of_ratings(column: Column, scale: int) -> dict[str, str]:
    """Return the labels of those values that are ratings on the scale."""
    labels = {}
    for value in column.numbers():
        try:
            target = target_of_stars(value, scale)
        except ValueError:
            continue  # training will skip it, too
        labels[value] = LABELS[target.index(1)]
    return labels


def _no_ratings(file: Path, column: Column) -> DataError:
    numbers = column.numbers().values()
    found = f"column {column.name!r} of {file} holds no ratings from 1 to 5, or 0 to 10"
    if numbers and (min(numbers) < 0 or max(numbers) > 10):
        return DataError(
            f"{found}: its numbers go from {min(numbers):g} to {max(numbers):g}. A "
            "possible solution is to bring them to such a scale"
        )
    return DataError(
        f"{found}: {some(column.values)}. A possible solution is to name it with "
        "--label-column"
    )


def labelled(
    file: Path, column: Column, said: Mapping[str, str]
) -> tuple[dict[str, Any], list[str]]:
    """Return the settings for a column of labels, and lines that describe it.

    ``said`` has the user's meanings of values.

    Raises:
        DataError: The column lacks one of these values, or fewer than two labels are
            known.
    """
    for value in said:
        if value not in column.values and len(column.values) <= _SHOWN:
            raise DataError(
                f"column {column.name!r} of {file} has no {value!r}: "
                f"{nearest(value, column.values)}"
            )
    known = {**column.labels(), **said}
    unknown = [value for value in column.values if value not in known]
    if len({*known.values()}) < 2:
        if len(column.values) == 1 or not unknown:
            raise _one_label(file, column, known)
        stars = ", or name it with --stars-column" if column.may_be_stars else ""
        raise DataError(
            f"column {column.name!r} of {file} holds {some(column.values)}: say what "
            f"at least two of them mean, as in --label {_quoted(column)}=positive"
            f"{stars}"
        )
    renamed = {value: label for value, label in known.items() if value.lower() != label}
    settings: dict[str, Any] = {"label_column": column.name}
    if renamed:
        settings["labels"] = renamed
    settings |= _two_class(known.values())
    lines = [f"labels: column {column.name!r}"]
    for value, label in known.items():
        count = counted(column.values.get(value, 0), "row")
        lines.append(f"  {value} is {label}: {count}")
    lines += _told(settings)
    if unknown:
        lines.append(
            f"  of unknown meaning, and skipped: {some(unknown)}; --label says it"
        )
    lines += _blank(column)
    return settings, lines


def _blank(column: Column) -> Iterator[str]:
    """Yield how many rows say nothing of the text."""
    if column.blank:
        yield f"  blank, and skipped: {counted(column.blank, 'row')}"


def _one_label(file: Path, column: Column, known: Mapping[str, str]) -> DataError:
    """Return the refusal of a column whose values are all the same label, or all one.

    More meanings would not help.
    """
    label = next(iter(known.values()), "")
    alike = f", {label} each time" if label and {*column.values} != {label} else ""
    held = f"holds only {some(column.values)}{alike}" if column.values else "is empty"
    return DataError(
        f"column {column.name!r} of {file} {held}: a model needs texts of at least two "
        "labels. A possible solution is to add texts of another, or to name another "
        "column with --label-column"
    )


def _two_class(labels: Iterable[str]) -> dict[str, bool]:
    """Return the setting ``two_class``, if neutral is not among the labels."""
    return {} if LABELS[NEUTRAL] in labels else {"two_class": True}


def _told(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield a note if the settings leave neutral out of what is learned."""
    if settings.get("two_class"):
        yield "  no row is neutral: two_class = true, and neutral is not learned"


def _quoted(column: Column) -> str:
    return repr(next(iter(column.values), "good"))


def some(names: Iterable[str]) -> str:
    """Return the first few of some names.

    >>> some("abc")
    "'a', 'b', 'c'"
    """
    return _first(map(repr, names))


def _first(said: Iterable[str]) -> str:
    shown = [*islice(said, _SHOWN + 1)]
    return ", ".join([*shown[:_SHOWN], "..."] if len(shown) > _SHOWN else shown)
