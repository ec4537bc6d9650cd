"""API keys: read from a file, kept and compared as hashes."""

import hashlib
import hmac
import re
from pathlib import Path

from sentiment.errors import ConfigError
from service.http.problems import KeyRefusedError

Digests = tuple[bytes, ...]

_SCHEME = "bearer "
_HASHED = "sha256:"
_DIGEST = re.compile("[0-9a-f]{64}")
_VISIBLE = re.compile("[!-~]+")

# What gunicorn's master has read; workers inherit it with the fork. If they read the
# file themselves, they would disagree once it has been edited, and one that replaces
# another would not start if the edit was wrong.
_held: dict[Path, Digests] = {}


class Keys:
    """The keys that /predict accepts; without any, it needs none."""

    def __init__(self, digests: Digests = ()) -> None:
        self._digests = digests

    @property
    def is_required(self) -> bool:
        """Whether a request needs one."""
        return bool(self._digests)

    @classmethod
    def of(cls, path: Path | None) -> "Keys":
        """Return the keys of a file, as :func:`read_digests` reads them; none without.

        Raises:
            ConfigError: The file cannot be read, holds no key, or a broken digest.
        """
        return cls() if path is None else cls(held_digests(path))

    def check(self, authorization: str | None) -> None:
        """Raise KeyRefusedError unless the header ``authorization`` holds a key."""
        if not self.is_required:
            return
        sent = authorization or ""
        if not sent.lower().startswith(_SCHEME):
            raise KeyRefusedError("an API key is needed: Authorization: Bearer KEY")
        # Header values are Latin-1 to WSGI; all keys are ASCII.
        key = sent[len(_SCHEME) :].strip(" \t").encode("latin-1", "replace")
        found = hashlib.sha256(key).digest()
        # Every key is compared, so that the time taken reveals nothing.
        matches = [hmac.compare_digest(found, digest) for digest in self._digests]
        if not any(matches):
            raise KeyRefusedError("this API key is not known here")


def hold(path: Path | None) -> None:
    """Read the file for the workers to come; raise as :func:`read_digests` does.

    If that fails, the keys from before stay in force.
    """
    if path is not None:
        _held[path] = read_digests(path)


def held_digests(path: Path) -> Digests:
    """Return what the master has read of the file; without a master, read it now."""
    return _held[path] if path in _held else read_digests(path)


def read_digests(path: Path) -> Digests:
    """Read a file of one key a line, plain or as ``sha256:`` and its hex digest.

    Empty lines and those that begin with ``#`` are skipped.

    Raises:
        ConfigError: The file cannot be read, holds no key, a broken digest, or a key
            with a character that not every client can put into a header.
    """
    try:
        # With or without the byte order mark that Windows editors put in front.
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"the API keys in {path} cannot be read ({error}): make it a text file "
            "that the service may read, or unset SENTIMENT_API_KEYS_FILE"
        ) from error
    digests = tuple(
        _digest(line.strip(), f"{path}:{number}")
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.lstrip().startswith("#")
    )
    if not digests:
        raise ConfigError(
            f"{path} holds no API key, so every request would be refused: "
            "write one a line, or unset SENTIMENT_API_KEYS_FILE"
        )
    return digests


def _digest(line: str, where: str) -> bytes:
    if not line.startswith(_HASHED):
        if not _VISIBLE.fullmatch(line):
            raise ConfigError(
                f"the API key in {where} has a character that is not visible ASCII, "
                "which not every client can send: take another key, or look for what "
                "was pasted with it"
            )
        return hashlib.sha256(line.encode()).digest()
    digest = line.removeprefix(_HASHED).lower()
    if not _DIGEST.fullmatch(digest):
        raise ConfigError(
            f"{where} is not a SHA-256 digest: 64 hex digits follow {_HASHED!r}, "
            f"here are {len(digest)} characters"
        )
    return bytes.fromhex(digest)
