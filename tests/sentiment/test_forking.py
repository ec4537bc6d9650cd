"""What is imported before processes are forked."""

import os
import subprocess
import sys

PROGRAM = """
import gc, os, sys
from sentiment.forking import import_for_forks
import_for_forks()
assert {"torch", "nltk.tokenize.punkt"} <= set(sys.modules)
assert not {"scipy", "sklearn"} & set(sys.modules)
assert gc.get_freeze_count() > 100_000 > len(gc.get_objects())
print(len(os.listdir("/proc/self/task")))
"""


def test_sentences_are_imported_before_the_fork_and_make_no_thread():
    """No request waits for them, and no forked process lacks a thread.

    No search for cycles goes through what was imported, either: half a second at exit.
    """
    env = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        env=env,
    )
    assert done.stdout == "1\n"
