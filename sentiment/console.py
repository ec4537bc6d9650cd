"""Start a command so that it ends soon, and Ctrl-C in an import without a trace."""

import atexit
import gc
import os
import signal
import sys
import threading
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

# An interrupt that Python dropped is sent again after this many seconds.
_AGAIN_SECONDS = 0.05

# The file name of the frames of Python's import system.
_IMPORTING = "<frozen importlib"


def begin(module: str) -> None:
    """Load ``module`` and run its ``main``; Ctrl-C during an import ends at once.

    Commands import heavy packages late. An import that is interrupted may turn the
    interrupt into another error (numpy into an endless recursion), or swallow it and go
    on.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupted)  # a shell may have it ignored
        sys.unraisablehook = interrupt_again
    # Else Python looks for cycles in all that torch brought along before it ends.
    atexit.register(gc.freeze)
    import_module(module).main()


def interrupted(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, or end as the signal does where code is imported."""
    importing = frame
    while importing is not None:
        if importing.f_code.co_filename.startswith(_IMPORTING):
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        importing = importing.f_back
    signal.default_int_handler(number, frame)


def interrupt_again(dropped: "UnraisableHookArgs") -> None:
    """Repeat Ctrl-C that came in a finalizer or a callback, where Python drops it.

    Otherwise a long training would go on as if nothing had happened.
    """
    if not issubclass(dropped.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(dropped)
        return
    # Python raises it in the main thread alone, so this is that.
    this_thread = threading.get_ident()
    again = threading.Timer(
        _AGAIN_SECONDS, signal.pthread_kill, (this_thread, signal.SIGINT)
    )
    again.daemon = True
    again.start()


def main() -> None:
    """Run the command ``sentiment``."""
    begin("sentiment.cli")
