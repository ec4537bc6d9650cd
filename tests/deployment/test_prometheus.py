"""Prometheus' configuration and alerts, checked and run by Debian's promtool."""

import re
import shutil
import subprocess

import pytest
import yaml
from proxying import compose
from running import ROOT

from service.app import create_app
from service.settings import Settings

FOLDER = ROOT / "deploy/prometheus"
RULES = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
ALERTS = [
    rule["alert"] for group in RULES for rule in group["rules"] if "alert" in rule
]
TESTS = yaml.safe_load((FOLDER / "alerts_test.yml").read_text())["tests"]
PROMTOOL = shutil.which("promtool")


@pytest.mark.system
@pytest.mark.parametrize(
    "command",
    [
        ("check", "config", "prometheus.yml"),
        ("check", "rules", "alerts.yml"),
        ("test", "rules", "alerts_test.yml"),
    ],
    ids=" ".join,
)
def test_promtool_agrees(command):
    if PROMTOOL is None:
        pytest.skip("promtool is not installed: `make test-system` gets it")
    done = subprocess.run(
        [PROMTOOL, *command], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_is_seen_to_fire():
    fired = {
        test["alertname"]
        for group in TESTS
        for test in group.get("alert_rule_test", ())
        if test["exp_alerts"]
    }
    assert fired == set(ALERTS)


def test_the_rules_ask_for_numbers_that_the_service_shows(predictor):
    client = create_app(predictor, Settings()).test_client()
    shown = set(re.findall(r"^# TYPE (\w+)", client.get("/metrics").text, re.MULTILINE))
    text = (FOLDER / "alerts.yml").read_text()
    asked = set(re.findall(r"\bsentiment_\w+", re.sub(r"(?m)^ *#.*", "", text)))
    assert len(asked) > 8
    missing = {name for name in asked if name.removesuffix("_bucket") not in shown}
    assert missing <= {"sentiment_waiting_texts"}


def test_every_alert_has_its_row_in_the_documents():
    page = (ROOT / "docs/operating.md").read_text()
    rows = re.findall(r"^\| `(Sentiment\w+)` \|", page, re.MULTILINE)
    assert sorted(rows) == sorted(ALERTS)


def test_it_asks_the_service_where_compose_puts_it():
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    ((target,),) = [
        static["targets"]
        for job in config["scrape_configs"]
        for static in job["static_configs"]
    ]
    name, port = target.split(":")
    services = compose()["services"]
    assert f"EXPOSE {port}\n" in (ROOT / "Dockerfile").read_text()
    assert set(services[name]["networks"]) & set(services["prometheus"]["networks"])
