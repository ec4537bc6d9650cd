"""Settings come from the environment, and say clearly what cannot be meant."""

import re

import pytest

from sentiment.errors import ConfigError
from service.settings import Settings, unknown_names


def test_the_defaults_are_the_contracts():
    settings = Settings.from_environment()
    assert settings.max_body_bytes == 2 * 2**20
    assert settings.max_csv_bytes == 100 * 2**20
    assert settings.max_characters == 20_000
    assert settings.max_texts == 256
    assert settings.bind == "127.0.0.1:8000"


def test_each_setting_is_read_under_its_name(monkeypatch):
    monkeypatch.setenv("SENTIMENT_MAX_TEXTS", "7")
    monkeypatch.setenv("SENTIMENT_DEADLINE_SECONDS", "2.5")
    settings = Settings.from_environment()
    assert (settings.max_texts, settings.deadline_seconds) == (7, 2.5)


def test_an_empty_one_is_as_good_as_none(monkeypatch):
    """What docker compose makes of a variable that is not set."""
    monkeypatch.setenv("SENTIMENT_WORKERS", "")
    assert Settings.from_environment().workers is None


def test_the_port_alone_can_be_set(monkeypatch):
    monkeypatch.setenv("PORT", "9000")
    assert Settings.from_environment().bind == "127.0.0.1:9000"
    monkeypatch.setenv("SENTIMENT_BIND", "0.0.0.0:80")
    assert Settings.from_environment().bind == "0.0.0.0:80"


@pytest.mark.parametrize(
    ("name", "value", "address"),
    [
        ("PORT", "70000", "127.0.0.1:70000"),
        ("PORT", "-1", "127.0.0.1:-1"),
        ("PORT", "abc", "127.0.0.1:abc"),
        ("SENTIMENT_BIND", "0.0.0.0:8o", "0.0.0.0:8o"),
        ("SENTIMENT_BIND", "::1", "::1"),
        ("SENTIMENT_BIND", "[::1]:99999", "[::1]:99999"),
        ("SENTIMENT_BIND", "127.0.0.1:80, 0.0.0.0:65536", "0.0.0.0:65536"),
    ],
)
def test_a_port_that_there_is_not_is_refused(monkeypatch, name, value, address):
    """gunicorn ended in a traceback, of an OverflowError, or did not name PORT."""
    monkeypatch.setenv(name, value)
    complaint = f"{name} asks for '{address}': ports go from 0 to 65535"
    with pytest.raises(ConfigError, match=re.escape(complaint)):
        Settings.from_environment()


@pytest.mark.parametrize(
    "bind",
    [
        "0.0.0.0:65535",
        "[::1]:0",
        "localhost",
        "[::1]",
        "tcp://a",
        "tcp://a:80",
        "unix:/run/a:99999",
        "fd://3",
    ],
)
def test_any_other_address_is_left_to_gunicorn(monkeypatch, bind):
    monkeypatch.setenv("SENTIMENT_BIND", bind)
    assert Settings.from_environment().bind == bind


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SENTIMENT_MAX_TEXTS", "many"),
        ("SENTIMENT_MAX_TEXTS", "0"),
        ("SENTIMENT_WORKERS", "-1"),
        ("SENTIMENT_DEADLINE_SECONDS", "nan"),
        ("SENTIMENT_DEADLINE_SECONDS", "0"),
        ("SENTIMENT_DRAIN_SECONDS", "-0.5"),
        ("SENTIMENT_CSV_DEADLINE_SECONDS", "inf"),
        ("SENTIMENT_PRECISION", "bfloat"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name_and_value(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=f"{name} is '{value}': input should"):
        Settings.from_environment()


def test_all_that_is_wrong_is_said_at_once(monkeypatch):
    monkeypatch.setenv("SENTIMENT_WORKERS", "x")
    monkeypatch.setenv("SENTIMENT_THREADS", "y")
    with pytest.raises(ConfigError, match=r"WORKERS is 'x'.*THREADS is 'y'"):
        Settings.from_environment()


def test_one_request_must_fit_into_what_may_wait(monkeypatch):
    monkeypatch.setenv("SENTIMENT_MAX_WAITING_TEXTS", "100")
    with pytest.raises(ConfigError, match=r"is 100, less than .*MAX_TEXTS, 256"):
        Settings.from_environment()


def test_a_misspelt_name_is_noticed():
    names = ["SENTIMENT_MAX_TEXT", "SENTIMENT_MODELS", "SENTIMENT_WORKERS", "PATH"]
    (hint,) = unknown_names(names)
    assert hint == (
        "SENTIMENT_MAX_TEXT is not a setting: did you mean 'SENTIMENT_MAX_TEXTS'?"
    )
