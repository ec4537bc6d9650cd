"""What a run of the tests says and does where a program that they need is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(("options", "code"), [([], 0), (["--system"], 1)])
def test_a_missing_program_is_named_and_fails_the_tests_where_asked(options, code):
    test = "tests/deployment/test_prometheus.py::test_promtool_agrees"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, test],
        cwd=ROOT,
        env={**os.environ, "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "promtool is not installed: `make test-system` gets it" in done.stdout
