"""How the commands begin: Ctrl-C while their modules are loaded leaves no traceback."""

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


@pytest.mark.parametrize("module", ["sentiment.console", "training.console"])
def test_ctrl_c_means_what_it_did_once_the_command_runs(tmp_path, module):
    cli = module.replace("console", "cli")
    program = (
        f"{HEARD}from importlib import import_module\n"
        "shown = lambda: print(signal.getsignal(signal.SIGINT))\n"
        f"import_module({cli!r}).main = shown\n"
        f"import_module({module!r}).main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "default_int_handler" in done.stdout
