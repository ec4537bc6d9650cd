"""What NLTK takes along stays away from it, and comes to everyone else."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from sentiment.cli import main
sys.argv = ["sentiment", "--version"]
{begin}
import sentiment.text.sentences
assert "nltk.classify" in sys.modules
taken_along = {{"scipy", "sklearn"}} & set(sys.modules)
import sklearn.feature_extraction
print(sorted(taken_along))
"""


@pytest.mark.parametrize(
    ("begin", "taken_along"),
    [("main()", "[]"), ("", "['scipy', 'sklearn']")],
    ids=["in a command", "in someone's notebook"],
)
def test_nltk_comes_alone_into_a_process_of_ours(begin, taken_along):
    """A command took twice as long to start for what it never used."""
    pytest.importorskip("sklearn")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(begin=begin)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == taken_along
