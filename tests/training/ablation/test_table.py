"""How rows are told: in percent, and a verdict only where texts bear it out."""

from dataclasses import replace

import pytest

from training.ablation.comparison import Difference, Row
from training.ablation.options import Ablation
from training.ablation.table import as_lines
from training.evaluation.bootstrap import Interval


def row(name, figures, value, low, high, **others):
    return Row(
        name=name,
        megabytes=1.5,
        figures=figures,
        difference=Difference(value=value, interval=Interval(low, high)),
        validation_loss=0.5,
        seconds=90,
        **others,
    )


def test_the_table_stands_in_columns():
    found = Ablation(
        recipe="toy",
        command="",
        seeds=[1, 2],
        train=5,
        validation=4,
        planned=10,
        rows=[
            Row(
                name="as it is",
                megabytes=1.5,
                figures=[0.7, 0.72],
                validation_loss=0.5,
                seconds=90,
            ),
            row("model.layers=2", [0.73, 0.75], 0.03, 0.01, 0.05),
            row("model.dropout=0", [0.7, 0.7], -0.01, -0.03, 0.01),
            replace(row("model.cell=gru", [0.7], 0, 0, 0), difference=None),
            Row(
                name="x=1",
                megabytes=1.5,
                failed="failed with seeds 1, 2: the loss is nan",
            ),
        ],
    )
    assert as_lines(found).splitlines() == [
        "variant          seeds  validation macro-F1           difference"
        "          shows    loss  minutes    MB",
        "as it is             2  71.0 (70.0 to 72.0)                     "
        "                 0.5000      1.5  1.50",
        "model.layers=2       2  74.0 (73.0 to 75.0)  +3.0 (+1.0 to +5.0)"
        "         better  0.5000      1.5  1.50",
        "model.dropout=0      2  70.0 (70.0 to 70.0)  -1.0 (-3.0 to +1.0)"
        "  no difference  0.5000      1.5  1.50",
        "model.cell=gru       1                 70.0                     "
        "   not compared  0.5000      1.5  1.50",
        "x=1              failed with seeds 1, 2: the loss is nan",
    ]


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.001, 0.02, "better"),
        (-0.02, -0.001, "worse"),
        (-0.01, 0.02, "no difference"),
        (0.0, 0.0, "no difference"),
    ],
)
def test_only_an_interval_beside_zero_shows_anything(low, high, verdict):
    found = Difference(value=(low + high) / 2, interval=Interval(low, high))
    assert found.verdict == verdict
