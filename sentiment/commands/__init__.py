"""The commands of ``sentiment``; what they do stands in the rooms they ask."""
