"""Someone trains on her own file, and the running service switches to her model."""

import csv
import random
import subprocess
from pathlib import Path

import pytest
from running import SENTIMENT_TRAIN, Client, environment, serving
from traffic import Traffic, wait_for

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


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A folder with a recipe and the file that it names."""
    (tmp_path / "mine.toml").write_text(RECIPE)
    chance = random.Random(7)
    with (tmp_path / "reviews.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "review", "verdict"])
        for number in range(600):
            label = chance.choice(list(WORDS))
            thing = chance.choice(["room", "phone", "film", "soup", "tent"])
            word, other = chance.sample(WORDS[label], 2)
            text = f"The {thing} number {number} was {word}, quite {other}."
            writer.writerow([number, text, label])
    return tmp_path


def train(workplace: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SENTIMENT_TRAIN, "run", "mine.toml"],
        cwd=workplace,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def models_of(client: Client) -> set[str]:
    """Return who answers; each worker switches by itself."""
    return {client.predict(text="fine").json()["model"] for _ in range(20)}


def test_a_running_service_switches_without_one_failed_request(workplace):
    with serving(workplace) as (client, _), Traffic(client) as traffic:
        bundled = client.predict(text="fine").json()["model"]
        done = train(workplace)
        assert done.returncode == 0, done.stderr
        mine = (workplace / "models" / "current").resolve().name
        assert mine.startswith("mine")
        wait_for(lambda: models_of(client) == {mine}, "the switch", seconds=20)
        answer = client.predict(text="The room was dreadful, quite broken.").json()
    assert traffic.failures == []
    assert traffic.answered > 50
    assert traffic.models == [bundled, mine]
    assert (answer["model"], answer["label"]) == (mine, "negative")


def test_a_run_leaves_a_report_with_its_pictures(workplace):
    done = train(workplace)
    assert done.returncode == 0, done.stderr
    version = (workplace / "models" / "current").resolve().name
    report = workplace / "runs" / version
    assert "majority" in (report / "report.md").read_text()
    assert (report / "report.json").is_file()
    assert list(report.glob("*.png"))
