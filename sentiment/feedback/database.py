"""Parse the address of the database of corrections, and connect to it."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from sentiment.errors import ConfigError


def url_of(address: str) -> URL:
    """Parse ``address``; error messages never hold what may be a password.

    Raises:
        ConfigError: It is none, or of a database that is not known here.
    """
    if "://" not in address:
        return _sqlite_file(URL.create("sqlite", database=address))
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise ConfigError(
            "the address of the corrections is not the URL of a database: write "
            "sqlite:///FILE, or postgresql://USER@HOST/DATABASE"
        ) from error
    backend = url.drivername.split("+")[0]
    if backend == "sqlite":
        return _sqlite_file(url)
    if backend in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise ConfigError(
        f"corrections cannot be kept in {backend!r}: SQLite and PostgreSQL are known "
        "here, as in sqlite:///FILE or postgresql://USER@HOST/DATABASE"
    )


def _sqlite_file(url: URL) -> URL:
    if not url.database or url.database == ":memory:":
        raise ConfigError(
            "corrections in an SQLite database without a file would be lost with "
            "each process: write sqlite:///FILE"
        )
    folder = Path(url.database).absolute().parent
    if not folder.is_dir():
        raise ConfigError(
            f"corrections cannot be kept in {url.database}: there is no folder "
            f"{folder}; a possible solution is to make it"
        )
    return url.set(drivername="sqlite+pysqlite")


def engine_of(url: URL, seconds: float) -> Engine:
    """Return what connects to a database and waits ``seconds`` for it at most."""
    # Parameters are hidden, since an error that quotes them would quote a text.
    if url.drivername.startswith("sqlite"):
        engine = create_engine(
            url,
            hide_parameters=True,
            # A pooled connection would go on writing into a file that was moved.
            poolclass=NullPool,
            connect_args={"timeout": seconds},
        )
        event.listen(engine, "do_connect", _require_file)
        event.listen(engine, "connect", _overwrite_what_is_deleted)
        return engine
    milliseconds = round(seconds * 1000)
    return create_engine(
        url,
        hide_parameters=True,
        # Detects connections that a restart of the database broke.
        pool_pre_ping=True,
        pool_size=2,
        max_overflow=2,
        pool_timeout=seconds,
        connect_args={
            "connect_timeout": max(2, round(seconds)),
            "tcp_user_timeout": milliseconds,
            "options": f"-c statement_timeout={milliseconds}",
        },
    )


def _require_file(_dialect: Any, _record: Any, arguments: Any, _options: Any) -> None:
    """Raise FileNotFoundError where SQLite would make a file, for all to read."""
    os.stat(arguments[0])


def _overwrite_what_is_deleted(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA secure_delete = ON")
