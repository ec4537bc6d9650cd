"""The bounds of a search are above nothing."""

import pytest

from sentiment.errors import ConfigError
from training.tuning.limits import Limits


def test_a_limit_of_nothing_is_refused():
    with pytest.raises(ConfigError, match="--max-megabytes must be above 0, not 0"):
        Limits(max_megabytes=0)
    with pytest.raises(ConfigError, match="--max-milliseconds must be above 0"):
        Limits(max_milliseconds=-1.0)
