"""A scoring that ends as if the power were cut: nothing is cleared away."""

from sentiment.scoring.progress import Progress


class PowerCut(BaseException):
    """The power is cut."""


class ProgressUntilPowerCut(Progress):
    """Stops a scoring after some blocks, and keeps what was said."""

    def __init__(self, blocks: int) -> None:
        self.left = blocks
        self.said: list[str] = []

    def say(self, message: str) -> None:
        self.said.append(message)

    def update(self, read_bytes: int, tally: object) -> None:  # noqa: ARG002  as given
        self.left -= 1
        if self.left == 0:
            raise PowerCut
