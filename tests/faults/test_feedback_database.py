"""PostgreSQL stops and comes back under a running service: only corrections notice."""

import json

import pytest
from postgres import running_postgres
from running import serving

from sentiment.feedback import open_store
from tests.training.test_feedback_gate import options_in
from tests.training.test_pipeline import recipe, reviews, write
from training.pipeline import read

pytestmark = pytest.mark.system

JSON = {"Content-Type": "application/json"}


def correct(client, text: str):
    body = json.dumps({"text": text, "label": "negative"})
    return client.call("POST", "/feedback", body, JSON)


def test_corrections_are_refused_while_it_is_gone_and_kept_again_after(tmp_path):
    with running_postgres() as database:
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
        store = open_store(database.url)
        assert [one.text for one in store.corrections()] == ["before", "after"]
        store.close()
    assert "cannot be used now" in log
    assert "swordfish" not in log
    assert "meanwhile" not in log


def test_training_reads_what_postgresql_holds(tmp_path, monkeypatch):
    write(tmp_path / "reviews.csv", reviews(100))
    with running_postgres() as database:
        with serving(tmp_path, SENTIMENT_FEEDBACK=database.url) as (client, _):
            for number in range(20):
                assert correct(client, f"correction {number}").status == 201
        monkeypatch.setenv("TEAM_DATABASE", database.url)
        sources = [
            {"name": "reviews", "path": "reviews.csv"},
            {"name": "users", "kind": "feedback", "url_from": "TEAM_DATABASE"},
        ]
        data = read(recipe(sources=sources), options_in(tmp_path).data_root)
    told = data.feedback["users"]
    learned = [one for one in data.splits.train if one.feedback]
    assert told.corrections == 20
    assert len(learned) == 20 - told.held_out > 5
