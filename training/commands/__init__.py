"""The commands of ``sentiment-train``: their options and printed lines."""
