"""Show the progress of a scoring: a bar while it runs, a summary at its end."""

import sys
import time
from types import TracebackType
from typing import Never, Self

from tqdm import tqdm

from sentiment.labels import LABELS
from sentiment.scoring.results import Tally
from sentiment.tables import Dialect
from sentiment.wording import counted

# Of JSON lines, whose columns are looked for, a second's work.
_LONG_BYTES = 16_000_000


class Progress:
    """Receives the progress of a scoring; this base class shows nothing."""

    def say(self, message: str) -> None:
        """Take a message for the user."""

    def say_dialect(self, name: str, dialect: Dialect) -> None:
        """Report how the table ``name`` is written, and the way out of a guess."""
        self.say(f"reading {name}: {dialect.describe()}")
        if dialect.guess:
            self.say("if letters come out wrong, name the encoding: --encoding")
        if dialect.title_lines:
            above = dialect.skip_lines + dialect.title_lines
            self.say(
                f"line {above + 1:,} looks like the header, and what is above it like "
                f"a title: --skip-lines {above} leaves that out"
            )

    def look(self, what: str, total_bytes: int | None) -> None:
        """Begin a reading that comes before the rows, of so many bytes."""

    def looked(self, read_bytes: int) -> None:
        """Update how far that reading has come; it may begin anew."""

    def start(self, total_bytes: int | None, tally: Tally) -> None:
        """Begin the scoring: how much is to be read (None: unknown), what is done."""

    def update(self, read_bytes: int, tally: Tally) -> None:
        """Update how far the reading has come, and what was written."""


class ProgressBar(Progress):
    """A bar on stderr where that is a terminal: bytes, rows, rows/s, time left."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.rows = 0
        self._quiet = quiet
        self._bar: tqdm[Never] | None = None
        self._looking = ""
        self._began = time.monotonic()
        self._rows_before = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def say(self, message: str) -> None:
        """Print a line to stderr, above the bar, unless nothing is to be said."""
        if not self._quiet:
            tqdm.write(message, file=sys.stderr)

    def look(self, what: str, total_bytes: int | None) -> None:
        """Show a bar for what comes before the rows, and say it once it takes long."""
        self._looking = what
        self._bar = self._new_bar(total_bytes, what)

    def looked(self, read_bytes: int) -> None:
        """Move that bar, to its beginning where a reading is another than the last."""
        if self._looking and read_bytes >= _LONG_BYTES:
            self.say(self._looking)
            self._looking = ""
        if self._bar is not None and not self._bar.disable:
            if read_bytes < self._bar.n:
                self._bar.reset()
            self._bar.update(read_bytes - self._bar.n)

    def start(self, total_bytes: int | None, tally: Tally) -> None:
        """Show the bar; without a total it counts only."""
        self.rows = self._rows_before = tally.rows
        self._began = time.monotonic()
        self._bar = self._new_bar(total_bytes)

    def _new_bar(
        self, total_bytes: int | None, what: str | None = None
    ) -> "tqdm[Never]":
        self._close()
        return tqdm(
            desc=what,
            total=total_bytes,
            unit="B",
            unit_scale=True,
            disable=self._quiet or not sys.stderr.isatty(),
            file=sys.stderr,
            leave=False,
            miniters=1,
            mininterval=0,  # a block at a time is seldom enough
        )

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()

    def update(self, read_bytes: int, tally: Tally) -> None:
        """Move the bar."""
        self.rows = tally.rows
        if self._bar is None or self._bar.disable:
            return
        if self._bar.n == 0:
            # What a resumed run skipped must not count for the time left.
            self._bar.initial = read_bytes if self._rows_before else 0
        told = f"{tally.rows:,} rows, {self._rate():,.0f} rows/s"
        self._bar.set_postfix_str(told, refresh=False)
        self._bar.update(read_bytes - self._bar.n)

    def summarise(self, tally: Tally) -> None:
        """Print what came out, after what speaks against it."""
        self.rows = tally.rows
        if doubt := tally.doubt():
            self.say(doubt)
        sound = max(tally.rows - tally.errors, 1)
        mix = ", ".join(
            f"{tally.labels[label]:,} {label} ({tally.labels[label] / sound:.0%})"
            for label in LABELS
        )
        self.say(
            f"{counted(tally.rows, 'row')}: {mix}; {tally.errors:,} with an error, "
            f"{tally.truncated:,} read in part; {self._rate():,.0f} rows/s"
        )

    def _rate(self) -> float:
        seconds = max(time.monotonic() - self._began, 1e-9)
        return (self.rows - self._rows_before) / seconds
