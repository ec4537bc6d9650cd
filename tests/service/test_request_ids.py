"""A request keeps its caller's id where that is harmless, and has one in any case."""

import re

import pytest

PATHS = ["/healthz", "/info", "/", "/nowhere", "/openapi.json", "/metrics"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_an_id(client, path):
    identity = client.get(path).headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{32}", identity)


@pytest.mark.parametrize("sent", ["abc-123", "A.b_c-9", "x" * 64, "0"])
def test_a_harmless_id_is_taken_and_echoed(client, sent):
    answer = client.post(
        "/predict", json={"text": "good"}, headers={"X-Request-Id": sent}
    )
    assert answer.headers.getlist("X-Request-Id") == [sent]
    assert answer.json["request_id"] == sent


@pytest.mark.parametrize("sent", ["", " ", "x" * 65, "<b>", "a b", "a,b", "é", "a\tb"])
def test_a_foul_id_is_replaced(client, sent):
    answer = client.get("/healthz", headers={"X-Request-Id": sent})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-Id"])


def test_no_two_requests_are_given_the_same_id(client):
    given = {client.get("/healthz").headers["X-Request-Id"] for _ in range(50)}
    assert len(given) == 50
