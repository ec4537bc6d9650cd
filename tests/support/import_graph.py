"""Who imports whom among the project's modules, read from their code."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from source_code import Source


@dataclass(frozen=True)
class Import:
    """One imported module, absolute; ``eager`` if importing the file imports it."""

    module: str
    line: int
    eager: bool


def read_modules(root: Path, packages: Iterable[str]) -> dict[str, Source]:
    """Return every module of the packages in ``root``, under its full name."""
    found = {}
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[module] = Source(path, module, ast.parse(path.read_text()))
    return found


def imports_of(source: Source, known: dict[str, Source]) -> Iterator[Import]:
    """Yield what a module imports, wherever the import stands in it."""
    for node, eager in _nodes(source.tree, eager=True):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, eager)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, source)
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield Import(inner if inner in known else base, node.lineno, eager)


def _nodes(node: ast.AST, *, eager: bool) -> Iterator[tuple[ast.AST, bool]]:
    """Yield every node, and whether it runs when its file is imported."""
    for child in ast.iter_child_nodes(node):
        yield child, eager
        late = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing_only = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(
            child.test
        )
        yield from _nodes(child, eager=eager and not late and not typing_only)


def _absolute(node: ast.ImportFrom, source: Source) -> str:
    if not node.level:
        return node.module or ""
    package = source.module.split(".")
    if source.path.name != "__init__.py":
        package = package[:-1]
    base = package[: len(package) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def eager_edges(known: dict[str, Source]) -> dict[str, set[str]]:
    """Map each module to what is imported with it, other packages' modules included."""
    return {
        module: {found.module for found in imports_of(source, known) if found.eager}
        for module, source in known.items()
    }


def cycle_in(edges: dict[str, set[str]]) -> list[str]:
    """Return the modules of one cycle, in the order of their imports, or nothing."""
    done: set[str] = set()

    def walk(module: str, path: list[str]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return []
        for imported in sorted(edges.get(module, ())):
            if imported != module and (cycle := walk(imported, [*path, module])):
                return cycle
        done.add(module)
        return []

    for module in sorted(edges):
        if cycle := walk(module, []):
            return cycle
    return []


def brought_along(modules: Iterable[str], edges: dict[str, set[str]]) -> set[str]:
    """Return ``modules`` and all of the project's that importing them imports."""
    found: set[str] = set()
    waiting = [name for name in modules if name in edges]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting.extend(name for name in edges[module] if name in edges)
    return found


def chain_to(packages: set[str], module: str, edges: dict[str, set[str]]) -> list[str]:
    """Return by which modules ``module`` imports one of ``packages``, or nothing."""
    seen = {module}
    chains = [[module]]
    while chains:
        chain = chains.pop(0)
        # Importing sentiment.tables.csv runs sentiment/__init__.py, too.
        parents = {chain[-1].rsplit(".", n)[0] for n in range(chain[-1].count(".") + 1)}
        for imported in sorted(edges.get(chain[-1], set()) | parents):
            if imported.split(".")[0] in packages:
                return [*chain, imported]
            if imported in edges and imported not in seen:
                seen.add(imported)
                chains.append([*chain, imported])
    return []
