"""Turn a database's errors into messages that quote no text."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from sentiment.errors import FeedbackError


@contextmanager
def database_errors_hidden(file: Path | None) -> Iterator[None]:
    """Raise a database's error as a FeedbackError without any text or password.

    ``file`` is SQLite's, None of another database.
    """
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        if isinstance(error, DBAPIError) and _sqlite_name(error) == "SQLITE_NOTADB":
            raise FeedbackError(
                f"{file} is not an SQLite database: a possible solution is to name "
                "another file; where there is none yet, the first correction makes it"
            ) from error
        raise FeedbackError(
            f"the database of corrections cannot be used now: {_reason(error)}"
        ) from error
    except UnicodeError as error:
        raise FeedbackError(
            "the text or id is not valid UTF-8, so no stored correction can match it"
        ) from error


def _reason(error: Exception) -> str:
    """Return what an operator needs to know; only these never quote a row."""
    if isinstance(error, OperationalError) and error.orig is not None:
        return " ".join(str(error.orig).split())
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    inner = error.orig if isinstance(error, DBAPIError) else None
    return type(inner or error).__name__


def is_busy(error: DBAPIError) -> bool:
    """Say whether another process holds SQLite's file just now."""
    return _sqlite_name(error) == "SQLITE_BUSY"


def _sqlite_name(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlite_errorname", "")
