"""Search for a better recipe: trials that are pruned, resumable and within limits."""

from sentiment.errors import MissingExtraError

# Here, before any module of this room: all of them need the two.
try:
    import optuna  # noqa: F401
    import tomlkit  # noqa: F401
except ImportError as error:
    raise MissingExtraError("tuning", "tune") from error
