"""Scoring holds as much memory for many rows as for few; a giant cell passes."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from peak_memory import peak_mib

from sentiment.scoring.columns import RESULT_COLUMNS

MARGIN = 1.2


def write_rows(path: Path, rows: int, texts: int | None = None) -> Path:
    """Write rows with a date, none like another, of so many texts (None: as many)."""
    if path.suffix == ".parquet":
        return _write_parquet(path, rows, texts)
    with path.open("w", newline="") as file:
        if path.suffix == ".csv":
            csv.writer(file).writerow(["id", "at", "text"])
            csv.writer(file).writerows(_rows(rows, texts))
        else:
            file.writelines(
                f'{{"id": "{n}", "at": "{at}", "text": "{text}"}}\n'
                for n, at, text in _rows(rows, texts)
            )
    return path


def _write_parquet(path: Path, rows: int, texts: int | None) -> Path:
    import pyarrow
    from pyarrow import parquet

    columns = zip(*_rows(rows, texts), strict=True)
    named = dict(zip(["id", "at", "text"], map(list, columns), strict=True))
    # One row group: the most that a reader can be asked to take at once.
    parquet.write_table(pyarrow.table(named), path, row_group_size=rows)
    return path


def _rows(rows: int, texts: int | None = None) -> Iterator[tuple[int, str, str]]:
    for n in range(rows):
        yield (
            n,
            f"20{n % 20:02}-{1 + n % 12:02}-{1 + n % 28:02}",
            f"good film {n % (texts or rows)} it was",
        )


def peaks_of(folder: Path, model: Path, name: str, *files: tuple[int, int | None]):
    """Score files of so many rows and texts, with a report; return the peaks in MiB."""
    peaks = []
    for rows, texts in files:
        source = write_rows(folder / f"{rows}.{name}", rows, texts)
        output = folder / f"{rows}-scored.{name}"
        report = ("--report", str(folder / "page.html"), "--date-column", "at")
        peaks.append(peak_mib(source, output, model, *report))
    print(f"{name}: rows and texts {files}, peak MiB {[*map(round, peaks)]}")
    return peaks


def test_ten_times_the_rows_take_no_more_memory(artifact_folder, tmp_path):
    """The larger file has more texts than are remembered."""
    files = (15_000, None), (150_000, 75_000)
    few, many = peaks_of(tmp_path, artifact_folder, "csv", *files)
    assert many <= MARGIN * few


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize(
    ("name", "many", "texts"),
    [
        # Texts that come again, else the network alone takes a quarter of an hour; more
        # of them than are remembered would be computed again.
        ("csv", 10_000_000, 50_000),
        ("jsonl", 3_000_000, None),
        ("parquet", 3_000_000, None),
    ],
)
def test_millions_of_rows_take_no_more_memory(
    artifact_folder, tmp_path, name, many, texts
):
    files = (100_000, texts), (many, texts)
    before, after = peaks_of(tmp_path, artifact_folder, name, *files)
    assert after <= MARGIN * before


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["words", "a word"])
def test_a_cell_of_100_mb_is_scored_and_kept(artifact_folder, tmp_path, kind):
    cell = "a good film " * 8_400_000 if kind == "words" else "x" * 100_000_000
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f'id,text\n1,good\n2,"{cell}"\n3,awful\n')
    peak = peak_mib(source, output, artifact_folder)
    print(f"{kind}: peak {peak:,.0f} MiB")
    assert peak < 2_500
    before = csv.field_size_limit(1 << 28)
    with output.open(newline="") as file:
        header, *rows = csv.reader(file)
    csv.field_size_limit(before)
    assert [row[0] for row in rows] == ["1", "2", "3"]
    assert rows[1][1] == cell
    assert header[2:] == list(RESULT_COLUMNS)
    assert all(row[2] and not row[-1] for row in rows)
