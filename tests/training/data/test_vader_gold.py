"""The default data set comes through pip, is checked, and is read without quoting."""

import io
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from sentiment.errors import DataError
from sentiment.labels import NEGATIVE, NEUTRAL, POSITIVE
from training.data import vader_gold
from training.data.reading import read_sources
from training.data.source import SourceConfig
from training.data.vader_gold import SDIST, SETS, fetch, read_vader_gold

# Lone quotation marks, a next-line character and Windows line ends, as in the real one.
TRUTH = (
    '1\t2.9\tA "great film\r\n'
    "2\t-0.5\tit arrived\u0085 today\r\n"
    '3\t0.55\t"Fine, I guess\tand so on\r\n'
    "4\t-1.8\tAwful :(\r\n"
)
VOTES = (
    "1\t2.9\t0.3\t[3, 3, 2, 4]\r\n"
    "2\t-0.5\t0.9\t[0, 0, -2, 0]\r\n"
    "3\t0.55\t0.9\t[0, 0, 2, 0]\r\n"
    "4\t-1.8\t0.5\t[-2, -2, -2, -1]\r\n"
)

# A source distribution that pip takes for one, and that needs nothing to be built with.
BACKEND = """
import pathlib
def prepare_metadata_for_build_wheel(folder, settings=None):
    info = pathlib.Path(folder, "vadersentiment-3.3.2.dist-info")
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\\nName: vaderSentiment\\nVersion: 3.3.2\\n"
    )
    return info.name
def build_wheel(*arguments):
    raise NotImplementedError
"""
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "b"\nbackend-path = ["."]\n'


def archive(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as opened:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            opened.addfile(entry, io.BytesIO(data))
    return content.getvalue()


def source_distribution() -> bytes:
    inner = {
        f"hutto_ICWSM_2014/{name}_{kind}.txt": text.encode()
        for name in SETS.values()
        for kind, text in (("GroundTruth", TRUTH), ("anonDataRatings", VOTES))
    }
    top = "vaderSentiment-3.3.2"
    resources = f"{top}/additional_resources/hutto_ICWSM_2014.tar.gz"
    return archive(
        {
            f"{top}/PKG-INFO": b"Metadata-Version: 1.0\nName: vaderSentiment\n",
            f"{top}/pyproject.toml": PYPROJECT.encode(),
            f"{top}/b.py": BACKEND.encode(),
            resources: archive(inner),
        }
    )


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a pip that finds nothing but what a test gives it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "links"))
    (tmp_path / "links").mkdir()
    return tmp_path / "cache" / "sentiment"


@pytest.fixture
def small(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small distribution of the same form, where pip will find it."""
    content = source_distribution()
    monkeypatch.setattr(
        vader_gold, "SHA256", vader_gold.hashlib.sha256(content).hexdigest()
    )
    offered = tmp_path / "links" / SDIST
    offered.write_bytes(content)
    return offered


@pytest.fixture
def cached(small: Path, cache: Path) -> None:
    """The small distribution, fetched before."""
    cache.mkdir(parents=True)
    small.rename(cache / SDIST)


def test_pip_fetches_it_once_and_the_cache_serves_it_then(small, cache):
    first = fetch()
    assert first == cache / SDIST
    small.unlink()
    assert fetch() == first
    assert [path.name for path in cache.iterdir()] == [SDIST]


def test_snippets_are_read_without_quoting(cached):
    examples = list(read_vader_gold("films", "gold"))
    assert [example.text for example in examples] == [
        'A "great film',
        "it arrived\u0085 today",
        '"Fine, I guess\tand so on',
        "Awful :(",
    ]
    assert examples[1].place == "movieReviewSnippets_GroundTruth.txt:2"


def test_training_sees_the_votes_and_answers_are_judged_by_the_mean(cached):
    examples = list(read_vader_gold("tweets", "gold"))
    assert [example.target for example in examples] == [
        (0.0, 0.0, 1.0),
        (0.25, 0.75, 0.0),
        (0.0, 0.75, 0.25),
        (1.0, 0.0, 0.0),
    ]
    # The third: most raters feel nothing, and the mean is just above the cut.
    judged = [example.label for example in examples]
    assert judged == [POSITIVE, NEUTRAL, POSITIVE, NEGATIVE]


def test_a_source_names_some_sets_or_reads_all(cached):
    def count(**fields: object) -> int:
        source = SourceConfig(name="gold", kind="vader-gold", **fields)
        return len(read_sources([source], data_root=Path()).examples)

    assert count(path="news") == 4
    assert count(path=["news", "tweets"]) == 8
    assert count() == 16


def test_a_set_may_be_held_out(cached):
    source = SourceConfig(name="gold", kind="vader-gold", path="news", held_out=True)
    reading = read_sources([source], data_root=Path())
    assert {example.split for example in reading.examples} == {"test"}


def test_an_unknown_set_is_refused_with_the_nearest(cache):
    with pytest.raises(DataError, match="has no 'film': did you mean 'films'"):
        list(read_vader_gold("film", "gold"))


def test_without_a_network_the_message_says_what_to_do(cache):
    with pytest.raises(DataError) as caught:
        fetch()
    message = str(caught.value)
    assert "pip could not fetch vaderSentiment 3.3.2: ERROR: No matching" in message
    assert f"put {SDIST} into {cache} by hand" in message
    assert list(cache.iterdir()) == []


def test_another_file_under_its_name_is_not_kept(small, cache):
    small.write_bytes(source_distribution() + b"\0")
    with pytest.raises(DataError, match=r"has sha256 .*remove it and try again"):
        fetch()
    assert list(cache.iterdir()) == []


def test_a_damaged_cache_is_refused(cached, cache):
    (cache / SDIST).write_bytes(b"half")
    with pytest.raises(DataError, match=rf"{SDIST} has sha256 .* remove it"):
        fetch()


def test_two_processes_may_fetch_at_once(small, cache):
    program = (
        "import sys; from training.data import vader_gold as v; "
        f"v.SHA256 = {vader_gold.SHA256!r}; print(v.fetch())"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in running:
        said, _ = process.communicate(timeout=500)
        assert (process.returncode, said.decode().strip()) == (0, str(cache / SDIST))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "negative", "neutral", "positive"),
    [
        ("tweets", 1_062, 838, 2_300),
        ("films", 5_061, 562, 4_982),
        ("amazon", 1_218, 765, 1_725),
        ("news", 1_688, 2_402, 1_100),
    ],
)
def test_the_real_gold_standard_is_read_whole(name, negative, neutral, positive):
    labels = Counter(example.label for example in read_vader_gold(name, name))
    assert labels == {NEGATIVE: negative, NEUTRAL: neutral, POSITIVE: positive}
