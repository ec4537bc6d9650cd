"""What a recipe can say: read from the classes that it is made into."""

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
    """One setting: ``default`` is None where it may be left out and MISSING where not.

    ``doc`` says what it means, and ``bounds`` what it must be; empty for anything of
    its type.
    """

    name: str
    default: Any
    doc: str
    bounds: str


def settings_of(table: type[Any]) -> Iterator[Setting]:
    """Yield the settings of a recipe's table, in the order of its class.

    >>> from training.config import SplitConfig
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
    """Return what a table is for: its class's words, without what it raises."""
    return inspect.cleandoc(table.__doc__ or "").partition("\n\nRaises:")[0]


def _docs_of(table: type[Any]) -> Mapping[str, str]:
    """Return what stands as a text below each field of a class, as below a function.

    Python forgets it, so that it is read from the source.
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
