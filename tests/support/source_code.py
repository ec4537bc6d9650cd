"""What a file of Python names: modules that it imports, functions that it calls."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """One file of Python and the module that it makes."""

    path: Path
    module: str
    tree: ast.Module


def forbidden_names(
    source: Source, modules: set[str], calls: set[str]
) -> Iterator[str]:
    """Yield each import of ``modules`` and each use of ``calls``, by file and line."""
    names: dict[str, str] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            base = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                full = base + alias.name
                names[alias.asname or alias.name.split(".")[0]] = (
                    full if alias.asname or base else alias.name.split(".")[0]
                )
                if any(f"{full}.".startswith(f"{module}.") for module in modules):
                    yield f"{source.path}:{node.lineno} imports {full}"
                if full in calls:
                    yield f"{source.path}:{node.lineno} imports {full}"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and _full_name(node.func, names) in calls:
            yield f"{source.path}:{node.lineno} calls {ast.unparse(node.func)}"


def _full_name(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_full_name(node.value, names)}.{node.attr}"
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    return "?"
