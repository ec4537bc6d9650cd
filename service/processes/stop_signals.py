"""The signals that ask a process to stop, held back while a worker is forked.

Between the fork and its own handlers a worker has the master's, which only notes a
signal for the master's loop. Python itself forgets what arrives in the fork's first
moment. So a worker that was told to stop would serve on, until it is killed.
"""

import signal

_STOPS = (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT)


def hold_back() -> None:
    """Let the kernel keep these signals, for this process and those it forks."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)


def let_through() -> None:
    """Receive these signals again; those that the kernel kept arrive at once."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
