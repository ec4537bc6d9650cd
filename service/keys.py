"""API keys, kept and compared as hashes."""

import hashlib
import hmac
from pathlib import Path

from service import key_file
from service.http.errors import KeyRefusedError

_SCHEME = "bearer "


class Keys:
    """The keys that open /predict; without any, it is open to all."""

    def __init__(self, digests: key_file.Digests = ()) -> None:
        self._digests = digests

    def __len__(self) -> int:
        return len(self._digests)

    @classmethod
    def of(cls, path: Path | None) -> "Keys":
        """Return the keys of a file, as key_file.py reads it; none without a file.

        Raises:
            ConfigError: The file cannot be read, holds no key, or a broken digest.
        """
        return cls() if path is None else cls(key_file.held_digests(path))

    def check(self, authorization: str | None) -> None:
        """Raise KeyRefusedError unless the header ``authorization`` holds a key."""
        if not self._digests:
            return
        sent = authorization or ""
        if not sent.lower().startswith(_SCHEME):
            raise KeyRefusedError("an API key is needed: Authorization: Bearer KEY")
        # Header values are Latin-1 to WSGI; a key is what its bytes are.
        key = sent[len(_SCHEME) :].strip().encode("latin-1", "replace")
        found = hashlib.sha256(key).digest()
        # Every key is compared, so that the time tells nothing about any.
        matches = [hmac.compare_digest(found, digest) for digest in self._digests]
        if not any(matches):
            raise KeyRefusedError("this API key is not known here")
