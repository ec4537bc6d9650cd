"""The operator's settings: the environment's SENTIMENT_*, read once and checked."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from sentiment.config import PrecisionChoice
from sentiment.errors import ConfigError
from sentiment.wording import nearest

PREFIX = "SENTIMENT_"
MEBIBYTE = 1024 * 1024

# Read elsewhere under the same prefix: the models' folder by
# sentiment.artifacts.store, the address by docker-compose.yml.
_OTHERS = ("MODELS", "ADDRESS")

# Threads of a worker that neither long requests nor files hold.
_FREE_THREADS = 2

# What follows an address's host as its port; a socket's path or number has none.
_PORT = re.compile(r"(?!unix:|fd:)(?:tcp://)?+(?:\[.*\]|[^:\[\]]*):(.*)")
_HIGHEST_PORT = 65_535

Count = Annotated[int, Field(ge=1, le=1_000_000_000)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]


def _default_bind() -> str:
    return f"127.0.0.1:{os.environ.get('PORT') or 8000}"


class Settings(BaseSettings):
    """The service's limits, and how many processes and threads it runs in.

    Each is read from the environment under its name in capitals after ``SENTIMENT_``.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid"
    )

    # The model: a folder to serve (and to watch), else models/current.
    model: Path | None = None
    precision: PrecisionChoice = "auto"
    reload_seconds: Seconds = 2.0

    # Limits of what a client may send.
    max_body_bytes: Count = 2 * MEBIBYTE
    max_csv_bytes: Count = 100 * MEBIBYTE
    max_characters: Count = 20_000
    max_texts: Count = 256
    api_keys_file: Path | None = None

    # Where corrections are stored: an SQLite file or a database's URL. Secret, since a
    # URL may hold a password.
    feedback: SecretStr | None = None

    # Limits of what waits in a worker, and for how long; it sheds the rest with 503.
    max_waiting_requests: Count = 64
    max_wait_seconds: Seconds = 0.5
    max_waiting_texts: Count = 1_024
    max_csv_requests: Count = 2
    deadline_seconds: Seconds = 10.0
    csv_deadline_seconds: Seconds = 600.0
    drain_seconds: Annotated[float, Field(ge=0, le=3_600, allow_inf_nan=False)] = 5.0

    # Processes and threads. Without `workers`: two, or one where there is one CPU.
    bind: str = Field(default_factory=_default_bind, min_length=1)
    workers: Count | None = None
    threads: Count = 8
    torch_threads: Count = 1

    # In it each start makes a new folder, which the workers share.
    run_folder: Path | None = None

    @model_validator(mode="after")
    def _one_request_fits(self) -> "Settings":
        if self.max_waiting_texts < self.max_texts:
            raise ValueError(
                f"{PREFIX}MAX_WAITING_TEXTS is {self.max_waiting_texts}, less than "
                f"{PREFIX}MAX_TEXTS, {self.max_texts}: one request could fill it"
            )
        return self

    @model_validator(mode="after")
    def _ports_exist(self) -> "Settings":
        for address in map(str.strip, self.bind.split(",")):
            found = _PORT.fullmatch(address)
            if found and not _is_port(found[1]):
                # `sentiment serve --host` makes the one of the other.
                is_its_own = found[1] == os.environ.get("PORT")
                name = "PORT" if is_its_own else f"{PREFIX}BIND"
                raise ValueError(
                    f"{name} asks for {address!r}: ports go from 0 to {_HIGHEST_PORT}"
                )
        return self

    @property
    def long_requests(self) -> int:
        """How many threads of a worker explanations and other long requests may hold.

        Files have a limit of their own.
        """
        return max(1, self.threads - self.max_csv_requests - _FREE_THREADS)

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the settings from the environment.

        Raises:
            ConfigError: A value is not valid; the message names all such values.
        """
        try:
            return cls()
        except ValidationError as error:
            raise ConfigError("; ".join(map(_complaint, error.errors()))) from error


def _is_port(written: str) -> bool:
    return bool(re.fullmatch("[0-9]{1,9}", written)) and int(written) <= _HIGHEST_PORT


def unknown_names(environ: Iterable[str]) -> list[str]:
    """Return a hint for each name that looks like a setting but is not one."""
    known = [PREFIX + name.upper() for name in (*Settings.model_fields, *_OTHERS)]
    return [
        f"{name} is not a setting: {nearest(name, known)}"
        for name in environ
        if name.startswith(PREFIX) and name not in known
    ]


def _complaint(error: Any) -> str:
    if not error["loc"]:
        return str(error["ctx"]["error"])
    name = PREFIX + str(error["loc"][0]).upper()
    return f"{name} is {error['input']!r}: {error['msg'].lower()}"
