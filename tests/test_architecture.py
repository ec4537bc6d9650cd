"""Reads the imports: training -> sentiment <- service, and no arrow may turn."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from source_code import Source, forbidden_names

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("sentiment", "service", "training")

# What a package's code may not name in an import, wherever the import stands.
NEVER = {
    "sentiment": {"service", "training", "flask", "gunicorn", "sklearn"},
    "service": {"training", "torch", "sklearn"},
    "training": {"service", "flask", "gunicorn"},
}
# These fetch data when they are called; nothing but pip, apt and npm downloads here.
FETCHING_CALLS = {
    "nltk.download",
    *(f"nltk.{name}" for name in ("word_tokenize", "sent_tokenize", "pos_tag")),
    *(f"nltk.tokenize.{name}" for name in ("word_tokenize", "sent_tokenize")),
    "nltk.tokenize.punkt.PunktTokenizer",
}
FETCHING_MODULES = {"nltk.corpus", "nltk.downloader", "nltk.data"}
# `--help` takes a third of a second, so these and what they import stay light.
LIGHT = (
    *("sentiment", "sentiment.cli", "sentiment.config", "sentiment.errors"),
    *(
        "sentiment.labels",
        "sentiment.prediction",
        "sentiment.store",
        "sentiment.tables",
    ),
    "training.cli",
)
HEAVY = {
    *("torch", "nltk", "sklearn", "matplotlib", "pandas", "pyarrow", "scipy"),
    *("flask", "vaderSentiment", "captum", "ray", "optuna", "tomlkit"),
    *("sqlalchemy", "psycopg"),
}


@dataclass(frozen=True)
class Import:
    """One imported module, absolute; ``eager`` if importing the file imports it."""

    module: str
    line: int
    eager: bool


def sources(root: Path) -> dict[str, Source]:
    found = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[module] = Source(path, module, ast.parse(path.read_text()))
    return found


def imports_of(source: Source, known: dict[str, Source]) -> Iterator[Import]:
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


def turned_arrows(known: dict[str, Source]) -> list[str]:
    return [
        f"{source.path}:{found.line} imports {found.module}"
        for source in known.values()
        for found in imports_of(source, known)
        if found.module.split(".")[0] in NEVER[source.module.split(".")[0]]
    ]


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


def facing_rooms(known: dict[str, Source]) -> list[tuple[str, str]]:
    """Return the pairs of a package's folders whose modules import each other's.

    What a recipe says of a folder's work (its config.py) is for all to read.
    """
    arrows = {
        (_room(module), _room(found.module))
        for module, source in known.items()
        for found in imports_of(source, known)
        if found.module in known and not found.module.endswith(".config")
    }
    return sorted((a, b) for a, b in arrows if a and a < b and (b, a) in arrows)


def _room(module: str) -> str:
    """Return the folder that a module is in; empty for a package's own modules."""
    return ".".join(module.split(".")[:2]) if module.count(".") > 1 else ""


def heavy_chain(module: str, edges: dict[str, set[str]]) -> list[str]:
    """Return how importing ``module`` comes to import something heavy, or nothing."""
    seen = {module}
    chains = [[module]]
    while chains:
        chain = chains.pop(0)
        # Importing sentiment.tables.csv runs sentiment/__init__.py, too.
        parents = {chain[-1].rsplit(".", n)[0] for n in range(chain[-1].count(".") + 1)}
        for imported in sorted(edges.get(chain[-1], set()) | parents):
            if imported.split(".")[0] in HEAVY:
                return [*chain, imported]
            if imported in edges and imported not in seen:
                seen.add(imported)
                chains.append([*chain, imported])
    return []


@pytest.fixture(scope="module")
def project() -> dict[str, Source]:
    return sources(ROOT)


def test_all_three_rooms_are_read(project):
    for package in PACKAGES:
        assert sum(name.split(".")[0] == package for name in project) > 1


def test_arrows_point_one_way(project):
    assert turned_arrows(project) == []


def test_no_module_imports_itself_by_a_detour(project):
    assert cycle_in(eager_edges(project)) == []


def test_rooms_of_a_package_look_one_way(project):
    assert facing_rooms(project) == []


def test_nothing_downloads_corpora(project):
    found = [
        hit
        for source in project.values()
        for hit in forbidden_names(source, FETCHING_MODULES, FETCHING_CALLS)
    ]
    assert found == []


def test_what_a_help_text_needs_names_nothing_heavy(project):
    edges = eager_edges(project)
    light = [
        name for name in edges if name in LIGHT or name.startswith("sentiment.tables.")
    ]
    assert set(LIGHT) <= set(light)
    assert [chain for name in light if (chain := heavy_chain(name, edges))] == []


def test_what_a_help_text_needs_loads_nothing_heavy():
    """The same, asked of Python itself: a dependency may import torch, too."""
    program = (
        f"import sys; [__import__(name) for name in {LIGHT!r}];"
        f"print(sorted(set(sys.modules) & {HEAVY!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


@pytest.mark.parametrize(
    ("path", "code", "complaint"),
    [
        ("service/app.py", "import torch", "imports torch"),
        ("service/app.py", "def f():\n    from torch import nn", "imports torch"),
        ("sentiment/a.py", "from flask import Flask", "imports flask"),
        ("sentiment/a/b.py", "from ...training import fit", "imports training"),
        ("training/a.py", "import service.app", "imports service.app"),
    ],
)
def test_a_turned_arrow_is_seen(tmp_path, path, code, complaint):
    known = planted(tmp_path, {path: code})
    assert [hit.split(" ", 1)[1] for hit in turned_arrows(known)] == [complaint]


def test_a_cycle_is_seen_and_a_late_import_is_none(tmp_path):
    files = {
        "sentiment/a.py": "from sentiment.b import x",
        "sentiment/b.py": "from sentiment import c",
        "sentiment/c.py": "import sentiment.a",
    }
    cycle = cycle_in(eager_edges(planted(tmp_path, files)))
    assert set(cycle) == {"sentiment.a", "sentiment.b", "sentiment.c"}
    files["sentiment/c.py"] = "def late():\n    import sentiment.a"
    assert cycle_in(eager_edges(planted(tmp_path, files))) == []


def test_two_rooms_that_look_at_each_other_are_seen(tmp_path):
    files = {
        "service/a/one.py": "from service.b import two",
        "service/a/config.py": "",
        "service/b/two.py": "from service.a.config import x",
    }
    assert facing_rooms(planted(tmp_path, files)) == []
    files["service/b/three.py"] = "def late():\n    from service.a.one import x"
    assert facing_rooms(planted(tmp_path, files)) == [("service.a", "service.b")]


def test_a_heavy_import_is_seen_through_others(tmp_path):
    files = {
        "sentiment/cli.py": "from sentiment.store import resolve",
        "sentiment/store.py": "import sentiment.artifact",
        "sentiment/artifact.py": "import torch",
    }
    edges = eager_edges(planted(tmp_path, files))
    assert heavy_chain("sentiment.cli", edges) == [
        *("sentiment.cli", "sentiment.store", "sentiment.artifact", "torch")
    ]
    files["sentiment/artifact.py"] = "if TYPE_CHECKING:\n    import torch"
    assert heavy_chain("sentiment.cli", eager_edges(planted(tmp_path, files))) == []


def planted(root: Path, files: dict[str, str]) -> dict[str, Source]:
    for name, code in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code + "\n")
    return sources(root)
