"""The two tokens that every vocabulary begins with: padding, and what is unknown."""

PAD, UNK = 0, 1
SPECIAL = ("<pad>", "<unk>")
