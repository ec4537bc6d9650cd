"""The command that evaluates a model on a recipe's texts."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sentiment.wording import counted
from training.commands.options import DATA

if TYPE_CHECKING:
    from training.evaluation.evaluate import Evaluation


@click.command()
@click.argument("recipe")
@click.option("--model", type=click.Path(path_type=Path), help="A published model.")
@DATA
@click.option(
    "--split",
    "split_name",
    type=click.Choice(["train", "validation", "test"]),
    default="validation",
    show_default=True,
    help="Which texts to use; look at test once, for a report.",
)
@click.option("--json", "as_json", is_flag=True, help="Print every figure as JSON.")
def evaluate(
    recipe: str, model: Path | None, data_root: Path, split_name: str, as_json: bool
) -> None:
    """Evaluate a model on the texts of RECIPE."""
    from training.pipeline.judging import evaluate_model
    from training.recipes.config import read_recipe

    evaluation = evaluate_model(
        read_recipe(recipe), model=model, data_root=data_root, split_name=split_name
    )
    if as_json:
        click.echo(json.dumps({"split": split_name, **evaluation.to_json()}))
    else:
        click.echo(summary(evaluation, split_name))


def summary(evaluation: "Evaluation", split_name: str) -> str:
    """Return the figures in lines: the split, each source, then several together."""
    sources = evaluation.of_sources()
    lines = [
        _line(name, counted(one.examples, "text"), one.macro_f1, one.ece)
        for name, one in sources.items()
    ]
    if len(sources) > 1:
        mean, ece = evaluation.mean_source_macro_f1, evaluation.mean_source_ece
        texts = counted(evaluation.examples, "text")
        lines += [
            _line("mean of sources", "", mean, ece),
            _line("all texts", texts, evaluation.macro_f1, evaluation.ece),
        ]
    return "\n".join([f"{split_name} split", *lines])


def _line(name: str, texts: str, macro_f1: float, ece: float) -> str:
    return f"{name:28} {texts:>13}   macro-F1 {100 * macro_f1:5.1f}   ECE {ece:.3f}"
