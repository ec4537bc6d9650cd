"""The settings of a recipe: read from its classes."""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from itertools import pairwise
from typing import Any

from sentiment.config_checks import bounds_of


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting: ``default`` is None if it is optional and MISSING if it is required.

    ``doc`` is its meaning, and ``bounds`` its valid values, empty for any of its type.
    """

    name: str
    default: Any
    doc: str
    bounds: str


def settings_of(table: type[Any]) -> Iterator[Setting]:
    """Yield the settings of a recipe's table, in the order of its class.

    >>> from training.data.config import SplitConfig
    >>> setting = next(settings_of(SplitConfig))
    >>> setting.name, setting.default, setting.bounds
    ('validation', 0.1, 'in [0, 1)')
    """
    docs, bounds = _docs_of(table), bounds_of(table)
    for field in fields(table):
        made = field.default_factory
        yield Setting(
            name=field.name,
            default=field.default if made is MISSING else made(),
            doc=docs.get(field.name, ""),
            bounds="; ".join(bound.words for bound in bounds[field.name]),
        )


def summary_of(table: type[Any]) -> str:
    """Return the description of a table: its class's docstring, without ``Raises``."""
    return inspect.cleandoc(table.__doc__ or "").partition("\n\nRaises:")[0]


def _docs_of(table: type[Any]) -> Mapping[str, str]:
    """Return the docstring below each field of a class.

    Python does not keep them, so they are read from the source.
    """
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(table))).body
    statements = body.body if isinstance(body, ast.ClassDef) else []
    docs = {}
    for field, below in pairwise(statements):
        if not isinstance(field, ast.AnnAssign) or not isinstance(below, ast.Expr):
            continue
        if isinstance(field.target, ast.Name) and isinstance(below.value, ast.Constant):
            docs[field.target.id] = inspect.cleandoc(str(below.value.value))
    return docs
