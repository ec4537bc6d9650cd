"""How commands begin and end: no traceback of Ctrl-C in an import, and no delay."""

import signal
import subprocess
import sys

import pytest

# A shell that runs the tests in the background has Ctrl-C ignored.
HEARD = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
INTERRUPTED = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"


def begin(module, folder, *arguments):
    program = f"{HEARD}import sys; from {module} import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )


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
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, printed, "")


def test_what_a_command_imported_is_not_searched_for_cycles_at_its_end(tmp_path):
    """With torch among it, that took a third of a second after the last word."""
    (tmp_path / "command.py").write_text("def main(): pass")
    program = """
import atexit, gc
atexit.register(lambda: print(gc.get_freeze_count() > len(gc.get_objects())))
from sentiment.console import begin
begin("command")
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    assert done.stdout == "True\n"
