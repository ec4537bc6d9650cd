"""The limits of nginx, of compose and of the service hold together."""

import re
import runpy
from pathlib import Path

import pytest
from proxying import by_default, compose
from running import ROOT

from service.settings import Settings, unknown_names

SITE = (ROOT / "deploy/nginx/templates/sentiment.conf.template").read_text()
SERVICE = compose()["services"]["service"]


@pytest.fixture
def settings(monkeypatch) -> Settings:
    """The service's settings as it has them in its container."""
    for name, value in by_default(SERVICE["environment"]).items():
        monkeypatch.setenv(name, value)
    return Settings.from_environment()


def test_every_setting_in_compose_is_one():
    assert unknown_names(SERVICE["environment"]) == []


def test_what_nobody_sets_in_compose_is_as_without_it(settings):
    own = {"run_folder": Path("/tmp/run")}
    assert settings == Settings.model_validate(own)
    assert settings.workers is None


def test_nginx_takes_as_large_a_body_as_the_service(settings):
    taken = [int(mib) * 2**20 for mib in re.findall(r"max_body_size (\d+)m;", SITE)]
    assert taken == [settings.max_body_bytes, settings.max_csv_bytes]


def kilobytes(directive: str) -> int:
    """Return what a directive of nginx grants: one size, or so many of it."""
    *count, size = re.search(rf"{directive} (?:(\d+) )?(\d+)k;", SITE).groups("1")
    return int(size) * int(*count)


def test_nginx_keeps_any_one_text_in_memory(settings):
    assert kilobytes("client_body_buffer_size") * 1024 > 4 * settings.max_characters


def test_the_memory_of_nginx_holds_the_requests_of_many_clients():
    nginx = compose()["services"]["nginx"]
    # nginx makes the buffer of a body a quarter larger.
    each = 1.25 * kilobytes("client_body_buffer_size") + kilobytes("proxy_buffers")
    client = each * int(by_default(nginx["environment"])["NGINX_CONNECTIONS"])
    gigabytes = int(nginx["mem_limit"].removesuffix("g"))
    assert 64 * client < gigabytes * 2**20


def test_no_address_has_as_many_ports_as_nginx_has_room_for():
    """In each process: one that is full closes what another could have taken."""
    text = (ROOT / "deploy/nginx/nginx.conf").read_text()
    connections, files = (
        int(re.search(rf"{name} (\d+);", text)[1])
        for name in ("worker_connections", "worker_rlimit_nofile")
    )
    assert connections - 65_535 >= 4_096
    assert files > connections
    assert compose()["services"]["nginx"]["ulimits"]["nofile"] == files


def test_the_messages_of_nginx_are_kept_in_memory_and_few():
    """In the log they would be no JSON; on a disk a client could fill it with them."""
    (folder,) = re.findall(
        r"^error_log (\w+)/", (ROOT / "deploy/nginx/nginx.conf").read_text(), re.M
    )
    nginx = compose()["services"]["nginx"]
    prefix = nginx["command"][nginx["command"].index("-p") + 1]
    assert f"{prefix}{folder}:size=1m,uid=101,gid=101" in nginx["tmpfs"]


def test_nginx_waits_longer_than_the_service_takes(settings):
    waits = [int(seconds) for seconds in re.findall(r"read_timeout (\d+)s;", SITE)]
    assert len(waits) == 2
    assert waits[0] > settings.deadline_seconds
    assert waits[1] > settings.csv_deadline_seconds


def stop_seconds() -> int:
    """Return how long gunicorn lets a stop take."""
    return int(
        runpy.run_path(str(ROOT / "service/gunicorn.conf.py"))["graceful_timeout"]
    )


@pytest.mark.parametrize("name", ["service", "nginx"])
def test_a_stop_is_given_the_time_that_a_file_may_take(name, settings):
    """It was the drain and half a minute: ten minutes of work were cut off unsaid."""
    grace = int(compose()["services"][name]["stop_grace_period"].removesuffix("s"))
    assert stop_seconds() > settings.drain_seconds + settings.csv_deadline_seconds
    assert grace > stop_seconds()


@pytest.mark.parametrize("name", ["DRAIN", "CSV_DEADLINE", "DEADLINE"])
def test_a_stop_takes_longer_where_an_answer_may(name, monkeypatch):
    monkeypatch.setenv(f"SENTIMENT_{name}_SECONDS", "1800.5")
    assert stop_seconds() > 1800.5


def test_an_upload_finds_room_outside_of_memory():
    """A tmpfs counts as memory: a hundred megabytes of CSV do not belong there."""
    spool = re.search(r"^ENV TMPDIR=(\S+)", (ROOT / "Dockerfile").read_text(), re.M)
    mounts = [volume.split(":")[1] for volume in SERVICE["volumes"]]
    assert spool[1] in mounts


def test_nginx_lets_as_many_through_as_the_workers_have_room_for(settings):
    nginx = by_default(compose()["services"]["nginx"]["environment"])
    waiting = int(nginx["NGINX_WAITING"])
    # Two workers, where nobody says how many.
    assert waiting == 2 * settings.max_waiting_requests
    alerts = (ROOT / "deploy/prometheus/alerts.yml").read_text()
    full = re.search(r"alert: SentimentFull.*?\) > (\d+)", alerts, re.DOTALL)[1]
    assert int(full) == waiting // 2


def test_a_name_that_could_not_be_looked_up_is_asked_for_again_soon():
    """A group asks again after as long as an answer may take: half a minute."""
    assert "resolver_timeout 2s;" in SITE
