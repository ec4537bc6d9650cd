"""Say whether a text can be made by a template, however its slots are filled."""

import re
from collections.abc import Iterator
from functools import cached_property

from training.data.cleaning import normalised
from training.data.templates import Templates

_SLOT = re.compile(r"\{(\w+)\}")


class TemplatePatterns:
    """A pattern for each template, of letters and digits alone."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._by_slot: dict[str, str] = {}

    def make(self, text: str) -> bool:
        """Return whether a template makes ``text``, but for spaces, signs and case."""
        identity = normalised(text)
        return any(
            literal in identity and pattern.fullmatch(identity)
            for literal, pattern in self._patterns
        )

    @cached_property
    def _patterns(self) -> list[tuple[str, re.Pattern[str]]]:
        """The longest part of each template that is no slot, and its pattern."""
        return [*self._compiled()]

    def _compiled(self) -> Iterator[tuple[str, re.Pattern[str]]]:
        opening = "|".join(_letters(one) for one in self._templates.openings)
        for _, templates in self._templates.groups:
            for template in templates:
                parts = [_letters(part) for part in _SLOT.split(template)[::2]]
                pattern = self._pattern(template)
                if len(parts) == 1:
                    pattern = f"(?:{opening})?{pattern}"
                yield max(parts, key=len), re.compile(pattern)

    def _pattern(self, text: str) -> str:
        return "".join(
            self._filled(part) if at % 2 else _letters(part)
            for at, part in enumerate(_SLOT.split(text))
        )

    def _filled(self, slot: str) -> str:
        if slot not in self._by_slot:
            fillings = {self._pattern(one) for one in self._templates.slots[slot]}
            self._by_slot[slot] = f"(?:{'|'.join(sorted(fillings))})"
        return self._by_slot[slot]


def _letters(part: str) -> str:
    """Return the letters and digits of a part of a text, as in its identity."""
    return "".join(one for one in normalised(part) if one.isalnum())
