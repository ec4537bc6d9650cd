"""A user's correction of one answer."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One text with the label a user gave it.

    ``created`` is when it came, with its time zone. ``model`` is the version that was
    served then, ``request_id`` the id of the answer it corrects, if the user sent it.
    """

    text: str
    label: str
    created: datetime
    model: str
    request_id: str | None = None
