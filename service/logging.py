"""Log lines: each one JSON object, whatever a client sends, and never a text."""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

# Made once: json.dumps would make an encoder for each line.
_encode = json.JSONEncoder(default=str).encode


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON; ``extra={"fields": {...}}`` joins it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line, in ASCII, so that no character breaks it."""
        time = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": time.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
        }
        message = record.getMessage()
        if message:
            line["message"] = message
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            # Without the error's own words: they may quote a text.
            line["frames"] = "".join(traceback.format_tb(record.exc_info[2]))
        return _encode(line)


def log_config() -> dict[str, Any]:
    """Return the configuration of every logger of the process, for ``dictConfig``."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "service.logging.JsonFormatter"}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"level": "INFO", "handlers": ["stderr"]},
        # gunicorn's own, which would write a plain line.
        "loggers": {
            "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True}
        },
    }
