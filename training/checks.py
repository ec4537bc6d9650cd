"""Refuse a value that a recipe's table cannot mean: say which, and what it may be."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from sentiment.errors import ConfigError, nearest


@dataclass(frozen=True)
class Checks:
    """The checks of one table; ``where`` stands in front of its settings' names.

    Every method raises ConfigError. A NaN passes none of them.

    >>> from types import SimpleNamespace
    >>> Checks(SimpleNamespace(epochs=0), "[training]").at_least(1, "epochs")
    Traceback (most recent call last):
    sentiment.errors.ConfigError: [training] epochs must be at least 1, not 0
    """

    table: object
    where: str

    def at_least(self, least: float, *names: str) -> None:
        """Require numbers of ``least`` or more."""
        for name in names:
            self.require(self._value(name) >= least, name, f"at least {least:g}")

    def above(self, bound: float, *names: str) -> None:
        """Require finite numbers above ``bound``."""
        for name in names:
            self.require(bound < self._value(name) < math.inf, name, f"above {bound:g}")

    def below_one(self, *names: str) -> None:
        """Require numbers from 0 to below 1, such as a dropout."""
        for name in names:
            self.require(0 <= self._value(name) < 1, name, "in [0, 1)")

    def one_of(self, choices: Iterable[str], name: str) -> None:
        """Require one of a few words."""
        value, choices = self._value(name), list(choices)
        if value not in choices:
            self.refuse(f"{name} is {value!r}: {nearest(str(value), choices)}")

    def each_of(self, choices: Iterable[str], name: str) -> None:
        """Require a list of a few words, none or several of them."""
        choices = list(choices)
        for value in self._value(name):
            if value not in choices:
                self.refuse(f"{name} has {value!r}: {nearest(str(value), choices)}")

    def maps_to(self, choices: Iterable[str], name: str) -> None:
        """Require a mapping whose values are among a few words."""
        choices = list(choices)
        for theirs, ours in self._value(name).items():
            if ours not in choices:
                hint = nearest(str(ours), choices)
                self.refuse(f"{name} maps {theirs!r} to {ours!r}: {hint}")

    def require(self, holds: bool, name: str, wanted: str) -> None:
        """Refuse the setting ``name`` unless its check ``holds``."""
        if not holds:
            self.refuse(f"{name} must be {wanted}, not {self._value(name)!r}")

    def refuse(self, complaint: str) -> NoReturn:
        """Raise the error that says ``complaint`` of the table."""
        raise ConfigError(f"{self.where} {complaint}")

    def _value(self, name: str) -> Any:
        return getattr(self.table, name)
