"""A small service behind nginx, for tests that look from outside."""

from collections.abc import Iterator

import pytest
from small_service import Behind, small_service_behind_nginx


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    """One for each file of tests, some of which read its logs to the end."""
    with small_service_behind_nginx(tmp_path_factory.mktemp("behind")) as behind:
        yield behind
