"""The three labels, and what every part of the code calls them."""

LABELS = ("negative", "neutral", "positive")
NEGATIVE, NEUTRAL, POSITIVE = range(3)

# What `label` says when the caller asked for more confidence than there is.
UNCERTAIN = "uncertain"
