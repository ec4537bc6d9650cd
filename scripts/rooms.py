"""Write the list of files in docs/architecture.md from the files' own first lines.

Usage: ``make format``. A test says so where the list and the files differ.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from marks import cut

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/architecture.md"
BEGIN = "<!-- the files: written by scripts/rooms.py -->\n"
END = "<!-- end of the files -->\n"
ROOMS = ("sentiment", "training", "service")


def listing(root: Path = ROOT) -> str:
    """Return the list: a table for each room, a line for each file that says something.

    A package's ``__init__.py`` stands for the package.
    """
    return "\n".join(_table(root, room) for room in ROOMS)


def _table(root: Path, room: str) -> str:
    rows = "".join(f"| `{name}` | {line} |\n" for name, line in _files(root, room))
    return f"### {room}/\n\n| file | what for |\n| --- | --- |\n{rows}"


def _files(root: Path, room: str) -> Iterator[tuple[str, str]]:
    for path in sorted((root / room).rglob("*.py"), key=_order):
        line = (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n")[0]
        name = path.relative_to(root / room)
        if path.name == "__init__.py":
            yield f"{name.parent}/" if name.parent.name else f"{room}/", line
        else:
            yield str(name), line


def _order(path: Path) -> list[tuple[bool, str]]:
    """Sort a folder's own files before those of its folders, ``__init__`` first."""
    *folders, name = path.parts
    return [(True, folder) for folder in folders] + [(False, name)]


def written(page: str, files: str) -> str:
    """Return ``page`` with the list in its place.

    Raises:
        ValueError: The page has lost the marks around the list.
    """
    before, _, after = cut(page, BEGIN, END)
    return f"{before}{BEGIN}\n{files}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(), listing()))
