"""Keep corrections in a database that several processes write at once, and read them.

It needs SQLAlchemy: ``open_store`` says how to get it.
"""

import os
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Select, delete, insert, inspect, select
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.schema import CreateIndex, CreateTable

from sentiment.errors import FeedbackError, MissingExtraError
from sentiment.feedback.correction import Correction
from sentiment.feedback.database import engine_of, url_of
from sentiment.feedback.database_errors import database_errors_hidden, is_busy
from sentiment.feedback.table import FEEDBACK

# Rows fetched at a time, so that memory does not grow with the table.
_ROWS = 1_000
_AGAIN_SECONDS = 0.02


class FeedbackStore:
    """The corrections in one database; safe between threads and processes.

    The table, and SQLite's file, are made with the first correction; until then there
    is nothing to read or forget. Every error of the database becomes a FeedbackError
    whose message holds no text and no password.
    """

    def __init__(self, address: str, *, seconds: float) -> None:
        url = url_of(address)
        self._seconds = seconds
        try:
            self._engine = engine_of(url, seconds)
        except ImportError as error:
            raise MissingExtraError(url.drivername, "feedback") from error

    def keep(self, correction: Correction) -> None:
        """Keep one correction: when this returns, it is on the disk.

        Raises:
            FeedbackError: The database is not there, is full, or takes too long.
        """
        row = {column: getattr(correction, column) for column in _COLUMNS}
        with database_errors_hidden(self._file):
            # The first correction, or the file was moved away since the last one.
            if not self._has_table():
                self._make_table()
            with self._engine.begin() as connection:
                connection.execute(insert(FEEDBACK), row)

    def require_file(self) -> None:
        """Refuse a file that does not exist: its name may be mistyped.

        Raises:
            FeedbackError: The database is a file, and there is none.
        """
        if self._file is not None and not self._file.exists():
            raise FeedbackError(
                f"there is no file {self._file}: no correction was kept there"
            )

    def corrections(self) -> Iterator[Correction]:
        """Yield all corrections, the oldest first; none where there is no table yet.

        Raises:
            FeedbackError: The database is not there, or takes too long.
        """
        with database_errors_hidden(self._file):
            if self._has_table():
                yield from self._read()

    def forget(
        self,
        *,
        before: datetime | None = None,
        request_id: str | None = None,
        text: str | None = None,
    ) -> int:
        """Delete what meets every condition that is given; return how many rows.

        Raises:
            FeedbackError: The database is not there, or takes too long.
            ValueError: No condition is given.
        """
        conditions = []
        if before is not None:
            conditions.append(FEEDBACK.c.created < before)
        if request_id is not None:
            conditions.append(FEEDBACK.c.request_id == request_id)
        if text is not None:
            conditions.append(FEEDBACK.c.text == text)
        if not conditions:
            raise ValueError("forget needs a condition: it would delete everything")
        with database_errors_hidden(self._file):
            if not self._has_table():
                return 0
            with self._engine.begin() as connection:
                return connection.execute(delete(FEEDBACK).where(*conditions)).rowcount

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()

    @property
    def _file(self) -> Path | None:
        url = self._engine.url
        return Path(url.database or "") if self._engine.name == "sqlite" else None

    def _has_table(self) -> bool:
        try:
            with self._engine.connect() as connection:
                return inspect(connection).has_table(FEEDBACK.name)
        except FileNotFoundError:  # SQLite's file, which is made with the table
            return False

    def _make_table(self) -> None:
        """Make the table, whether or not another process does so at this moment."""
        if self._file is not None:
            # Readable by its owner alone; SQLite gives its other files the same mode.
            os.close(os.open(self._file, os.O_RDONLY | os.O_CREAT, 0o600))
            self._let_read_while_written()
        try:
            self._create()
        except (IntegrityError, ProgrammingError):
            # PostgreSQL's IF NOT EXISTS does not wait for another that is making it.
            self._create()

    def _let_read_while_written(self) -> None:
        """Set SQLite's write-ahead log, which stays with the file."""
        ends = time.monotonic() + self._seconds
        while True:
            try:
                with self._engine.connect() as connection:
                    connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            except OperationalError as error:
                # For this one statement SQLite does not wait while another sets it.
                if not is_busy(error) or time.monotonic() > ends:
                    raise
                time.sleep(_AGAIN_SECONDS)
            else:
                return

    def _create(self) -> None:
        with self._engine.begin() as connection:
            connection.execute(CreateTable(FEEDBACK, if_not_exists=True))
            for index in FEEDBACK.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))

    def _read(self) -> Iterator[Correction]:
        with self._engine.begin() as connection:
            rows = connection.execution_options(yield_per=_ROWS).execute(_ALL)
            for row in rows.mappings():
                yield Correction(**row)


_COLUMNS = ("created", "model", "text", "label", "request_id")
_ALL: Select[Any] = select(*(FEEDBACK.c[name] for name in _COLUMNS)).order_by(
    FEEDBACK.c.created, FEEDBACK.c.id
)
