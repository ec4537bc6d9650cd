"""Run a command in all the processes that torchrun started."""

import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

from sentiment.errors import SentimentError
from training.commands.exits import stop

if TYPE_CHECKING:
    from training.fitting.parallel import Ranks


# How long the others wait for the first to print its error: torchrun ends all processes
# as soon as one of them has ended.
_REPORTING_SECONDS = 30


def together(lead: Callable[[], int], assist: Callable[[], None]) -> int:
    """Do ``lead`` in the first process and ``assist`` in the others.

    A single process leads. The others exit here, with the exit code of ``lead``. An
    error in all processes is printed by the first; an error in one alone, by that one.
    """
    from training.fitting.parallel import joined

    with joined() as ranks:
        if not ranks.first:
            _follow(ranks, assist)
        code = 2
        try:
            code = lead()
        except (KeyboardInterrupt, SystemExit):
            code = 130
            raise
        finally:
            ranks.say_exit(code)
    return code


def _follow(ranks: "Ranks", assist: Callable[[], None]) -> NoReturn:
    try:
        assist()
    except (SentimentError, FloatingPointError) as error:
        try:
            code = ranks.hear_exit(within=timedelta(seconds=_REPORTING_SECONDS))
        except TimeoutError:
            stop(f"process {ranks.rank} of {ranks.size}: {error}", 2)
    else:
        code = ranks.hear_exit()
    if code:
        time.sleep(_REPORTING_SECONDS)
    sys.exit(code)


def require_one_process(command: str) -> None:
    """Exit if torchrun started several processes, which would all do the same."""
    if "TORCHELASTIC_RUN_ID" not in os.environ or os.environ["WORLD_SIZE"] == "1":
        return
    if os.environ["RANK"] == "0":
        stop(f"{command} is the work of one process: start it without torchrun", 2)
    time.sleep(_REPORTING_SECONDS)
    sys.exit(2)
