"""The tests under load can tell what the event loop answers from what threads do."""

import pytest
from answered_by import is_by_loop
from running import Client, serving, wait_for
from small_models import make_artifact, save


@pytest.fixture(scope="module")
def client(tmp_path_factory) -> Client:
    folder = tmp_path_factory.mktemp("answered")
    model = save(make_artifact(), folder)
    with serving(folder, "--model", model, SENTIMENT_WORKERS="1") as (client, _):
        yield client


@pytest.mark.parametrize(
    "body", [{"text": "good"}, {"texts": ["good", "bad"]}], ids=["single", "list"]
)
def test_the_loop_answers_a_few_short_texts(client, body):
    # One whose parts the worker finds one after the other is for a thread.
    wait_for(lambda: is_by_loop(client.predict(**body)), "an answer of the loop")


@pytest.mark.parametrize(
    "body",
    [
        {"texts": ["good"] * 17},
        {"text": "good " * 1_000},
        {"text": "good", "sentences": False},
        {"text": "good", "explain": True},
        {"text": ""},
    ],
    ids=["many", "long", "an option", "explained", "refused"],
)
def test_a_thread_answers_the_rest(client, body):
    assert not is_by_loop(client.predict(**body))
