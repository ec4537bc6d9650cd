"""PostgreSQL stops and comes back under a running service: only corrections notice."""

import json
from datetime import UTC, datetime

import pytest
from postgres import running_postgres
from running import serving
from toy import recipe, reviews, write

from sentiment.feedback import Correction, open_store
from training.data.gathering import read

pytestmark = pytest.mark.system

JSON = {"Content-Type": "application/json"}


def correct(client, text: str):
    body = json.dumps({"text": text, "label": "negative"})
    return client.call("POST", "/feedback", body, JSON)


@pytest.fixture
def database():
    with running_postgres() as server:
        yield server


def test_corrections_are_refused_while_it_is_gone_and_kept_again_after(
    database, tmp_path
):
    settings = {"SENTIMENT_FEEDBACK": database.url, "SENTIMENT_WORKERS": "1"}
    with serving(tmp_path, **settings) as (client, _):
        assert correct(client, "before").status == 201
        database.stop()
        for _ in range(3):
            refused = correct(client, "meanwhile")
            assert refused.status == 503
            assert refused.json()["code"] == "feedback_unavailable"
            assert refused.headers["retry-after"]
            assert client.get("/readyz").status == 200
            assert client.predict(text="fine").status == 200
        database.start()
        assert correct(client, "after").status == 201
        log = (tmp_path / "serve.log").read_text()
    assert kept(database.url) == ["before", "after"]
    assert "cannot be used now" in log
    assert "swordfish" not in log
    assert "meanwhile" not in log


def kept(url: str) -> list[str]:
    store = open_store(url)
    texts = [one.text for one in store.corrections()]
    store.close()
    return texts


def test_training_reads_what_postgresql_holds(database, tmp_path, monkeypatch):
    write(tmp_path / "reviews.csv", reviews(100))
    store = open_store(database.url)
    for text, label in reviews(20, seed=8):
        created = datetime.now(UTC)
        store.keep(Correction(text=text, label=label, created=created, model="m-1"))
    store.close()
    monkeypatch.setenv("TEAM_DATABASE", database.url)
    sources = [
        {"name": "reviews", "path": "reviews.csv"},
        {"name": "users", "kind": "feedback", "url_from": "TEAM_DATABASE"},
    ]
    data = read(recipe(sources=sources), tmp_path)
    told = data.feedback["users"]
    learned = [one for one in data.splits.train if one.feedback]
    assert told.corrections == 20
    assert len(learned) == 20 - told.held_out > 5
