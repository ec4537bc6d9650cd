"""Search for a better recipe: pruned trials, within limits, resumable."""

from sentiment.errors import MissingExtraError

# Checked here, since all modules of this package need the two.
try:
    import optuna  # noqa: F401
    import tomlkit  # noqa: F401
except ImportError as error:
    raise MissingExtraError("tuning", "tune") from error
