"""One real server for all that look at it from outside and leave it as it is."""

from collections.abc import Iterator

import pytest
from running import Client
from small_service import small_service


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with small_service(tmp_path_factory.mktemp("contract")) as client:
        yield client
