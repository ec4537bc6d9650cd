"""Corrections are kept whole, by several processes at once, in both databases."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from postgres import running_postgres
from running import environment

from sentiment.errors import ConfigError, FeedbackError, MissingExtraError
from sentiment.feedback import Correction, open_store
from sentiment.feedback.store import FeedbackStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "zanzibar"


def correction(text: str = "It broke.", **changes: object) -> Correction:
    fields = {"label": "negative", "created": NOON, "model": "m-1", "request_id": None}
    return Correction(text=text, **{**fields, **changes})


@pytest.fixture(scope="module")
def postgres():
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.system)])
def address(request, tmp_path):
    """An address of each kind whose table is not made yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/feedback.db"
    url: str = request.getfixturevalue("postgres").url
    store = open_store(url)
    store.keep(correction())
    with store._engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE feedback")
    store.close()
    return url


@pytest.fixture
def store(address) -> FeedbackStore:
    opened = open_store(address)
    yield opened
    opened.close()


def test_what_is_kept_is_read_as_it_was(store):
    kept = [
        correction("Naïve 😀\n\ttext, 'quoted'; DROP TABLE feedback"),
        correction("second", created=NOON + timedelta(seconds=1), request_id="a.1-b_2"),
    ]
    for one in kept:
        store.keep(one)
    assert list(store.corrections()) == kept


def test_the_oldest_is_read_first_wherever_it_was_kept(store):
    east = timezone(timedelta(hours=9))
    late, early = NOON, (NOON - timedelta(hours=1)).astimezone(east)
    store.keep(correction("late", created=late))
    store.keep(correction("early", created=early))
    texts = [one.text for one in store.corrections()]
    assert texts == ["early", "late"]


def test_without_a_correction_there_is_nothing_to_read_or_forget(store):
    assert list(store.corrections()) == []
    assert store.forget(request_id="a") == 0


def test_a_file_is_made_by_the_first_correction_and_not_by_reading(tmp_path):
    file = tmp_path / "feedback.db"
    store = open_store(str(file))
    assert list(store.corrections()) == []
    assert store.forget(text="It broke.") == 0
    with pytest.raises(FeedbackError, match=r"no file .*feedback\.db: no correction"):
        store.require_file()
    assert list(tmp_path.iterdir()) == []
    store.keep(correction())
    store.require_file()
    assert store.forget(text="It broke.") == 1


def test_what_is_no_unicode_is_refused_and_not_quoted(store):
    store.keep(correction())
    with pytest.raises(FeedbackError, match="is not valid UTF-8"):
        store.forget(request_id="\udcff")


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ({"before": NOON + timedelta(days=1)}, ["new"]),
        ({"request_id": "r-1"}, ["old", "new"]),
        ({"text": "new"}, ["old", "named"]),
        ({"text": "new", "request_id": "r-1"}, ["old", "named", "new"]),
    ],
)
def test_what_meets_all_conditions_is_forgotten(store, condition, left):
    store.keep(correction("old"))
    store.keep(correction("named", created=NOON + timedelta(hours=1), request_id="r-1"))
    store.keep(correction("new", created=NOON + timedelta(days=2)))
    assert store.forget(**condition) == 3 - len(left)
    assert [one.text for one in store.corrections()] == left


def test_forgetting_without_a_condition_is_refused(store):
    with pytest.raises(ValueError, match="needs a condition"):
        store.forget()


def test_a_label_that_is_none_is_refused_without_its_text(store):
    with pytest.raises(FeedbackError, match="cannot be used now: ") as caught:
        store.keep(correction(SECRET, label="nice"))
    assert SECRET not in str(caught.value)


def test_several_processes_keep_at_once_and_none_is_lost(address):
    """They also race for making the table."""
    program = Path(__file__).with_name("keep_some.py")
    names = ["a", "b", "c", "d"]
    processes = [
        subprocess.Popen(
            [sys.executable, program, address, name, "25"],
            env=environment(),
            stderr=subprocess.PIPE,
        )
        for name in names
    ]
    for process in processes:
        _, said = process.communicate(timeout=400)
        assert process.returncode == 0, said.decode()
    store = open_store(address)
    found = [one.text for one in store.corrections()]
    store.close()
    assert sorted(found) == sorted(f"{name} {at}" for name in names for at in range(25))


@pytest.mark.parametrize("attempt", range(5))
def test_a_new_file_is_made_once_though_all_begin_at_the_same_moment(tmp_path, attempt):
    """SQLite answers "locked" at once while another sets its write-ahead log."""
    file = tmp_path / "feedback.db"
    together = threading.Barrier(8)

    def begin(number: int) -> None:
        store = open_store(str(file), seconds=20)
        together.wait()
        store.keep(correction(f"text {number}"))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(begin, range(8)))
    assert len(list(open_store(str(file)).corrections())) == 8


@pytest.mark.system
def test_a_database_that_was_started_anew_is_found_again():
    with running_postgres() as server:
        store = open_store(server.url)
        store.keep(correction("before"))
        server.stop()
        with pytest.raises(FeedbackError, match="cannot be used now") as caught:
            store.keep(correction(SECRET))
        assert SECRET not in str(caught.value)
        assert "swordfish" not in str(caught.value)
        server.start()
        store.keep(correction("after"))
        assert [one.text for one in store.corrections()] == ["before", "after"]
        store.close()


def test_a_file_is_for_its_owner_alone_and_deleting_overwrites_it(tmp_path):
    file = tmp_path / "feedback.db"
    store = open_store(str(file))
    store.keep(correction(SECRET * 20))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert SECRET.encode() in file.read_bytes()
    store.forget(text=SECRET * 20)
    assert all(SECRET.encode() not in path.read_bytes() for path in tmp_path.iterdir())


def test_a_file_lets_one_read_while_another_writes(tmp_path):
    file = tmp_path / "feedback.db"
    store = open_store(str(file))
    store.keep(correction("kept"))
    writer = sqlite3.connect(file)
    writer.execute("BEGIN IMMEDIATE")
    assert [one.text for one in store.corrections()] == ["kept"]
    writer.close()


def test_a_writer_that_never_ends_is_not_waited_for_for_ever(tmp_path):
    file = tmp_path / "feedback.db"
    store = open_store(str(file), seconds=0.1)
    store.keep(correction())
    writer = sqlite3.connect(file)
    writer.execute("BEGIN IMMEDIATE")
    with pytest.raises(FeedbackError, match="database is locked"):
        store.keep(correction())
    writer.close()
    store.keep(correction())


def test_a_file_that_was_moved_away_is_made_anew(tmp_path):
    file = tmp_path / "feedback.db"
    store = open_store(str(file))
    store.keep(correction("moved"))
    file.rename(tmp_path / "backup.db")
    store.keep(correction("new"))
    assert [one.text for one in store.corrections()] == ["new"]


@pytest.mark.parametrize("content", ["text\n", "something else\n" * 100])
def test_a_file_that_is_no_database_is_named_and_said_to_be_none(tmp_path, content):
    """The name of an exception was all that was told."""
    file = tmp_path / "reviews.csv"
    file.write_text(content)
    store = open_store(str(file))
    told = f"^{file} is not an SQLite database: "
    with pytest.raises(FeedbackError, match=told):
        store.keep(correction())
    with pytest.raises(FeedbackError, match=told):
        list(store.corrections())
    with pytest.raises(FeedbackError, match=told):
        store.forget(request_id="r")
    assert file.read_text() == content


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("mysql://u:swordfish@h/d", "cannot be kept in 'mysql': SQLite and PostgreSQL"),
        ("sqlite://", "without a file would be lost"),
        ("sqlite:///:memory:", "without a file would be lost"),
        ("/no/such/folder/f.db", "there is no folder /no/such/folder"),
        ("postgresql://u:swordfish@h:port/d", "is not the URL of a database"),
        ("://u:swordfish@h/d", "is not the URL of a database"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(address, complaint):
    with pytest.raises(ConfigError, match=complaint) as caught:
        open_store(address)
    assert "swordfish" not in str(caught.value)


def test_without_sqlalchemy_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentiment.feedback.store", None)
    with pytest.raises(MissingExtraError, match="make install-feedback`"):
        open_store("feedback.db")


def test_without_the_driver_of_postgresql_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"postgresql.*make install-feedback`"):
        open_store("postgresql://h/d")


def test_a_folder_that_may_not_be_written_is_a_refusal(tmp_path):
    if os.geteuid() == 0:
        # Nothing is forbidden to root but what is no folder.
        (tmp_path / "feedback.db").mkdir()
    else:
        tmp_path.chmod(0o500)
    with pytest.raises(FeedbackError, match="cannot be used now"):
        open_store(str(tmp_path / "feedback.db")).keep(correction())
