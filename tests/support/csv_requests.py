"""Send files to /predict/csv, and read what comes back."""

import csv
import io
from typing import Any

# A table with what is hard in CSV, and a row without a text.
ROWS = [
    ["id", "review", "note"],
    ["1", 'good, "really" good', "a,b"],
    ["2", "line one\nline two: awful", ""],
    ["3", "", "empty"],
    ["4", "=SUM(A1) fine", "007"],
]


def post(
    client: Any,
    body: bytes,
    query: str = "text_column=review",
    kind: str = "text/csv",
) -> Any:
    """Send a file; return the answer, read to its end."""
    with client.post(f"/predict/csv?{query}", data=body, content_type=kind) as answer:
        answer.get_data()
        return answer


def read(answer: Any, **dialect: Any) -> list[list[str]]:
    """Return the rows of an answer, its header first."""
    text = io.StringIO(answer.data.decode(), newline="")
    return list(csv.reader(text, **dialect))
