"""Test texts of two sources, and answers to them of any skill, for reports."""

import numpy as np

from training.data.examples import Example
from training.evaluation.measures import Floats


def held_out() -> list[Example]:
    rng = np.random.default_rng(5)
    films = [
        Example(
            text=f"film {at}, not good",
            target=tuple(np.eye(3)[rng.choice((0, 2))]),
            source="films",
            two_class=True,
        )
        for at in range(60)
    ]
    shop = [
        Example(text=f"thing {at}", target=tuple(np.eye(3)[at % 3]), source="shop|eu")
        for at in range(90)
    ]
    return [*films, *shop]


def answers(examples: list[Example], skill: float, seed: int) -> Floats:
    labels = np.array([one.label for one in examples])
    logits = np.random.default_rng(seed).normal(size=(len(labels), 3))
    powers = np.exp(logits + skill * np.eye(3)[labels])
    return powers / powers.sum(axis=1, keepdims=True)
