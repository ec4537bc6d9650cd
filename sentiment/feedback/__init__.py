"""Corrections that users send: kept in a database, read again to train on."""

from typing import TYPE_CHECKING

from sentiment.errors import MissingExtraError
from sentiment.feedback.correction import Correction

if TYPE_CHECKING:
    from sentiment.feedback.store import FeedbackStore

__all__ = ["VARIABLE", "Correction", "open_store"]

# Where the service keeps corrections, and training looks for them.
VARIABLE = "SENTIMENT_FEEDBACK"


def open_store(address: str, *, seconds: float = 3.0) -> "FeedbackStore":
    """Return the store at ``address``: an SQLite file, or a URL of a database.

    The database is first contacted when a correction is kept or read; each query times
    out after ``seconds``.

    Raises:
        MissingExtraError: The extra ``feedback`` is not installed.
        ConfigError: The address is none, or of a database that is not known here.
    """
    try:
        from sentiment.feedback.store import FeedbackStore
    except ImportError as error:
        raise MissingExtraError("keeping corrections", "feedback") from error
    return FeedbackStore(address, seconds=seconds)
