"""Texts made from templates: constructions that a recipe's other sources lack.

A template is a text with slots, and a label that holds however the slots are filled, as
in CheckList (Ribeiro et al. 2020, "Beyond Accuracy: Behavioral Testing of NLP Models
with CheckList"), here to train on.
"""

import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

from sentiment.errors import DataError
from sentiment.labels import LABELS
from sentiment.wording import nearest
from training.data.examples import Example
from training.data.source import SourceConfig, no_such_file
from training.data.targets import one_hot

# Templates that come with the project, by the name that a recipe calls them.
PACKAGED = {"constructions": Path(__file__).with_name("constructions.toml")}

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True)
class Templates:
    """Groups of templates with one label each, and what fills their slots.

    A slot with a capital is filled as the one without, and begins with a capital.
    ``openings`` are put before a template without slots, which would otherwise be a
    single text, and learned from once where others are learned from many times.

    Raises:
        DataError: A slot is missing, empty or holds itself; or a label is unknown.
    """

    slots: Mapping[str, Sequence[str]]
    groups: Sequence[tuple[str, Sequence[str]]]
    openings: Sequence[str]
    file: str

    def __post_init__(self) -> None:
        for label, texts in self.groups:
            if label not in LABELS:
                self._refuse(f"there is no label {label!r}: {nearest(label, LABELS)}")
            self._check_slots(texts)
        for fillings in self.slots.values():
            self._check_slots(fillings)
        inside = {name: _slots_in(fillings) for name, fillings in self.slots.items()}
        try:
            TopologicalSorter(inside).prepare()
        except CycleError as error:
            self._refuse(f"the slot {error.args[1][0]!r} holds itself")

    def texts(self, copies: int) -> Iterator[tuple[str, str]]:
        """Yield texts with their labels, up to ``copies`` different ones a template.

        They depend on the templates alone, so that each run trains on the same.
        """
        for label, texts in self.groups:
            for template in texts:
                yield from ((text, label) for text in self._made_of(template, copies))

    def _made_of(self, template: str, copies: int) -> list[str]:
        if not _SLOT.search(template):
            opened = (f"{opening}{template}" for opening in self.openings)
            return [template, *islice(opened, copies - 1)]
        # Seeded with the template: others may be added or moved.
        chance = random.Random(template)
        return list(
            dict.fromkeys(self._filled(template, chance) for _ in range(copies))
        )

    def _filled(self, template: str, chance: random.Random) -> str:
        text = template
        while _SLOT.search(text):
            text = _SLOT.sub(lambda slot: chance.choice(self.slots[slot[1]]), text)
        # A template that begins with a slot begins a sentence.
        return text[:1].upper() + text[1:] if _SLOT.match(template) else text

    def _check_slots(self, texts: Sequence[str]) -> None:
        for name in _slots_in(texts):
            if not self.slots.get(name):
                self._refuse(
                    f"nothing fills the slot {name!r}: {nearest(name, self.slots)}"
                )

    def _refuse(self, complaint: str) -> NoReturn:
        raise DataError(f"{self.file}: {complaint}")


def _slots_in(texts: Sequence[str]) -> set[str]:
    return {name for text in texts for name in _SLOT.findall(text)}


def read_templates(source: SourceConfig, data_root: Path) -> Iterator[Example]:
    """Yield the texts of a source of templates, all for training.

    Raises:
        DataError: A file is missing, or is not of templates.
    """
    for path in source.paths:
        file = PACKAGED.get(path, data_root / path)
        for text, label in load_templates(file, source.name).texts(source.copies):
            yield Example(
                text=text,
                target=one_hot(LABELS.index(label)),
                source=source.name,
                split="train",
                unit=source.unit,
                file=str(file),
            )


def load_templates(file: Path, source: str) -> Templates:
    """Return the templates of a TOML file with ``[slots]`` and ``[[templates]]``.

    Raises:
        DataError: The file is missing, is not TOML, or is not of that form.
    """
    if not file.is_file():
        raise no_such_file(f"source {source!r}", file)
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
        return Templates(
            slots=_with_capitals(
                {name: _strings(value) for name, value in tables["slots"].items()}
            ),
            groups=[
                (str(group["label"]), _strings(group["texts"]))
                for group in tables["templates"]
            ],
            openings=_strings(tables.get("openings", [])),
            file=str(file),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DataError(
            f"{file} is not a file of templates ({error}): it needs [slots], a list of "
            "fillings each, and [[templates]] with a label and a list of texts each"
        ) from error


def _with_capitals(slots: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Add ``{A_dog}`` to ``{a_dog}``, unless the file itself says what fills it."""
    capitals = {
        _capitalised(name): [_capitalised(filling) for filling in fillings]
        for name, fillings in slots.items()
    }
    # Twice: messages name the first of what is wrong, and what the file says holds.
    return {**slots, **capitals, **slots}


def _capitalised(text: str) -> str:
    """Return ``text`` with a capital: of a slot that it begins with, the slot's."""
    first = 1 if text.startswith("{") else 0
    return text[:first] + text[first : first + 1].upper() + text[first + 1 :]


def _strings(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise TypeError(f"{value!r} is not a list of texts")
    return value
