"""The model card: what its tables hold, whatever the sources are called."""

import numpy as np

from training.config import TrainingConfig
from training.data.examples import Example
from training.data.splitting import Splits
from training.evaluate import evaluate
from training.reporting.card import write_card

SOURCE = {
    "name": "shop|eu",
    "path": "shop.csv",
    "domain": "products",
    "unit": "reviews",
}


def test_each_row_of_a_table_has_as_many_cells_as_its_header(artifact):
    examples = [
        Example(
            text=f"thing {at}",
            target=tuple(np.eye(3)[at % 3]),
            source="shop|eu",
            unit="reviews",
        )
        for at in range(30)
    ]
    evaluation = evaluate(np.full((30, 3), 1 / 3), examples)
    card = write_card(
        artifact,
        TrainingConfig.from_dict({"name": "shop", "sources": [SOURCE]}),
        Splits(examples[:10], examples[10:15], examples[15:]),
        evaluation,
        {"majority": evaluation},
    )
    rows = [line.replace("\\|", "/") for line in card.splitlines() if line[:1] == "|"]
    assert {row.count("|") for row in rows if "shop/eu" in row} == {7}
    assert (
        "| shop/eu | products reviews | 10 | 5 | 15 | not stated in the recipe |"
        in (rows)
    )
