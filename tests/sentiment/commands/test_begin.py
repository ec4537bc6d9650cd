"""How commands begin and end: no traceback of Ctrl-C in an import, and no delay."""

import signal
import subprocess
import sys

import pytest

# A shell that runs the tests in the background has Ctrl-C ignored.
HEARD = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
INTERRUPTED = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"


def ended(program, folder):
    """Return the Python program after its end; ``folder`` is its working directory."""
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        timeout=60,
    )


def begin(module, folder):
    program = f"{HEARD}import sys; from {module} import main; sys.exit(main())"
    return ended(program, folder)


@pytest.mark.parametrize("module", ["sentiment.console", "training.console"])
def test_ctrl_c_while_modules_are_loaded_ends_without_a_traceback(tmp_path, module):
    # Comes before the real one, as the first that the commands import.
    (tmp_path / "click.py").write_text(INTERRUPTED)
    done = begin(module, tmp_path)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")


# Commands import late; what is interrupted there may make another error of it, as numpy
# does, or go on.
COMMAND = """
import os, signal

def main():
    try:
        {interrupted}
    except BaseException as error:
        print("seen:", type(error).__name__)
"""
NOW = "os.kill(os.getpid(), signal.SIGINT)"


@pytest.mark.parametrize(
    ("heard", "interrupted", "code", "printed"),
    [
        (HEARD, "import heavy", -signal.SIGINT, ""),
        (HEARD, NOW, 0, "seen: KeyboardInterrupt\n"),
        (HEARD.replace("default_int_handler", "SIG_IGN"), NOW, 0, ""),
    ],
    ids=["in a late import", "in the command", "ignored by a shell"],
)
def test_ctrl_c_in_a_command(tmp_path, heard, interrupted, code, printed):
    (tmp_path / "heavy.py").write_text(INTERRUPTED)
    (tmp_path / "command.py").write_text(COMMAND.format(interrupted=interrupted))
    program = f"{heard}from sentiment.console import begin; begin('command')"
    done = ended(program, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (code, printed, "")


# Python drops what is raised in a finalizer, and prints a traceback.
FINALIZER = """
import os, signal, time

class Closing:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)

def main():
    Closing()
    try:
        time.sleep(50)
    except KeyboardInterrupt:
        print("interrupted")
"""


def test_ctrl_c_in_a_finalizer_is_not_lost(tmp_path):
    (tmp_path / "command.py").write_text(FINALIZER)
    done = ended(
        f"{HEARD}from sentiment.console import begin; begin('command')", tmp_path
    )
    assert (done.stdout, done.stderr) == ("interrupted\n", "")


def test_other_errors_of_a_finalizer_are_shown_as_ever(tmp_path):
    finalizer = FINALIZER.replace("os.kill(os.getpid(), signal.SIGINT)", "1 / 0")
    (tmp_path / "command.py").write_text(finalizer.replace("(50)", "(0)"))
    done = ended("from sentiment.console import begin; begin('command')", tmp_path)
    assert "ZeroDivisionError" in done.stderr


def test_what_a_command_imported_is_not_searched_for_cycles_at_its_end(tmp_path):
    """With torch among it, that took a third of a second after the last word."""
    (tmp_path / "command.py").write_text("def main(): pass")
    program = """
import atexit, gc
atexit.register(lambda: print(gc.get_freeze_count() > len(gc.get_objects())))
from sentiment.console import begin
begin("command")
"""
    assert ended(program, tmp_path).stdout == "True\n"
