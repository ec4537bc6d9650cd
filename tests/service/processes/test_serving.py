"""How many processes gunicorn is let start, and where they share their numbers."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from running import ROOT, environment

from sentiment.errors import ConfigError
from service.processes import serving
from service.settings import Settings


@pytest.mark.parametrize(
    ("limit", "cpus"),
    [("max 100000", None), ("100000 100000", 1), ("50000 100000", 1), ("", None)],
)
def test_a_containers_quota_counts(tmp_path, limit, cpus):
    quota = tmp_path / "cpu.max"
    quota.write_text(limit)
    all_of_them = len(os.sched_getaffinity(0))
    assert serving.available_cpus(quota) == (cpus or all_of_them)


@pytest.mark.parametrize(
    ("cpus", "torch_threads", "workers"), [(1, 1, 1), (2, 1, 2), (8, 1, 2), (2, 2, 1)]
)
def test_by_default_there_are_no_more_workers_than_cpus(cpus, torch_threads, workers):
    settings = Settings(torch_threads=torch_threads)
    assert serving.default_workers(settings, cpus) == workers


def test_more_computing_threads_than_cpus_are_refused():
    serving.check_processes(4, 2, cpus=8)
    with pytest.raises(ConfigError, match="want 10 CPUs, here are 8: set"):
        serving.check_processes(5, 2, cpus=8)


def master(**settings) -> SimpleNamespace:
    defaults = {"workers": 1, "preload_app": False}
    return SimpleNamespace(cfg=SimpleNamespace(**defaults | settings))


def test_the_workers_share_a_new_folder_that_goes_with_them(monkeypatch):
    for name in ("SENTIMENT_RUN_FOLDER", "PROMETHEUS_MULTIPROC_DIR"):
        monkeypatch.setenv(name, "")
    serving.on_starting(master())
    run = os.environ["SENTIMENT_RUN_FOLDER"]
    metrics = os.environ["PROMETHEUS_MULTIPROC_DIR"]
    assert os.listdir(metrics) == []
    assert metrics.startswith(run)
    serving.on_exit(None)
    assert not os.path.exists(run)


def test_an_earlier_runs_numbers_are_not_read_nor_an_operators_files_removed(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    kept = sorted(("mine", "metrics", "sentiment-run-killed"))
    for name in kept:
        (tmp_path / name).mkdir()
        (tmp_path / name / "counter_1.db").write_bytes(b"old")
    monkeypatch.setenv("SENTIMENT_RUN_FOLDER", str(tmp_path))
    serving.on_starting(master())
    assert os.listdir(os.environ["PROMETHEUS_MULTIPROC_DIR"]) == []
    assert os.listdir(os.environ["SENTIMENT_RUN_FOLDER"]) == ["metrics"]
    serving.on_exit(None)
    assert sorted(os.listdir(tmp_path)) == kept


@pytest.mark.parametrize(
    ("arguments", "env", "complaint"),
    [
        (["-w", "500"], {}, "500 workers with 1 torch threads each want 500 CPUs"),
        ([], {"SENTIMENT_WORKERS": "500"}, "500 workers with 1 torch threads"),
        ([], {"SENTIMENT_TORCH_THREADS": "500"}, "1 workers with 500 torch threads"),
        (["--preload"], {}, "start without --preload"),
        ([], {"SENTIMENT_WORKERS": "two"}, "SENTIMENT_WORKERS is 'two'"),
        ([], {"SENTIMENT_MODEL": "/nowhere"}, "/nowhere is no model"),
    ],
)
def test_what_cannot_work_is_refused_at_the_start(
    arguments, env, complaint, models, tmp_path
):
    """gunicorn's command line and environment overrule its file, so both are tried."""
    config = ROOT / "service" / "gunicorn.conf.py"
    command = [sys.executable, "-m", "gunicorn", "-c", str(config)]
    settings = {
        "SENTIMENT_MODELS": str(models),
        "SENTIMENT_BIND": "127.0.0.1:0",
        **env,
    }
    done = subprocess.run(
        [*command, *arguments],
        env=environment(**settings),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode not in (0, None)
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_the_master_imports_no_torch(tmp_path):
    """What was forked from a process that used torch hangs."""
    program = (
        "import sys, runpy; runpy.run_path('service/gunicorn.conf.py');"
        "import service.processes.worker;"
        "print(sorted({'torch', 'flask', 'prometheus_client'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
