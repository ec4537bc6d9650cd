"""Tables of reviews with values that a reader who guesses types would change."""

import csv
import random
from pathlib import Path

import pyarrow
from pyarrow import parquet

WORDS = "good bad great awful film the a it is was never and very don't ! . ,".split()
HEADER = ["id", "text", "day", "note"]


def rows(count: int, seed: int = 1) -> list[list[str]]:
    """Return rows, always the same; the text of each eleventh is missing."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        text = " ".join(chance.choices(WORDS, k=chance.randint(1, 30)))
        odd = {0: "", 1: f'{text}\n"quoted", {text}', 2: f"{text} größer"}
        found.append(
            [
                f"{number:07d}",
                odd.get(number % 11, text),
                "2026-01-02",
                chance.choice(["", "NA", "007", "1e5", "true", " x "]),
            ]
        )
    return found


def write_csv(path: Path, count: int, seed: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows(count, seed)])
    return path


def write_parquet(path: Path, count: int, seed: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = dict(zip(HEADER, zip(*rows(count, seed), strict=True), strict=True))
    table = pyarrow.table(
        {
            "id": pyarrow.array(range(count), "int16"),
            "text": [text or None for text in columns["text"]],
            "day": pyarrow.array([20_455] * count, "date32"),
            "note": columns["note"],
        }
    )
    parquet.write_table(table, path, row_group_size=70)
    return path


def read_csv(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def without_keys(row: list[str]) -> list[str]:
    """Return a scored row as the local engine writes it."""
    return [*row[: len(HEADER)], *row[len(HEADER) + 2 :]]
