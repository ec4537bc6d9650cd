"""Memory of a large file beside that of a small one: it should be the same."""

import csv
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from measuring import ROOT, Comparison, snippets

from sentiment.artifacts.store import bundled_model

sys.path.insert(0, str(ROOT / "tests/support"))
# What starts programs for tests starts them here, too.
from peak_memory import peak_mib

ROWS = 1_000_000
# How many rows make a file small.
FEW_ROWS = 100_000


def run(_rounds: int, rows: int = ROWS) -> Iterator[Comparison]:
    """Print the peak memory of a file of ``rows`` rows, each text unique by a number.

    Once: a peak does not vary as times do. Needs some 300 bytes of /tmp a row.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few, many = (_peak_of(count, folder) for count in (FEW_ROWS, rows))
    print(
        f"peak memory of {rows:,} rows: {many / few:.2f}x that of {FEW_ROWS:,} "
        f"({many:,.0f} and {few:,.0f} MiB); wanted: at most 1.2x"
    )
    yield from ()


def _peak_of(rows: int, folder: Path) -> float:
    texts, source, output = snippets(), folder / "in.csv", folder / "out.csv"
    with source.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        writer.writerows([n, f"{texts[n % len(texts)]} {n}"] for n in range(rows))
    return peak_mib(source, output, bundled_model())
