"""The default data set: the VADER gold standard, fetched once with pip.

23,703 snippets of tweets, films, products and news, each rated by about 20 people from
-4 to 4 (Hutto and Gilbert 2014, MIT licence), from the source distribution of
vaderSentiment. The raters' votes make soft labels: the shares below, at and above zero.
"""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sentiment.errors import DataError, nearest
from sentiment.labels import NEGATIVE, NEUTRAL, POSITIVE
from training.data.examples import Example

PACKAGE, VERSION = "vaderSentiment", "3.3.2"
SHA256 = "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9"
SDIST = f"{PACKAGE}-{VERSION}.tar.gz"

SETS = {
    "tweets": "tweets",
    "films": "movieReviewSnippets",
    "amazon": "amazonReviewSnippets",
    "news": "nytEditorialSnippets",
}

# The cut that comparisons on this gold standard use for three classes.
_NEUTRAL_UP_TO = 0.5


def read_vader_gold(name: str, source: str) -> Iterator[Example]:
    """Yield the examples of one of the four sets, fetching them the first time.

    An answer is judged by the mean rating, cut at -0.5 and 0.5; training sees the
    shares of the votes.

    Raises:
        DataError: There is no such set, or it cannot be fetched.
    """
    if name not in SETS:
        raise DataError(
            f"the VADER gold standard has no {name!r}: {nearest(name, SETS)}"
        )
    archive = _inner_archive(fetch())
    texts = _lines(archive, f"{SETS[name]}_GroundTruth.txt")
    votes = _lines(archive, f"{SETS[name]}_anonDataRatings.txt")
    ratings = {line.split("\t")[0]: line.split("\t")[-1] for line in votes}
    for line in texts:
        number, mean, text = line.split("\t", 2)
        yield Example(
            text=text,
            target=_shares(ratings[number]),
            source=source,
            judged_as=_cut(float(mean)),
        )


def fetch() -> Path:
    """Return the source distribution's path, downloading it with pip if need be.

    Raises:
        DataError: pip could not get it, or it is not the one that is meant.
    """
    cached = _cache() / SDIST
    if not cached.is_file():
        _download(cached)
    found = hashlib.sha256(cached.read_bytes()).hexdigest()
    if found != SHA256:
        raise DataError(
            f"{cached} has sha256 {found}, not {SHA256}: remove it and try again"
        )
    return cached


def _download(target: Path) -> None:
    """Fetch to a folder beside the target and rename: whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    print(f"fetching {PACKAGE} {VERSION} (2.5 MB) with pip ...", file=sys.stderr)  # noqa: T201  # a person waits
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--no-binary", PACKAGE, "--dest", folder, f"{PACKAGE}=={VERSION}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # constants only
        downloaded = Path(folder) / SDIST
        # Some indexes serve the file under its name in lower case.
        for other in Path(folder).glob("*.tar.gz"):
            shutil.move(other, downloaded)
        if done.returncode or not downloaded.is_file():
            raise DataError(
                f"pip could not fetch {PACKAGE} {VERSION}: "
                f"{(done.stderr.strip().splitlines() or ['no reason given'])[-1]}. "
                f"A possible solution is to put {SDIST} into {target.parent} by hand, "
                "or to train on a file of your own"
            )
        downloaded.replace(target)


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "sentiment"


def _inner_archive(sdist: Path) -> dict[str, bytes]:
    """Return the files of the archive within the archive, by their bare names."""
    inner = f"{PACKAGE}-{VERSION}/additional_resources/hutto_ICWSM_2014.tar.gz"
    with tarfile.open(sdist) as outer:
        member = outer.extractfile(inner)
        if member is None:
            raise DataError(f"{sdist} holds no {inner}: remove it and try again")
        content = member.read()
    files = {}
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for entry in archive:
            file = archive.extractfile(entry)
            if file is not None:
                files[Path(entry.name).name] = file.read()
    return files


def _lines(archive: dict[str, bytes], name: str) -> list[str]:
    # Read without quoting: the snippets hold lone quotation marks. Not splitlines(),
    # which also cuts where a text may go on.
    text = archive[name].decode("utf-8-sig")
    return [line.removesuffix("\r") for line in text.split("\n") if line.strip()]


def _shares(ratings: str) -> tuple[float, float, float]:
    """Return the shares of votes below, at and above zero.

    >>> _shares("[0, -1, 0, 2]")
    (0.25, 0.5, 0.25)
    """
    votes = [float(vote) for vote in ratings.strip().strip("[]").split(",")]
    below = sum(vote < 0 for vote in votes)
    above = sum(vote > 0 for vote in votes)
    count = len(votes)
    return below / count, (count - below - above) / count, above / count


def _cut(mean: float) -> int:
    if mean < -_NEUTRAL_UP_TO:
        return NEGATIVE
    return POSITIVE if mean > _NEUTRAL_UP_TO else NEUTRAL
