"""Run a command in all the processes that torchrun started."""

import os
import sys
from collections.abc import Callable

from sentiment.errors import SentimentError
from training.commands.exits import stop


def together(lead: Callable[[], int], assist: Callable[[], None]) -> int:
    """Do ``lead`` in the first process and ``assist`` in the others; all end alike.

    Alone, a process leads. The others leave from here, with the code that ``lead``
    returned, and have no voice: what goes wrong in all of them, the first one says.
    """
    from training.fitting.parallel import joined

    with joined() as ranks:
        if not ranks.first:
            try:
                assist()
            except (SentimentError, FloatingPointError):
                sys.exit(2)
            sys.exit(ranks.hear_exit())
        code = 2
        try:
            code = lead()
        except (KeyboardInterrupt, SystemExit):
            code = 130
            raise
        finally:
            ranks.say_exit(code)
    return code


def require_one_process(command: str) -> None:
    """Leave if torchrun started several: each would do all of it, over the others."""
    if "TORCHELASTIC_RUN_ID" not in os.environ or os.environ["WORLD_SIZE"] == "1":
        return
    if os.environ["RANK"] == "0":
        stop(f"{command} is the work of one process: start it without torchrun", 2)
    sys.exit(2)
