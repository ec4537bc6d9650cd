"""The table of corrections, the same in SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Identity,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

from sentiment.labels import LABELS


class Moment(TypeDecorator[datetime]):
    """A moment with its time zone; SQLite, which knows none, keeps it in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ARG002  as SQLAlchemy calls it
        """Return the moment in UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the moment with its time zone, UTC where it came without."""
        if value is None:
            return None
        moment: datetime = value
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


METADATA = MetaData()

FEEDBACK = Table(
    "feedback",
    METADATA,
    # SQLite counts by itself only in a column of exactly this type.
    Column(
        "id",
        BigInteger().with_variant(Integer, "sqlite"),
        Identity(),
        primary_key=True,
    ),
    Column("created", Moment, nullable=False, index=True),
    Column("model", String(200), nullable=False),
    Column("text", Text, nullable=False),
    Column(
        "label",
        String(8),
        CheckConstraint(
            f"label IN ({', '.join(map(repr, LABELS))})", name="feedback_label"
        ),
        nullable=False,
    ),
    Column("request_id", String(64)),
)
