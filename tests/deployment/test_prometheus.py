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


@pytest.fixture
def fresh(predictor) -> str:
    """What /metrics shows before anybody has asked for anything."""
    return create_app(predictor, Settings()).test_client().get("/metrics").text


def test_the_rules_ask_for_numbers_that_the_service_shows(fresh):
    shown = set(re.findall(r"^# TYPE (\w+)", fresh, re.MULTILINE))
    text = (FOLDER / "alerts.yml").read_text()
    asked = set(re.findall(r"\bsentiment_\w+", re.sub(r"(?m)^ *#.*", "", text)))
    assert len(asked) > 8
    families = {re.sub("_(?:bucket|sum)$", "", name) for name in asked}
    assert families <= shown


Labels = dict[str, str]


def labels_of(selector: str) -> Labels:
    return dict(re.findall(r'(\w+)="([^"]*)"', selector))


def shown_at_zero(fresh: str, name: str) -> list[Labels]:
    found = re.findall(rf"^{name}(?:{{(.*)}})? 0\.0$", fresh, re.MULTILINE)
    return [labels_of(labels) for labels in found]


def test_what_the_rules_count_is_shown_before_it_is_first_counted(fresh):
    """Of a number that was born at one, Prometheus saw no increase."""
    text = (FOLDER / "alerts.yml").read_text()
    counted = set(re.findall(r"\((sentiment_\w+_total)({.*?})?\[", text))
    assert len(counted) > 6
    for name, selector in counted:
        asked = labels_of(selector).items()
        assert any(asked <= shown.items() for shown in shown_at_zero(fresh, name)), (
            name + selector
        )


def test_the_rules_tests_begin_as_the_service_does(fresh):
    checked = 0
    for one in (series for group in TESTS for series in group["input_series"]):
        name = one["series"].partition("{")[0]
        if name in ("sentiment_requests_total", "sentiment_shed_total"):
            is_shown = labels_of(one["series"]) in shown_at_zero(fresh, name)
            assert one["values"].startswith("0" if is_shown else "_"), one
            checked += 1
    assert checked > 8


def test_every_alert_has_its_row_in_the_documents():
    page = (ROOT / "docs/operating.md").read_text()
    rows = re.findall(r"^\| `(Sentiment\w+)` \|", page, re.MULTILINE)
    assert sorted(rows) == sorted(ALERTS)


def test_prometheus_asks_the_service_where_compose_puts_it():
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    ((asked,),) = [job["dns_sd_configs"] for job in config["scrape_configs"]]
    # Every address of the name: a fixed target would be one of several replicas.
    assert asked["type"] == "A"
    (name,), port = asked["names"], asked["port"]
    services = compose()["services"]
    assert f"EXPOSE {port}\n" in (ROOT / "Dockerfile").read_text()
    assert set(services[name]["networks"]) & set(services["prometheus"]["networks"])
