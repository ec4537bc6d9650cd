"""One text to train on or to evaluate with, and its label."""

from dataclasses import dataclass
from typing import Literal

SplitName = Literal["train", "validation", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text and its label.

    ``target`` holds the shares of negative, neutral and positive: one of them is 1 for
    a plain label. ``scored_as`` is the label that predictions are scored against, if
    that is not the largest share. ``split`` is the source's own, if it has one;
    ``made_test``: it is test because all of its source is, not by the file's own split.
    A ``two_class`` source has no neutral texts, so that it is no evidence about
    neutral. ``soft`` is a teacher's soft label. An example that is not ``labelled`` has
    that as its ``target``, or a uniform one without a teacher. ``unit`` is the kind of
    text, such as a tweet. ``feedback``: a user sent it. ``file`` and ``line`` (from 1)
    are its place, for messages.
    """

    text: str
    target: tuple[float, float, float]
    source: str
    split: SplitName | None = None
    made_test: bool = False
    two_class: bool = False
    scored_as: int | None = None
    soft: tuple[float, float, float] | None = None
    labelled: bool = True
    unit: str = ""
    feedback: bool = False
    file: str = ""
    line: int = 0

    @property
    def label(self) -> int:
        """What predictions are scored against: the largest share, first of equals."""
        if self.scored_as is not None:
            return self.scored_as
        return self.target.index(max(self.target))

    @property
    def place(self) -> str:
        """The place of the text, ``file:line``; empty if it is from no file."""
        return f"{self.file}:{self.line}" if self.file else ""
