"""What a training meets in a test: an error at a step, a split that none may read."""

from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from training.fitting import fit as fitting


class Interrupted:
    """Raises ``error`` at the n-th step, counted over all trainings; 0: never."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, error: BaseException, at: int
    ) -> None:
        self.steps = 0
        whole = fitting.Fitting.step

        def step(fit: fitting.Fitting, positions: Any) -> Any:
            self.steps += 1
            if self.steps == at:
                raise error
            return whole(fit, positions)

        monkeypatch.setattr(fitting.Fitting, "step", step)


class _Sealed(list):
    """A split that nobody may look into."""

    def __iter__(self):
        pytest.fail("the test split was read")

    def __getitem__(self, at):
        pytest.fail(f"the test split was read at {at}")


def seal_test_split(monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> None:
    """Fail if what ``module`` reads for a recipe is read on to the test split."""
    whole = module.read

    def read(*args: Any, **options: Any) -> Any:
        data = whole(*args, **options)
        return replace(
            data, splits=replace(data.splits, test=_Sealed(data.splits.test))
        )

    monkeypatch.setattr(module, "read", read)
