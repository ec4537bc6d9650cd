"""Write the list of packages in docs/architecture.md from their own first lines.

Usage: ``make format``. A test says so where the list and the packages differ.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from marks import cut

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/architecture.md"
BEGIN = "<!-- the packages: written by scripts/rooms.py -->\n"
END = "<!-- end of the packages -->\n"
ROOMS = ("sentiment", "training", "service")


def listing(root: Path = ROOT) -> str:
    """Return a table of each room's packages: what their docstrings say first."""
    return "\n".join(_table(root, room) for room in ROOMS)


def _table(root: Path, room: str) -> str:
    rows = "".join(f"| `{name}/` | {line} |\n" for name, line in _packages(root, room))
    return f"### {room}/\n\n| package | what for |\n| --- | --- |\n{rows}"


def _packages(root: Path, room: str) -> Iterator[tuple[str, str]]:
    for path in sorted((root / room).rglob("__init__.py"), key=lambda file: file.parts):
        doc = ast.get_docstring(ast.parse(path.read_text())) or ""
        folder = path.parent.relative_to(root / room)
        yield str(folder) if folder.name else room, doc.split("\n")[0]


def written(page: str, packages: str) -> str:
    """Return ``page`` with the list in its place.

    Raises:
        ValueError: The page has lost the marks around the list.
    """
    before, _, after = cut(page, BEGIN, END)
    return f"{before}{BEGIN}\n{packages}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(), listing()))
