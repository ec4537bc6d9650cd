"""Write rows with their results as CSV, with the quotes they need or with none."""

import codecs
import re
from collections.abc import Iterable, Sequence

from sentiment.errors import DataError
from sentiment.scoring.columns import is_like_a_name
from sentiment.scoring.formats.cells import as_cell, in_utf_8, values_in_order
from sentiment.scoring.results import Results
from sentiment.tables import Row
from sentiment.tables.rows import EMPTY

# Characters that begin a formula in a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class CsvWriter:
    """CSV in UTF-8; with ``marked`` it begins with a byte order mark.

    An empty text is written as ``""``, a missing value as nothing; an empty cell of CSV
    as it was. With ``escape_formulas`` a cell that a spreadsheet would run gets an
    apostrophe in front, and is then not the cell that came in. ``decimal_comma`` is for
    spreadsheets of countries that write numbers so.
    """

    assemble = None

    def __init__(
        self,
        columns: Sequence[str],
        results: Sequence[str],
        *,
        delimiter: str = ",",
        line_end: str = "\r\n",
        escape_formulas: bool = False,
        marked: bool = False,
        decimal_comma: bool = False,
    ) -> None:
        self._columns = list(columns)
        self._results = list(results)
        self._delimiter = delimiter
        self._line_end = line_end
        self._escape = escape_formulas
        # Among them a lone CR, which the csv module leaves unquoted before a plain LF,
        # and readers take for a line's end.
        self._special = re.compile(rf'["\r\n{re.escape(delimiter)}]')
        self._decimal_comma = decimal_comma
        self._mark = codecs.BOM_UTF8 if marked else b""

    def header(self) -> bytes:
        """Return the header line, behind the byte order mark if there is one."""
        names = self._disarmed([*self._columns, *self._results])
        return self._mark + self._lines([self._quoted(names)])

    def block(self, rows: Sequence[Row], results: Results) -> bytes:
        """Return a line for each row."""
        quoted, cells_of, local = self._quoted, self._cells, self._local
        errors = quoted(results.errors)
        return self._lines(
            [
                # Labels and numbers need no quotes, but for a decimal comma.
                [*quoted(cells_of(row)), *local(answer[:-1]), error]
                for row, answer, error in zip(
                    rows, results.cells(), errors, strict=True
                )
            ]
        )

    def _local(self, numbers: Sequence[str]) -> Sequence[str]:
        """Return a row's label and numbers as its readers write numbers."""
        if not self._decimal_comma:
            return numbers
        return self._quoted([number.replace(".", ",") for number in numbers])

    def _cells(self, row: Row) -> list[str]:
        if row.raw is not None:
            cells = list(map(_cell, values_in_order(row, self._columns)))
        elif row.origin is not None:
            cells = list(map(_cell, row.values))
        else:
            cells = row.values  # of CSV all are cells
        return self._disarmed(cells)

    def _disarmed(self, cells: list[str]) -> list[str]:
        if not self._escape:
            return cells
        return ["'" + cell if cell.startswith(_FORMULA) else cell for cell in cells]

    def _quoted(self, cells: Sequence[str]) -> Sequence[str]:
        special = self._special.search
        return [
            _in_quotes(cell) if cell is EMPTY or special(cell) else cell
            for cell in cells
        ]

    def _lines(self, lines: Iterable[Sequence[str]]) -> bytes:
        # With a last, empty line, so that each of the others has an end.
        joined = [*map(self._delimiter.join, lines), ""]
        return in_utf_8(self._line_end.join(joined))


def _cell(value: object) -> str:
    """Return a value of another format as a cell."""
    return "" if value is None else as_cell(value) or EMPTY


def _in_quotes(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


class UnquotedWriter(CsvWriter):
    r"""CSV whose quotes are characters like others, so that cells stand as they are.

    A reader of the output splits at every delimiter. The surplus of a row with too many
    cells is in its last cell; delimiters within it are written by their code (a tab as
    ``\t``, a comma as ``\x2c``), so that no cell changes its column.
    """

    def header(self) -> bytes:
        """Return the header line.

        Raises:
            DataError: A name cannot be written without quotes.
        """
        names = [*self._columns, *self._results]
        self._require_plain(names, "the header", strict=True)
        return super().header()

    def block(self, rows: Sequence[Row], results: Results) -> bytes:
        """Return a line for each row.

        Raises:
            DataError: A cell cannot be written without quotes.
        """
        lines = []
        for row, (*answer, error) in zip(rows, results.cells(), strict=True):
            cells = self._cells(row)
            if row.surplus:
                cells = [self._spelled_out(cell) for cell in cells]
            # These are our own messages: another punctuation mark will do.
            other = " " if self._delimiter == ";" else ";"
            lines.append(
                [*cells, *self._local(answer), error.replace(self._delimiter, other)]
            )
            # A lone CR ends no line where the input has no quotes, either.
            strict = row.raw is not None or row.origin is not None
            self._require_plain(lines[-1], f"line {row.line:,}", strict=strict)
        return self._lines(lines)

    def _spelled_out(self, cell: str) -> str:
        spelled = "\\t" if self._delimiter == "\t" else f"\\x{ord(self._delimiter):02x}"
        if not self._delimiter.isascii():
            spelled = self._delimiter.encode("ascii", "backslashreplace").decode()
        # A digit, a backslash and an x stand in their own codes.
        if self._delimiter in spelled:
            spelled = " "
        return cell.replace(self._delimiter, spelled)

    def _require_plain(self, cells: list[str], where: str, *, strict: bool) -> None:
        special = [self._delimiter, "\n", *(["\r"] if strict else [])]
        line = "".join(cells)
        if not any(character in line for character in special):
            return
        for place, cell in enumerate(cells):
            for character in special:
                if character in cell:
                    raise DataError(
                        f"{where}: {self._called(place)} holds {character!r}, which "
                        "cannot be written without quotes: turn quoting on, or choose "
                        "another output format",
                        option="quoting",
                    )

    def _called(self, place: int) -> str:
        """Return what to call a cell; its column's name may be a text."""
        name = [*self._columns, *self._results][place]
        return f"the cell of {name!r}" if is_like_a_name(name) else f"cell {place + 1}"

    def _quoted(self, cells: Sequence[str]) -> Sequence[str]:
        return cells
