"""Limits on the size and the latency of a search's models."""

from dataclasses import dataclass

from sentiment.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The largest artifact, in MB of 10^6 bytes, and the slowest answer, in ms."""

    max_megabytes: float = 25.0
    max_milliseconds: float | None = None

    def __post_init__(self) -> None:
        for name in ("max_megabytes", "max_milliseconds"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                flag = name.replace("_", "-")
                raise ConfigError(f"--{flag} must be above 0, not {value!r}")

    def __str__(self) -> str:
        size = f"{self.max_megabytes:g} MB"
        if self.max_milliseconds is None:
            return f"{size}, any latency"
        return f"{size}, {self.max_milliseconds:g} ms"
