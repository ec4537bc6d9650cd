"""What can go wrong, one class for each failure a caller would treat differently."""


class SentimentError(Exception):
    """Base of every error this project raises on purpose; its message is for people."""


class ArtifactError(SentimentError):
    """A model's folder is missing, damaged, or of another format."""


class ConfigError(SentimentError):
    """A recipe or a setting is not valid."""


class DataError(SentimentError):
    """A file of texts cannot be read, or does not hold what was asked of it.

    ``option`` is the one that would help, by its name in Python: a command line and a
    query have each their own way to write it.
    """

    def __init__(self, message: str, *, option: str | None = None) -> None:
        super().__init__(message)
        self.option = option


class ReadError(DataError):
    """A file of texts could not be read on just now; another time it may be."""


class FeedbackError(SentimentError):
    """Corrections cannot be kept or read now: their database is not as it should be."""


class MissingExtraError(SentimentError):
    """A feature needs a package that is installed only with an extra."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs the extra {extra!r}, which is not installed: "
            f"a possible solution is to run: pip install 'sentiment[{extra}]'"
        )


class TextError(SentimentError):
    """One text cannot be scored; ``code`` is its name for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
