"""Where a worker stores corrections, if that is turned on."""

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sentiment.errors import FeedbackError
from sentiment.feedback import VARIABLE, Correction, open_store
from service.http.problems import FeedbackOffError
from service.queueing.admission import Admission
from service.settings import Settings

if TYPE_CHECKING:
    from sentiment.feedback.store import FeedbackStore

# How many threads of a worker may wait for the database at a time: if it hangs, the
# others go on predicting.
_WRITERS = 2

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Corrections:
    """The store of corrections; None where they are not stored."""

    store: "FeedbackStore | None" = None
    writers: Admission = field(
        default_factory=lambda: Admission(_WRITERS, "corrections being kept")
    )

    @classmethod
    def of(cls, settings: Settings) -> "Corrections":
        """Return what the settings ask for, without connecting to the database yet.

        Raises:
            ConfigError: The address of the database is not valid.
            MissingExtraError: The extra ``feedback`` is not installed.
        """
        if settings.feedback is None:
            return cls()
        return cls(open_store(settings.feedback.get_secret_value()))

    @property
    def is_on(self) -> bool:
        """Whether corrections are stored here."""
        return self.store is not None

    def required(self) -> "FeedbackStore":
        """Return the store; raise FeedbackOffError where corrections are not stored."""
        if self.store is None:
            raise FeedbackOffError(
                "corrections are not stored here: the operator of the service can turn "
                f"that on with {VARIABLE}"
            )
        return self.store

    def keep(self, correction: Correction) -> None:
        """Store ``correction``; when this returns, it is on the disk.

        Raises:
            FeedbackOffError: Corrections are not stored here.
            FeedbackError: The database cannot be used now; the log says why.
            OverloadedError: Others wait for the database already.
        """
        store = self.required()
        with self.writers.admit(1):
            try:
                store.keep(correction)
            except FeedbackError as error:
                # The client does not learn of hosts and folders.
                log.error("%s", error)
                raise FeedbackError(
                    "the correction could not be kept just now; send it again later"
                ) from error
