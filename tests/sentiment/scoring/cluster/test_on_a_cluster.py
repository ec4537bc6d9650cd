"""On a real cluster of two nodes: the local engine's rows, whatever dies meanwhile."""

import json
import os
import signal
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from review_tables import (
    HEADER,
    read_csv,
    without_keys,
    write_csv,
    write_parquet,
)
from running import wait_for

pytest.importorskip("ray")
from ray.cluster_utils import Cluster

from sentiment.scoring.cluster.part_folder import PARTS_MANIFEST
from sentiment.scoring.cluster.run import ClusterScoring
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.progress import Progress
from sentiment.scoring.results import Tally

STORE = 100_000_000


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    # Ray lets workers stand back for everyone else, and other tests take both cores.
    os.environ.setdefault("RAY_worker_niceness", "0")
    with warnings.catch_warnings():
        # Ray leaves open, and warns of, things of its own.
        warnings.simplefilter("ignore")
        started = two_nodes()
    try:
        yield started
    finally:
        started.shutdown()


def two_nodes() -> Cluster:
    """Start a cluster, and try again where the machine is too busy for it.

    Ray gives its processes half a minute, and cannot be told otherwise.
    """
    for attempt in range(4):
        started = Cluster()
        try:
            for more in ({"include_dashboard": False}, {}):
                started.add_node(num_cpus=1, object_store_memory=STORE, **more)
        except Exception:
            started.shutdown()
            if attempt == 3:
                raise
        else:
            break
    return started


class Meanwhile(Progress):
    """Does something each time that another part is made."""

    def __init__(self, do: Callable[[int], None]) -> None:
        self.parts = 0
        self._do = do

    def update(self, _read_bytes: int, _tally: Tally) -> None:
        self.parts += 1
        self._do(self.parts)


def scorers() -> list[int]:
    """Return the processes of this test's cluster that score."""
    parents, found = {}, []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            name = status.with_name("cmdline").read_bytes()
            parents[int(status.parent.name)] = int(
                status.read_text().rpartition(")")[2].split()[1]
            )
        except OSError:
            continue  # it has ended meanwhile
        if name.startswith(b"ray::MapWorker"):
            found.append(int(status.parent.name))
    return [process for process in found if descends(process, parents)]


def descends(process: int, parents: dict[int, int]) -> bool:
    while process in parents:
        process = parents[process]
        if process == os.getpid():
            return True
    return False


def folder_of_csv(folder: Path, rows: int) -> list[Path]:
    return [
        write_csv(folder / "2025" / "a.csv", rows, seed=1),
        write_csv(folder / "b.csv", rows // 2, seed=2),
    ]


def scored_rows(output: Path) -> list[list[str]]:
    """Return the rows in the order of the parts' names."""
    parts = sorted(output.glob("part-*"))
    return [row for part in parts for row in read_csv(part)[1:]]


def check(
    output: Path, files: list[Path], folder: Path, locally: Callable[[Path, str], Path]
) -> None:
    """Compare an output with what the local engine makes of each file, row by row."""
    found = scored_rows(output)
    expected = [
        ([str(file.relative_to(folder)), str(number)], row)
        for file in files
        for number, row in enumerate(read_csv(locally(file, "local.csv"))[1:], start=1)
    ]
    keys = slice(len(HEADER), len(HEADER) + 2)
    assert [row[keys] for row in found] == [key for key, _ in expected]
    for ours, (_, theirs) in zip(map(without_keys, found), expected, strict=True):
        assert ours[:5] == theirs[:5]  # the input's values, the label
        assert ours[9] == theirs[9]  # the error
        for one, other in zip(ours[5:9], theirs[5:9], strict=True):
            assert one == other or float(one) == pytest.approx(float(other), abs=1e-4)


def test_a_killed_worker_loses_nothing_and_doubles_nothing(
    cluster, predictor, artifact_folder, locally, tmp_path
):
    killed = []

    def kill(parts: int) -> None:
        if parts == 2:
            killed.append(scorers()[0])
            os.kill(killed[-1], signal.SIGKILL)

    files = folder_of_csv(tmp_path / "in", 2_000)
    scoring = ClusterScoring(
        predictor,
        artifact_folder,
        ScoreOptions(),
        workers=2,
        address=cluster.address,
        progress=Meanwhile(kill),
        part_bytes=8_000,
    )
    output = tmp_path / "out.csv"
    tally = scoring.to_folder(str(tmp_path / "in"), output)
    assert len(killed) == 1
    assert tally.rows == 3_000
    check(output, files, tmp_path / "in", locally)
    manifest = json.loads((output / PARTS_MANIFEST).read_text())
    assert manifest["rows"] == sum(part["rows"] for part in manifest["parts"]) == 3_000
    assert {part["part"] for part in manifest["parts"]} == {
        path.name for path in output.glob("part-*")
    }
    assert len(manifest["parts"]) > 20


@pytest.mark.slow
@pytest.mark.timeout(1_200)  # where others take the cores, Ray starts slowly
def test_a_lost_node_and_many_killed_workers_lose_nothing(
    cluster, predictor, artifact_folder, locally, tmp_path
):
    files = folder_of_csv(tmp_path / "in", 60_000)
    lost = cluster.add_node(num_cpus=1, object_store_memory=STORE)

    def disturb(parts: int) -> None:
        if parts == 20:
            cluster.remove_node(lost, allow_graceful=False)
        elif parts % 15 == 0:
            os.kill(scorers()[-1], signal.SIGKILL)

    output = tmp_path / "out.csv"
    scoring = ClusterScoring(
        predictor,
        artifact_folder,
        ScoreOptions(),
        workers=3,
        address=cluster.address,
        progress=Meanwhile(disturb),
        part_bytes=60_000,
    )
    assert scoring.to_folder(str(tmp_path / "in"), output).rows == 90_000
    check(output, files, tmp_path / "in", locally)


class StoppedError(Exception):
    """Stands for whatever ends a run from outside."""


@pytest.mark.slow
@pytest.mark.timeout(1_200)  # where others take the cores, Ray starts slowly
def test_a_run_that_was_stopped_is_gone_on_with_from_what_was_made(
    cluster, predictor, artifact_folder, locally, tmp_path
):
    def stop(parts: int) -> None:
        if parts == 5:
            raise StoppedError

    def scoring(progress: Progress) -> ClusterScoring:
        return ClusterScoring(
            predictor,
            artifact_folder,
            ScoreOptions(),
            workers=2,
            address=cluster.address,
            progress=progress,
            part_bytes=8_000,
        )

    source = write_parquet(tmp_path / "in" / "a.parquet", 4_000)
    output = tmp_path / "out.csv"
    # Held, as a notebook holds the latest error: its frames live on, no actor does.
    with pytest.raises(StoppedError) as stopped:
        scoring(Meanwhile(stop)).to_folder(str(source), output)
    wait_for(lambda: not scorers(), "the end of all scorers")
    assert not output.exists()
    more = Meanwhile(lambda _: None)
    tally = scoring(more).to_folder(str(source), output, resume=True)
    assert tally.rows == 4_000
    manifest = json.loads((output / PARTS_MANIFEST).read_text())
    assert more.parts == len(manifest["parts"]) - 5
    check(output, [source], source.parent, locally)
    assert stopped.value is not None
