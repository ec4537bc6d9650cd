"""API keys: who has one comes in, whatever form the file keeps it in."""

import contextlib
import hashlib
import hmac

import pytest

from sentiment.errors import ConfigError
from service.app import create_app
from service.http.problems import KeyRefusedError
from service.keys import Keys, hold
from service.settings import Settings

HASHED = hashlib.sha256(b"hashed-key").hexdigest()


@pytest.fixture
def key_file(tmp_path):
    file = tmp_path / "keys"
    file.write_text(f"# the shop\n\n  plain-key  \nsha256:{HASHED}\n")
    return file


@pytest.fixture
def guarded(make_app, key_file):
    return make_app(api_keys_file=key_file).test_client()


def predict(client, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    return client.post("/predict", json={"text": "good"}, headers=headers)


@pytest.mark.parametrize("key", ["plain-key", "hashed-key", "unknown"])
def test_every_key_is_compared_in_constant_time(key_file, monkeypatch, key):
    """The time of a refusal would tell how much of a key is right, or which it is."""
    compared = []
    monkeypatch.setattr(
        hmac, "compare_digest", lambda one, other: compared.append(one) or one == other
    )
    with contextlib.suppress(KeyRefusedError):
        Keys.of(key_file).check(f"Bearer {key}")
    assert compared == [hashlib.sha256(key.encode()).digest()] * 2


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer plain-key",
        "bearer plain-key",
        "Bearer  hashed-key \t",
    ],
)
def test_a_known_key_comes_in(guarded, authorization):
    assert predict(guarded, authorization).status_code == 200


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "plain-key",
        "Basic plain-key",
        "Bearer",
        "Bearer ",
        "Bearer plain-kez",
        "Bearer plain-key2",
        f"Bearer sha256:{HASHED}",
        f"Bearer {HASHED}",
        "Bearer # the shop",
        "Bearer plain-key\xa0",
        "Bearer " + "schlüssel".encode().decode("latin-1"),
    ],
)
def test_a_request_without_a_right_key_is_refused(guarded, problem, authorization):
    answer = predict(guarded, authorization)
    body = problem(answer, 401, "api_key_required")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "plain-k" not in body["detail"]


def test_scoring_a_file_needs_a_key(guarded, problem):
    answer = guarded.post("/predict/csv", data="text\na\n", content_type="text/csv")
    problem(answer, 401, "api_key_required")


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/info", "/metrics"])
def test_what_is_not_a_prediction_is_open(guarded, path):
    assert guarded.get(path).status_code == 200


def test_the_limits_tell_that_a_key_is_needed(guarded, client):
    assert guarded.get("/info").json["limits"]["api_key_required"] is True
    assert client.get("/info").json["limits"]["api_key_required"] is False


def test_no_key_stays_in_memory_as_it_was_written(key_file):
    keys = Keys.of(key_file)
    assert keys.is_required
    assert not Keys().is_required
    assert "plain-key" not in repr(vars(keys))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match="none cannot be read"):
        Keys.of(tmp_path / "none")


def test_a_file_without_a_key_would_lock_everybody_out(tmp_path):
    (tmp_path / "keys").write_text("# later\n\n")
    with pytest.raises(ConfigError, match="holds no API key"):
        Keys.of(tmp_path / "keys")


@pytest.mark.parametrize("digest", ["abc", HASHED + "0", "g" * 64])
def test_a_broken_digest_is_named_by_its_line(tmp_path, digest):
    (tmp_path / "keys").write_text(f"fine\nsha256:{digest}\n")
    with pytest.raises(ConfigError, match="keys:2 is not a SHA-256 digest") as caught:
        Keys.of(tmp_path / "keys")
    assert digest not in str(caught.value)


def test_the_mark_that_windows_editors_write_is_no_part_of_a_key(tmp_path, make_app):
    (tmp_path / "keys").write_text("plain-key\n", encoding="utf-8-sig")
    client = make_app(api_keys_file=tmp_path / "keys").test_client()
    assert predict(client, "Bearer plain-key").status_code == 200


def test_a_bad_file_is_refused_before_the_model_is_loaded(tmp_path):
    """It took as long as a model takes to load until the operator read of it."""
    settings = Settings(api_keys_file=tmp_path / "none", model=tmp_path / "neither")
    with pytest.raises(ConfigError, match="none cannot be read"):
        create_app(settings=settings)


def test_what_is_held_of_a_file_outlasts_it(tmp_path):
    file = tmp_path / "keys"
    file.write_text("first\n")
    hold(file)
    file.write_text("# nobody\n")
    with pytest.raises(ConfigError, match="holds no API key"):
        hold(file)
    Keys.of(file).check("Bearer first")


@pytest.mark.parametrize("key", ["schlüssel", "plain-key\u200b", "two words"])
def test_a_key_that_not_every_client_can_send_is_named_by_its_line(tmp_path, key):
    (tmp_path / "keys").write_text(f"fine\n{key}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="keys:2 has a character that") as caught:
        Keys.of(tmp_path / "keys")
    assert key not in str(caught.value)
