"""Which figures the tests record, read from their source: without running any."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from running import ROOT

TESTS = ROOT / "tests"
_CALL = "record_figure"
_NUMBER = r"[0-9][0-9,.]*"
_NUMERIC = re.compile(r",?(\.[0-9])?[dfg]?")


@dataclass(frozen=True)
class Recorded:
    """What a test says of a fault, and the form that its figure has."""

    fault: str
    promise: str
    form: re.Pattern[str]
    test: str


def recorded_faults() -> list[Recorded]:
    """Return what all tests record.

    Raises:
        ValueError: One records a fault or promise that is not the same in each run.
    """
    return [
        one
        for path in sorted(TESTS.rglob("test_*.py"))
        if path.name != "test_reliability.py"
        for one in recorded_in(path.read_text(), path.relative_to(TESTS))
    ]


def recorded_in(source: str, path: Path) -> Iterator[Recorded]:
    """Yield what the tests of one file record.

    Raises:
        ValueError: As above.
    """
    for function in ast.parse(source).body:
        if not isinstance(function, ast.FunctionDef):
            continue
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and _name(call.func) == _CALL:
                where = f"{path}::{function.name}"
                yield _recorded(call.args, where)


def _recorded(arguments: list[ast.expr], where: str) -> Recorded:
    fault, promise, figure = arguments
    if "::test_" not in where:
        raise ValueError(f"{where} records a figure, but is no test: its row names one")
    return Recorded(
        fault=_constant(fault, where),
        promise=_constant(promise, where),
        form=re.compile(_form(figure), re.DOTALL),
        test=where,
    )


def _constant(part: ast.expr, where: str) -> str:
    if isinstance(part, ast.Constant) and isinstance(part.value, str):
        return part.value
    raise ValueError(
        f"{where} records {ast.unparse(part)}: write a fault and its promise as they "
        "stand in the table, and what differs from run to run in the figure"
    )


def _form(part: ast.expr) -> str:
    """Return the expression that a figure matches; what is counted, by a number."""
    if isinstance(part, ast.JoinedStr):
        return "".join(map(_form, part.values))
    if isinstance(part, ast.Constant):
        return re.escape(str(part.value))
    if isinstance(part, ast.FormattedValue) and _is_number(part):
        return _NUMBER
    return ".+"


def _is_number(part: ast.FormattedValue) -> bool:
    if part.format_spec is not None:
        spec = ast.unparse(part.format_spec).strip("f'\"")
        return _NUMERIC.fullmatch(spec) is not None
    called = part.value.func if isinstance(part.value, ast.Call) else None
    return _name(called) in ("len", "count")


def _name(called: ast.expr | None) -> str:
    """Return the last name of what is called."""
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""
