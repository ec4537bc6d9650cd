"""The commands of ``sentiment-train``; what they do stands in the rooms they ask."""
