"""One real server for all that look at it from outside and leave it as it is."""

from collections.abc import Iterator

import pytest
from running import Client
from small_service import small_service


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("contract")
    # Off unless configured: the service with keys, beside it, stores none.
    feedback = str(folder / "corrections.sqlite")
    with small_service(folder, SENTIMENT_FEEDBACK=feedback) as client:
        yield client
