"""/predict under its gunicorn: beside a bare Flask echo, and beside VADER."""

import contextlib
import statistics
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from measuring import ROOT, Comparison, compare, snippets
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from service.settings import Settings

sys.path.insert(0, str(ROOT / "tests/support"))

from closed_loop import answers_in_turn
from open_loop import prediction_request
from running import Client, environment, free_port, running, serving, wait_until_ready

SECONDS = 3.0
# 25 words.
TEXT = (
    "The room was small and a little dark, but the staff could not have been kinder to "
    "us, and breakfast on the terrace was lovely."
)
# 3,750 words.
LONG_TEXT = " ".join([TEXT] * 150)
SHORT_CLIENTS = 8
BATCH = 256
BATCH_CLIENTS = 4


def run(rounds: int) -> Iterator[Comparison]:
    """Compare one text a request with the echo, batches with VADER on one core."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder)) as (ours, _),
        _echo(Path(folder)) as theirs,
    ):
        request = prediction_request(text=TEXT)
        print("wanted: 0.6 of the echo at 16 clients, p50 1.5 ms above it at one")
        for clients in (1, 16):
            contenders = {
                name: partial(answers_in_turn, port, clients, request, SECONDS)
                for name, port in (("/predict", ours.port), ("echo", theirs.port))
            }
            name = f"service, {clients} client{'s' * (clients > 1)}"
            yield compare(name, "requests/s", contenders, rounds)
        _print_medians(ours.port, theirs.port, request, rounds)
        print("wanted: long texts beside short ones take 1.5 times their parts' time")
        yield _long_beside_short(ours.port, rounds)
        print("wanted: 8,000 snippets/s in batches")
        texts = snippets()
        yield compare(
            f"service, {BATCH} texts a request, {BATCH_CLIENTS} clients",
            "snippets/s",
            {
                "/predict": partial(_batches, ours.port, _requests(texts)),
                "VADER in one process": partial(
                    _vader, SentimentIntensityAnalyzer(), texts[::6]
                ),
            },
            rounds,
        )


@contextlib.contextmanager
def _echo(folder: Path) -> Iterator[Client]:
    """Run the echo in as many processes and threads as the service."""
    settings = Settings()
    client = Client(free_port())
    command = [
        *(sys.executable, "-m", "gunicorn", "--worker-class", "gthread"),
        *("--workers", str(settings.workers or 2), "--threads", str(settings.threads)),
        *("--bind", f"127.0.0.1:{client.port}", "--no-control-socket"),
        *("--chdir", str(Path(__file__).parent), "echo:create_app()"),
    ]
    log = folder / "echo.log"
    with running(command, log, cwd=folder, env=environment()) as process:
        wait_until_ready("/readyz", client, process, log)
        yield client


def _print_medians(ours: int, theirs: int, request: bytes, rounds: int) -> None:
    """Print how much later than the echo's the service's answer comes, for one client.

    The two take turns, each with its kept connection.
    """
    differences, answers = [], []
    for _ in range(rounds):
        our, their = (_median_ms(port, request) for port in (ours, theirs))
        differences.append(our - their)
        answers.append(our)
    print(
        f"service, 1 client, p50: {statistics.median(answers):.2f} ms, "
        f"{statistics.median(differences):.2f} ms after the echo's "
        f"({min(differences):.2f} to {max(differences):.2f})",
        flush=True,
    )


def _median_ms(port: int, request: bytes) -> float:
    seconds: list[float] = []
    answers_in_turn(port, 1, request, SECONDS, seconds)
    return statistics.median(seconds) * 1000


def _long_beside_short(port: int, rounds: int) -> Comparison:
    """Compare short texts and long ones at the same time with one kind at a time.

    0.67x is 1.5 times the time for the same answers.
    """
    short = partial(answers_in_turn, port, SHORT_CLIENTS, prediction_request(text=TEXT))
    long = partial(answers_in_turn, port, 1, prediction_request(text=LONG_TEXT))
    together, apart = [], []
    for _ in range(rounds):
        # How long one of each takes where nothing else is asked.
        alone = [SECONDS / ask(SECONDS) for ask in (short, long)]
        with ThreadPoolExecutor() as threads:
            asked = [threads.submit(ask, SECONDS) for ask in (short, long)]
            answered = [one.result() for one in asked]
        parts = zip(answered, alone, strict=True)
        together.append(sum(answered) / SECONDS)
        apart.append(sum(answered) / sum(count * seconds for count, seconds in parts))
    name = f"service, long texts beside {SHORT_CLIENTS} clients with short ones"
    found = Comparison(name, "requests/s", "together", "apart", together, apart)
    print(found.line(), flush=True)
    return found


def _requests(texts: list[str]) -> list[bytes]:
    """Return requests of ``BATCH`` texts each, no two alike."""
    starts = range(0, len(texts) - BATCH, BATCH)
    return [prediction_request(texts=texts[at : at + BATCH]) for at in starts]


def _batches(port: int, requests: list[bytes]) -> int:
    """Send one request after the other; return how many texts were answered."""
    return BATCH * answers_in_turn(port, BATCH_CLIENTS, requests, SECONDS)


def _vader(analyzer: SentimentIntensityAnalyzer, texts: list[str]) -> int:
    return len([analyzer.polarity_scores(text) for text in texts])
