"""Which files are scored: the one named, or those of a folder."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sentiment.errors import DataError
from sentiment.tables.formats import hints_of_name
from sentiment.wording import counted

# Spark and Arrow skip these, too: they are notes about a table, not part of it.
_NO_DATA = ("_", ".")
# Beside tables they are mostly a README and a description of the columns.
_RARELY_DATA = (".txt", ".json")


@dataclass(frozen=True, kw_only=True)
class Source:
    """One file: ``name`` is its path within the folder, ``changed`` when it last was.

    Size and time show whether it is still the same; a checksum would mean reading a
    terabyte twice.
    """

    path: str
    name: str
    size: int
    changed: int

    @classmethod
    def of(cls, path: Path, name: str) -> "Source":
        """Return the file as it is now."""
        status = path.stat()
        return cls(
            path=str(path),
            name=name,
            size=status.st_size,
            changed=status.st_mtime_ns,
        )

    def require_unchanged(self) -> None:
        """Refuse a file that is another than when the run began, or not here.

        Raises:
            DataError: It is.
        """
        try:
            now = Source.of(Path(self.path), self.name)
        except OSError as error:
            raise DataError(
                f"cannot read {self.path}: {error.strerror}. Every node of the cluster "
                "must see the input and the output under the same paths"
            ) from error
        if now != self:
            raise DataError(
                f"{self.path} was changed while it was scored: run again without "
                "--resume"
            )


def find_sources(path: Path, say: Callable[[str], None] | None = None) -> list[Source]:
    """Return the file, or a folder's tables by name, those of folders within it too.

    Files whose names are no table's are skipped, and so are empty files, which many
    programs write for a part without rows; ``say`` reports it.

    Raises:
        DataError: There is none, or it is a pipe.
    """
    path = path.resolve()
    if not path.is_dir():
        try:
            source = Source.of(path, path.name)
        except OSError as error:
            raise DataError(f"cannot read {path}: {error.strerror}") from error
        if not path.is_file():
            raise DataError(
                f"{path} is a pipe or a device, which only one process can read: write "
                "it into a file first, or take --engine local"
            )
        return [source]
    tables: list[Path] = []
    others: list[Path] = []
    for file in _visible(path):
        (tables if _is_named_like_a_table(file.name) else others).append(file)
    if not tables:
        raise DataError(
            f"{path} holds no table: files whose names end in .csv, .tsv or .parquet "
            "are read (.gz after it, too)"
        )
    _tell_passed_by([str(file.relative_to(path)) for file in others], "other file", say)
    found = [Source.of(file, str(file.relative_to(path))) for file in tables]
    return _with_content(found, say)


def _with_content(
    found: list[Source], say: Callable[[str], None] | None
) -> list[Source]:
    sources = [source for source in found if source.size]
    # If all are empty, the message says that the input is empty.
    if not sources:
        return found
    empty = [source.name for source in found if not source.size]
    _tell_passed_by(empty, "empty file", say)
    return sources


def _tell_passed_by(
    names: list[str], kind: str, say: Callable[[str], None] | None
) -> None:
    if say is not None and names:
        say(f"skipping {counted(len(names), kind)}, the first is {names[0]}")


def _visible(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(_NO_DATA) for part in parts)
        if not hidden and path.is_file():
            yield path


def _is_named_like_a_table(name: str) -> bool:
    said = hints_of_name(name)
    return said.format is not None and said.suffix not in _RARELY_DATA
