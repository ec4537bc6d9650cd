"""Model after model is published under load; no answer fails or is of two of them."""

import csv
import random
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from running import Answer, Client, metric, serving, wait_for
from small_models import WORDS, make_artifact
from traffic import Traffic, models_served, wait_for_workers

from sentiment.prediction.predictor import Predictor
from training.publishing.publish import publish

# One precision on both sides, so that two models differ by more than rounding does.
EXACT = {"SENTIMENT_PRECISION": "float32", "SENTIMENT_RELOAD_SECONDS": "0.1"}
TOLERANCE = 1e-4
RNG = random.Random(20)
TEXTS = [" ".join(RNG.choices(WORDS[:20], k=12)) for _ in range(200)]
LABELS = ("negative", "neutral", "positive")


class Published:
    """What each published version answers, so that every answer can be checked."""

    def __init__(self, models: Path) -> None:
        self._models = models
        self._answers: dict[str, np.ndarray] = {}  # (texts, labels)

    def publish(self, version: str) -> str:
        artifact = make_artifact(version)
        answers = Predictor(artifact, precision="float32").predict(TEXTS)
        self._answers[version] = np.array([one.probabilities for one in answers])
        publish(artifact, self._models)
        return version

    def authors(self, found: np.ndarray) -> list[str]:
        """Return the versions whose answers these are, to the last text."""
        return [
            version
            # A copy: others are published meanwhile.
            for version, answers in list(self._answers.items())
            if np.abs(answers[: len(found)] - found).max() < TOLERANCE
        ]

    def complaint(self, answer: Answer) -> str | None:
        """Say what is wrong with an answer to the first texts."""
        body = answer.json()
        found = [
            [one["probabilities"][label] for label in LABELS]
            for one in body["predictions"]
        ]
        authors = self.authors(np.array(found))
        return None if body["model"] in authors else f"{body['model']}, not {authors}"


class Files(Traffic):
    """The same with all the texts as a file, which does not say who answered."""

    published: Published

    def ask(self, request_id: str) -> Answer:
        headers = {"Content-Type": "text/csv", "X-Request-Id": request_id}
        body = "\n".join(["text", *TEXTS])
        return self.client.call("POST", "/predict/csv", body, headers)

    def model_of(self, answer: Answer) -> str:
        rows = csv.DictReader(answer.body.decode().splitlines())
        found = [[float(row[label]) for label in LABELS] for row in rows]
        authors = self.published.authors(np.array(found))
        return authors[0] if authors else "nobody's, or several versions'"


def answers_with(client: Client, traffic: list[Traffic], version: str) -> bool:
    """Tell whether both workers have switched, and clients of each kind know it."""
    switched = models_served(client) == {version: 2}
    return switched and all(version in kind.models for kind in traffic)


@pytest.mark.parametrize(
    "swaps", [10, pytest.param(100, marks=pytest.mark.slow)], ids=["short", "long"]
)
@pytest.mark.timeout(1800)
def test_swaps_under_load_fail_no_request_and_mix_no_answer(
    swaps, tmp_path, record_figure
):
    published = Published(tmp_path / "models")
    versions = [published.publish("v000")]
    env = {"SENTIMENT_MODELS": str(tmp_path / "models"), **EXACT}
    with serving(tmp_path, **env) as (client, _):
        wait_for_workers(client)
        files = Files(client, clients=1)
        files.published = published
        # The event loop answers few texts, threads answer many.
        few, many = (
            Traffic(
                client,
                clients=clients,
                body={"texts": TEXTS[:texts]},
                complaint=published.complaint,
            )
            for clients, texts in ((2, 8), (3, 32))
        )
        with few, many, files:
            for number in range(1, swaps + 1):
                version = published.publish(f"v{number:03}")
                versions.append(version)
                # Bound now: the next turn of the loop has another version.
                wait_for(partial(answers_with, client, [few, many], version), version)
        assert client.get("/readyz").json()["model"] == versions[-1]
        assert client.get("/info").json()["model"] == versions[-1]
        assert metric(client, "sentiment_reloads_total") == 2 * swaps
        assert metric(client, "sentiment_reload_failures_total") == 0
    assert few.failures == many.failures == files.failures == []
    assert set(files.models) <= set(versions)
    assert sorted(few.models) == sorted(many.models) == versions
    # All but those that did not come in one piece, which are for a thread.
    assert few.by_loop > few.answered / 2
    assert many.by_loop == 0
    record_figure(
        "a model is published under load, again and again",
        "each takes over in every worker; no request fails, no answer is of two models",
        f"{swaps} swaps in 2 workers: {few.by_loop:,} requests answered by the event "
        f"loop, {few.answered - few.by_loop + many.answered:,} by threads, "
        f"{files.answered:,} files; 0 failed, 0 mixed",
    )
