"""PostgreSQL stops and comes back under a running service: only corrections notice."""

import json
import time
from datetime import UTC, datetime

import pytest
from postgres import running_postgres
from running import serving
from toy import recipe, reviews, write

from sentiment.feedback import Correction, open_store
from training.data.gathering import read

pytestmark = pytest.mark.system

JSON = {"Content-Type": "application/json"}
TIMES = 3


def correct(client, text: str):
    body = json.dumps({"text": text, "label": "negative"})
    return client.call("POST", "/feedback", body, JSON)


@pytest.fixture
def database():
    with running_postgres() as server:
        yield server


def test_corrections_are_refused_while_it_is_gone_and_kept_again_after(
    database, tmp_path, record_figure
):
    settings = {"SENTIMENT_FEEDBACK": database.url, "SENTIMENT_WORKERS": "1"}
    refusals = []
    with serving(tmp_path, **settings) as (client, _):
        assert correct(client, "before").status == 201
        database.stop()
        for _ in range(TIMES):
            began = time.monotonic()
            refused = correct(client, "meanwhile")
            refusals.append(time.monotonic() - began)
            assert refused.status == 503
            assert refused.json()["code"] == "feedback_unavailable"
            assert refused.headers["retry-after"]
            assert client.get("/readyz").status == 200
            assert client.predict(text="fine").status == 200
        database.start()
        # The first one, without another attempt.
        assert correct(client, "after").status == 201
        log = (tmp_path / "serve.log").read_text()
    texts = kept(database.url)
    assert texts == ["before", "after"]
    assert "cannot be used now" in log
    assert "swordfish" not in log
    assert "meanwhile" not in log
    record_figure(
        "the database of corrections is gone, and comes back",
        "corrections get 503 (feedback_unavailable) with Retry-After while it is gone, "
        "and are kept again at once; predictions and /readyz notice nothing",
        f"{len(refusals)} corrections refused within {max(refusals) * 1000:.0f} ms, as "
        f"many predictions answered; {len(texts)} of 2 corrections before and after "
        "kept",
    )


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
