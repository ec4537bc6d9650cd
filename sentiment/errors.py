"""What can go wrong, one class for each failure a caller would treat differently."""


class SentimentError(Exception):
    """Base of every error this project raises on purpose; its message is for people."""


class ArtifactError(SentimentError):
    """A model's folder is missing, damaged, or of another format."""


class ConfigError(SentimentError):
    """A recipe or a setting is not valid."""


class DataError(SentimentError):
    """A file of texts cannot be read, or lacks what the user named.

    ``option`` is the Python name of the option that would help: command line and HTTP
    query each write it in their own way.
    """

    def __init__(self, message: str, *, option: str | None = None) -> None:
        super().__init__(message)
        self.option = option


class ReadError(DataError):
    """Reading a file of texts failed midway; a retry may succeed."""


class FeedbackError(SentimentError):
    """Corrections cannot be kept or read now: their database fails."""


class MissingExtraError(SentimentError):
    """A feature needs a package that is installed only with an extra."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs the extra {extra!r}, which is not installed: "
            f"a possible solution is to run `make install-{extra}` in the project's "
            f"folder, or pip install '/path/to/that/folder[{extra}]' elsewhere"
        )


class TextError(SentimentError):
    """One text cannot be scored; ``code`` is its name for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def to_json(self) -> dict[str, dict[str, str]]:
        """Return what stands for the text in place of its prediction's fields."""
        return {"error": {"code": self.code, "message": self.message}}
