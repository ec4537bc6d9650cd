"""Score whole tables: the same rows, in the same order, with their results."""

from sentiment.scoring.columns import RESULT_COLUMNS
from sentiment.scoring.stream import score_csv_stream

__all__ = ["RESULT_COLUMNS", "score_csv_stream"]
