"""Start a command so that Ctrl-C during its imports prints no traceback."""

import signal
from importlib import import_module


def begin(module: str) -> None:
    """Load ``module`` and run its ``main``.

    Ctrl-C meanwhile ends the process at once, where Python would print a traceback of
    whatever it was importing.
    """
    usual = signal.getsignal(signal.SIGINT)
    if usual is signal.default_int_handler:  # a shell may have it ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    run = import_module(module).main
    signal.signal(signal.SIGINT, usual)
    run()


def main() -> None:
    """Run the command ``sentiment``."""
    begin("sentiment.cli")
