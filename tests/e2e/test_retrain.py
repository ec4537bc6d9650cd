"""Someone trains on her own file, and the running service switches to her model."""

import csv
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from running import SENTIMENT_TRAIN, environment, serving, wait_for
from traffic import Traffic, models_served, wait_for_workers

WORDS = {
    "positive": "lovely excellent perfect delightful superb".split(),
    "negative": "dreadful broken awful rude useless".split(),
    "neutral": "grey square wooden medium ordinary".split(),
}
RECIPE = """\
name = "mine"
baselines = ["majority"]

[[sources]]
name = "reviews"
path = "reviews.csv"
text_column = "review"
label_column = "verdict"

[vocabulary]
min_count = 1

[model]
embedding_dim = 16
hidden_dim = 16

[training]
epochs = 4
batch_texts = 16
learning_rate = 0.02
"""


@dataclass(frozen=True)
class Switch:
    """What a client saw of a training run: who answered, and what failed."""

    workplace: Path
    bundled: str
    mine: str
    traffic: Traffic
    answer: dict[str, Any]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory) -> Path:
    """A folder with a recipe and the file that it names."""
    folder = tmp_path_factory.mktemp("workplace")
    (folder / "mine.toml").write_text(RECIPE)
    chance = random.Random(7)
    with (folder / "reviews.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "review", "verdict"])
        for number in range(300):
            label = chance.choice(list(WORDS))
            thing = chance.choice(["room", "phone", "film", "soup", "tent"])
            word, other = chance.sample(WORDS[label], 2)
            text = f"The {thing} number {number} was {word}, quite {other}."
            writer.writerow([number, text, label])
    return folder


@pytest.fixture(scope="module")
def switch(workplace: Path) -> Switch:
    """Train while requests go on, until every worker answers with the new model."""
    with serving(workplace, SENTIMENT_WORKERS="2") as (client, _):
        wait_for_workers(client)
        with Traffic(client, clients=2, pause=0.05) as traffic:
            bundled = client.predict(text="fine").json()["model"]
            train(workplace)
            mine = (workplace / "models" / "current").resolve().name
            wait_for(lambda: models_served(client) == {mine: 2}, "both switches")
            wait_for(lambda: mine in traffic.models, "an answer of it")
            answer = client.predict(text="The room was dreadful, quite broken.").json()
    return Switch(workplace, bundled, mine, traffic, answer)


def train(workplace: Path) -> None:
    done = subprocess.run(
        [SENTIMENT_TRAIN, "run", "mine.toml"],
        cwd=workplace,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_running_service_switches_without_one_failed_request(switch):
    assert switch.traffic.failures == []
    assert switch.traffic.answered > 50
    assert switch.traffic.models == [switch.bundled, switch.mine]


def test_the_new_model_answers_as_it_was_taught(switch):
    assert switch.mine.startswith("mine")
    assert switch.answer["model"] == switch.mine
    assert switch.answer["label"] == "negative"


def test_a_run_leaves_a_report_with_its_pictures(switch):
    report = switch.workplace / "runs" / switch.mine
    assert "majority" in (report / "report.md").read_text()
    assert (report / "report.json").is_file()
    assert list(report.glob("*.png"))
