"""Another model takes over once it is checked; a bad one never does."""

import errno
import logging
import os
import shutil
from pathlib import Path

import pytest
from running import wait_for
from small_models import make_current, two_versions

from sentiment.artifacts import store
from sentiment.artifacts.folder import WEIGHTS
from sentiment.errors import ArtifactError
from sentiment.prediction.artifact import Artifact
from sentiment.prediction.predictor import Predictor
from service.model.served_model import ServedModel
from service.model.source import ModelSource
from service.model.watcher import Watcher
from service.observability.metrics import Metrics


@pytest.fixture
def models(artifact: Artifact, tmp_path: Path, monkeypatch) -> Path:
    folder = two_versions(artifact, tmp_path / "models")
    monkeypatch.setenv("SENTIMENT_MODELS", str(folder))
    return folder


class Worker:
    """A worker's model and its watcher, which looks when it is told to."""

    def __init__(self, path: Path | None = None, run_folder: Path | None = None):
        self.metrics = Metrics()
        source = ModelSource(path, max_characters=100, run_folder=run_folder)
        predictor, folder = source.load_first(self.metrics)
        self.served = ServedModel(predictor, self.metrics)
        self.watcher = Watcher(self.served, source, folder, self.metrics)

    def look(self) -> str:
        self.watcher.look()
        return self.served.predictor.version

    def failures(self) -> float:
        value = self.metrics.registry.get_sample_value
        return value("sentiment_reload_failures_total") or 0.0

    def refuses(self) -> bool:
        return self.metrics.registry.get_sample_value("sentiment_model_refused") == 1


def test_another_version_takes_over(models):
    worker = Worker()
    before = worker.served.predictor
    assert worker.look() == "untrained-1"
    assert worker.served.predictor is before
    make_current(models, "untrained-2")
    assert worker.look() == "untrained-2"
    assert worker.failures() == 0
    # A request that took the old one before the swap still ends with it.
    assert before.predict("good").label


def test_limits_hold_for_the_next_model_too(models):
    worker = Worker()
    make_current(models, "untrained-2")
    worker.look()
    assert worker.served.predictor.max_characters == 100


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_every_model_reads_in_the_precision_that_is_set(models, precision, monkeypatch):
    monkeypatch.setattr(
        "sentiment.network.precision.processor_has_bfloat16", lambda: True
    )
    source = ModelSource(None, max_characters=100, precision=precision)
    predictor, folder = source.load_first(Metrics())
    assert predictor.precision == precision
    assert source.load(folder).precision == precision


def test_what_a_request_needs_to_know_is_measured_before_a_swap(models, monkeypatch):
    """The first request after it waited for this, and the whole loop with it."""
    worker = Worker()
    make_current(models, "untrained-2")
    worker.look()
    monkeypatch.setattr("sentiment.prediction.predictor.encode_texts", None)
    assert worker.served.predictor.requests_are_batch_invariant


def test_a_processor_whose_digits_depend_on_the_batch_is_noted(
    models, monkeypatch, caplog
):
    monkeypatch.setattr(Predictor, "requests_are_batch_invariant", False)
    Worker()
    assert "requests to model untrained-1 share no pass" in caplog.text


def test_workers_read_in_the_precision_of_the_first(models, tmp_path, monkeypatch):
    def measures(found):
        def choose(_classifier, _golden, asked):
            return found if asked == "auto" else asked

        monkeypatch.setattr("sentiment.prediction.predictor.choose_precision", choose)

    run_folder = tmp_path / "run"
    chosen = []
    for found in ("float32", "bfloat16"):
        measures(found)
        chosen.append(Worker(run_folder=run_folder).served.predictor.precision)
    assert chosen == ["float32", "float32"]
    noted = sorted(path.name.partition("-")[0] for path in run_folder.iterdir())
    assert noted == ["precision", "serving"]


def test_workers_that_cannot_agree_on_a_precision_serve_all_the_same(
    models, tmp_path, caplog
):
    (tmp_path / "run").write_text("no folder")
    assert Worker(run_folder=tmp_path / "run").look() == "untrained-1"
    assert "cannot agree on the precision" in caplog.text


def flip_a_byte(folder: Path) -> None:
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / WEIGHTS).write_bytes(content)


def test_a_bad_version_is_refused_once_and_the_old_one_stays(models, caplog):
    worker = Worker()
    flip_a_byte(models / "untrained-2")
    make_current(models, "untrained-2")
    for _ in range(3):
        assert worker.look() == "untrained-1"
    assert worker.failures() == 1
    (record,) = [found for found in caplog.records if found.levelno == logging.ERROR]
    assert "is damaged" in record.getMessage()
    assert "untrained-1 goes on answering" in record.getMessage()


def test_a_refusal_shows_for_as_long_as_the_bad_version_is_current(models, monkeypatch):
    """Only its beginning was counted, and the alert fell silent after a while."""
    monkeypatch.setattr("service.model.watcher.AGAIN_SECONDS", 0.0)
    worker = Worker()
    worker.look()
    assert not worker.refuses()
    flip_a_byte(models / "untrained-2")
    for _ in range(2):
        make_current(models, "untrained-2")
        for _ in range(3):
            worker.look()
            assert worker.refuses()
        make_current(models, "untrained-1")
        worker.look()
        assert not worker.refuses()
    # Published a second time, it was refused a second time.
    assert worker.failures() == 2


def test_a_refusal_ends_with_the_next_good_version(models):
    worker = Worker()
    make_current(models, "nowhere")
    worker.look()
    assert worker.refuses()
    make_current(models, "untrained-2")
    worker.look()
    assert not worker.refuses()


def test_a_repaired_version_is_tried_again(models):
    worker = Worker()
    whole = (models / "untrained-2" / WEIGHTS).read_bytes()
    flip_a_byte(models / "untrained-2")
    make_current(models, "untrained-2")
    worker.look()
    # A new file, as a copy is: many a kernel's clock of files stands for milliseconds.
    (models / "whole").write_bytes(whole)
    (models / "whole").replace(models / "untrained-2" / WEIGHTS)
    assert worker.look() == "untrained-2"
    assert worker.failures() == 1


def test_damage_to_the_version_that_is_served_changes_nothing(models):
    worker = Worker()
    flip_a_byte(models / "untrained-1")
    assert worker.look() == "untrained-1"
    assert worker.failures() == 1
    assert worker.served.predictor.predict("good").label


@pytest.mark.parametrize("target", ["nowhere", "current", "../../etc"])
def test_a_link_that_leads_nowhere_is_refused(models, target):
    worker = Worker()
    make_current(models, target)
    assert worker.look() == worker.look() == "untrained-1"
    assert worker.failures() == 1


def test_a_link_that_vanishes_does_not_bring_back_the_bundled_model(
    models, monkeypatch
):
    """The volume was unmounted for a moment, and an old model answered."""
    worker = Worker()
    bundled = models.parent / "bundled"
    bundled.mkdir()
    shutil.copytree(models / "untrained-2", bundled / "shipped")
    monkeypatch.setattr(store, "BUNDLED", bundled)
    monkeypatch.setattr("service.model.source.BUNDLED", bundled)
    (models / "current").unlink()
    assert worker.look() == worker.look() == "untrained-1"
    assert worker.failures() == 1


def test_the_bundled_model_gives_way_to_the_first_published_one(models, monkeypatch):
    bundled = models.parent / "bundled"
    shutil.copytree(models / "untrained-1", bundled / "shipped")
    monkeypatch.setattr(store, "BUNDLED", bundled)
    monkeypatch.setattr("service.model.source.BUNDLED", bundled)
    (models / "current").unlink()
    worker = Worker()
    make_current(models, "untrained-2")
    assert worker.look() == "untrained-2"


def test_whatever_a_load_raises_the_watcher_goes_on(models, monkeypatch, caplog):
    worker = Worker()
    make_current(models, "untrained-2")

    def broken(_folder):
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("service.model.source.load_artifact", broken)
        assert worker.look() == "untrained-1"
    assert "ZeroDivisionError" in caplog.text
    os.utime(models / "untrained-2" / WEIGHTS)
    assert worker.look() == "untrained-2"


def test_a_version_that_could_not_be_read_for_a_moment_is_tried_again(
    models, monkeypatch
):
    """It was refused for ever: one worker answered with the old model, others not."""
    worker = Worker()
    make_current(models, "untrained-2")

    def out_of_files(_folder):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr("service.model.watcher.AGAIN_SECONDS", 0.0)
    with monkeypatch.context() as patched:
        patched.setattr("service.model.source.load_artifact", out_of_files)
        assert worker.look() == worker.look() == "untrained-1"
    assert worker.failures() == 1
    assert worker.look() == "untrained-2"


def test_a_bad_version_is_not_read_again_and_again(models, monkeypatch):
    worker = Worker()
    make_current(models, "untrained-2")
    reads = []

    def broken(folder):
        reads.append(folder)
        raise ArtifactError("damaged")

    monkeypatch.setattr("service.model.source.load_artifact", broken)
    for _ in range(3):
        worker.look()
    assert len(reads) == 1


def test_a_named_model_is_watched_like_current(models):
    (models / "mine").symlink_to("untrained-1")
    worker = Worker(models / "mine")
    (models / ".mine").symlink_to("untrained-2")
    (models / ".mine").replace(models / "mine")
    assert worker.look() == "untrained-2"


def test_the_first_start_with_a_bad_model_fails(models, tmp_path):
    flip_a_byte(models / "untrained-1")
    with pytest.raises(ArtifactError, match="is damaged"):
        Worker(run_folder=tmp_path)


def test_a_worker_that_starts_later_serves_what_the_others_do(models, tmp_path, caplog):
    Worker(run_folder=tmp_path)
    flip_a_byte(models / "untrained-2")
    make_current(models, "untrained-2")
    later = Worker(run_folder=tmp_path)
    assert later.served.predictor.version == "untrained-1"
    assert later.failures() == 1
    assert later.refuses()
    make_current(models, "untrained-1")
    later.look()
    assert not later.refuses()
    assert "serves what the others do" in caplog.text


def test_a_run_folder_that_was_tidied_away_keeps_no_model_out(models, tmp_path):
    """The note could not be written, so every good model was refused from then on."""
    run = tmp_path / "run"
    run.mkdir()
    worker = Worker(run_folder=run)
    shutil.rmtree(run)
    make_current(models, "untrained-2")
    assert worker.look() == "untrained-2"
    assert worker.failures() == 0
    assert (run / "serving").read_text().endswith("untrained-2")


def test_a_note_that_cannot_be_written_keeps_no_model_out(models, tmp_path, caplog):
    (tmp_path / "run").write_text("a file, so that no folder can be made in its place")
    worker = Worker(run_folder=tmp_path / "run")
    make_current(models, "untrained-2")
    assert worker.look() == "untrained-2"
    assert worker.failures() == 0
    assert "cannot note" in caplog.text


def test_a_model_is_noted_only_once_it_answers(models, tmp_path, monkeypatch):
    worker = Worker(run_folder=tmp_path)
    make_current(models, "untrained-2")

    def broken(_predictor):
        raise MemoryError

    monkeypatch.setattr(worker.served, "swap", broken)
    assert worker.look() == "untrained-1"
    assert (tmp_path / "serving").read_text().endswith("untrained-1")


def test_a_thread_looks_by_itself_until_it_is_stopped(models):
    worker = Worker()
    stop = worker.watcher.start(0.02)
    make_current(models, "untrained-2")
    try:
        wait_for(lambda: worker.served.predictor.version == "untrained-2", "the switch")
    finally:
        stop()
