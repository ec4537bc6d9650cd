"""Drift: what is answered against what the model was validated on."""

import re
from dataclasses import replace

import pytest
from running import serving

from sentiment.artifacts.folder import load_artifact, save_artifact
from sentiment.prediction.answer_profile import BINS, Profile
from sentiment.prediction.predictor import Predictor
from service.app import create_app
from service.http.answer_models import Info
from service.observability.drift import TEXTS_NEEDED
from service.settings import Settings

USUAL = ["the film was very good", "a bad film", "it was awful", "great food!"]
OTHER = ["zzz qqq xxx " * 20]


def with_baseline(artifact, texts):
    profile = Profile.of([Predictor(artifact).predict_arrays(texts)])
    return replace(artifact, metrics={"baseline": profile.to_json()})


@pytest.fixture
def client(artifact):
    """A client of a service whose model was validated on the usual texts."""
    predictor = Predictor(with_baseline(artifact, USUAL * 100))
    return create_app(predictor, Settings()).test_client()


def ask(client, texts, times: int = 1) -> None:
    for _ in range(times):
        assert client.post("/predict", json={"texts": texts}).status_code == 200


def drift_of(client) -> dict:
    info = client.get("/info").json
    Info.model_validate(info, strict=True)
    return info["drift"]


def gauges(client, name: str) -> dict[str, float]:
    text = client.get("/metrics").data.decode()
    found = re.findall(rf"^{name}\{{(.*)\}} (\S+)$", text, re.MULTILINE)
    return {labels: float(value) for labels, value in found}


def test_the_same_texts_have_not_drifted(client):
    ask(client, USUAL * 50, times=TEXTS_NEEDED // 200 + 1)
    found = drift_of(client)
    assert found["live"]["texts"] >= TEXTS_NEEDED == found["texts_needed"]
    assert found["distance"] == pytest.approx(dict.fromkeys(BINS, 0), abs=1e-9)
    for name, mean in found["live"].items():
        if name != "texts":
            assert mean == pytest.approx(found["baseline"][name])


def test_other_texts_have_drifted_and_the_measure_says_in_what(client):
    ask(client, USUAL * 50, times=2)
    ask(client, OTHER * 200, times=2)
    distance = drift_of(client)["distance"]
    # Half of the texts: twenty times as long, with no word that is known.
    assert distance["length"] == pytest.approx(0.5)
    assert distance["unknown_share"] == pytest.approx(0.5)
    assert drift_of(client)["live"]["unknown_share"] == pytest.approx(0.5)
    shown = gauges(client, "sentiment_drift")
    assert shown['measure="length"'] == pytest.approx(0.5)
    assert len(shown) == len(BINS)


def test_of_few_texts_nothing_is_said(client):
    ask(client, OTHER * 200, times=2)
    assert drift_of(client)["distance"] is None
    assert drift_of(client)["live"]["texts"] == 400
    assert gauges(client, "sentiment_drift") == {}
    assert 'measure="length",of="live"' in gauges(client, "sentiment_profile_mean")


def test_a_model_without_a_baseline_is_served_without_drift(artifact):
    client = create_app(Predictor(artifact), Settings()).test_client()
    ask(client, USUAL * 50, times=3)
    found = drift_of(client)
    assert (found["baseline"], found["distance"]) == (None, None)
    assert found["live"]["texts"] == 600
    assert gauges(client, "sentiment_drift") == {}


def test_what_is_uncertain_to_the_caller_is_counted_as_what_it_is(client):
    body = {"text": "the film was very good", "min_confidence": 1}
    assert client.post("/predict", json=body).json["label"] == "uncertain"
    assert sum(drift_of(client)["live"]["label_mix"].values()) == pytest.approx(1)


def test_every_bin_is_shown_from_the_start(client):
    """Else Prometheus would compare only bins that have had a text."""
    shown = gauges(client, "sentiment_profile_texts_total")
    assert len(shown) == sum(map(len, BINS.values()))
    assert set(shown.values()) == {0.0}


def test_a_model_that_takes_over_begins_anew(artifact):
    app = create_app(Predictor(with_baseline(artifact, USUAL)), Settings())
    client = app.test_client()
    ask(client, OTHER * 200, times=3)
    assert drift_of(client)["distance"] is not None
    new = replace(with_baseline(artifact, USUAL), version="untrained-2")
    app.extensions["sentiment"].model.swap(Predictor(new, max_characters=20_000))
    assert drift_of(client)["live"]["texts"] == 0
    assert drift_of(client)["distance"] is None
    ask(client, USUAL)
    assert drift_of(client)["live"]["texts"] == 4


def test_several_workers_count_together(models, tmp_path):
    """Whichever worker answers /info or /metrics, it tells of all texts."""
    served = with_baseline(load_artifact(models / "current"), USUAL)
    folder = tmp_path / "models" / "with-baseline"
    folder.mkdir(parents=True)
    save_artifact(replace(served, version="with-baseline"), folder)
    settings = {"SENTIMENT_MODEL": str(folder), "SENTIMENT_WORKERS": "2"}
    with serving(tmp_path, **settings) as (client, _):
        for _ in range(TEXTS_NEEDED // 200 + 1):
            assert client.predict(texts=OTHER * 200).status == 200
        texts = TEXTS_NEEDED // 200 * 200 + 200
        for _ in range(6):
            found = client.get("/info").json()["drift"]
            assert found["live"]["texts"] == texts
            assert found["distance"]["length"] == 1
            metrics = client.get("/metrics").body.decode()
            assert 'sentiment_drift{measure="length"} 1.0' in metrics
