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


# How long the others wait for the first to say why all of them leave: torchrun ends
# every process as soon as it sees that one of them has left.
_SPEAKING_SECONDS = 30


def together(lead: Callable[[], int], assist: Callable[[], None]) -> int:
    """Do ``lead`` in the first process and ``assist`` in the others; all end alike.

    Alone, a process leads. The others leave from here, with the code that ``lead``
    returned, and have no voice: what goes wrong in all of them, the first one says.
    What goes wrong in one alone, that one says.
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
            code = ranks.hear_exit(within=timedelta(seconds=_SPEAKING_SECONDS))
        except TimeoutError:
            stop(f"process {ranks.rank} of {ranks.size}: {error}", 2)
    else:
        code = ranks.hear_exit()
    if code:
        time.sleep(_SPEAKING_SECONDS)
    sys.exit(code)


def require_one_process(command: str) -> None:
    """Leave if torchrun started several: each would do all of it, over the others."""
    if "TORCHELASTIC_RUN_ID" not in os.environ or os.environ["WORLD_SIZE"] == "1":
        return
    if os.environ["RANK"] == "0":
        stop(f"{command} is the work of one process: start it without torchrun", 2)
    time.sleep(_SPEAKING_SECONDS)
    sys.exit(2)
