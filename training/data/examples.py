"""One labelled text, as every step of training passes it on."""

from dataclasses import dataclass
from typing import Literal

SplitName = Literal["train", "validation", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text and what people said of it.

    ``target`` holds the shares of negative, neutral and positive: one of them is 1 for
    a plain label. ``judged_as`` is the label that answers are held against where that
    is not the largest share. ``split`` is the source's own, where it has one. A
    ``two_class`` source has no neutral texts, so that it says nothing about neutral.
    ``soft`` holds what a teacher said; an example that is not ``labelled`` has nothing
    else, and its ``target`` is the same; without a teacher's word, either, it is even.
    ``unit`` is what the text is, such as a tweet. ``feedback`` says that a user sent
    it. ``file`` and ``line`` (from 1) say where it stands, for messages.
    """

    text: str
    target: tuple[float, float, float]
    source: str
    split: SplitName | None = None
    two_class: bool = False
    judged_as: int | None = None
    soft: tuple[float, float, float] | None = None
    labelled: bool = True
    unit: str = ""
    feedback: bool = False
    file: str = ""
    line: int = 0

    @property
    def label(self) -> int:
        """What an answer is held against: the largest share, the first of equals."""
        if self.judged_as is not None:
            return self.judged_as
        return self.target.index(max(self.target))

    @property
    def place(self) -> str:
        """Where the text stands, as ``file:line``; empty where it is in no file."""
        return f"{self.file}:{self.line}" if self.file else ""
