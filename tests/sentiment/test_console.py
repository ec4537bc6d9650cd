"""Ctrl-C while a command imports ends it at once; later it is for the command."""

import signal
import subprocess
import sys

import pytest

# Imports what is interrupted, and would make another error of that, as numpy does.
COMMAND = """
import os, signal, time

def main():
    try:
        {interrupted}
    except BaseException as error:
        print("seen:", type(error).__name__)
"""
INTERRUPT = "os.kill(os.getpid(), signal.SIGINT); time.sleep(5)"


@pytest.mark.parametrize(
    ("interrupted", "code", "printed"),
    [
        ("import heavy", -signal.SIGINT, ""),
        (INTERRUPT, 0, "seen: KeyboardInterrupt\n"),
    ],
    ids=["in an import", "after it"],
)
def test_ctrl_c(tmp_path, interrupted, code, printed):
    (tmp_path / "heavy.py").write_text(f"import os, signal, time; {INTERRUPT}")
    (tmp_path / "command.py").write_text(COMMAND.format(interrupted=interrupted))
    begin = "import sys; sys.path.insert(0, '.'); from sentiment.console import begin"
    done = subprocess.run(
        [sys.executable, "-c", f"{begin}; begin('command')"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        # A shell's background jobs begin with SIGINT ignored; this one may not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, printed, "")


def test_an_interrupt_that_a_shell_has_ignored_stays_ignored(tmp_path):
    (tmp_path / "command.py").write_text(COMMAND.format(interrupted=INTERRUPT[:-15]))
    begin = "import sys; sys.path.insert(0, '.'); from sentiment.console import begin"
    done = subprocess.run(
        [sys.executable, "-c", f"{begin}; begin('command')"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    assert (done.returncode, done.stdout) == (0, "")
