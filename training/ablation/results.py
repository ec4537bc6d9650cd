"""The files of an ablation: a page, a table for other programs, and a picture."""

from collections.abc import Iterator
from pathlib import Path

from sentiment.errors import counted
from training.ablation.options import Ablation, Written
from training.ablation.plot import plot_differences
from training.ablation.table import HEADER, as_csv, cells
from training.files import write_text
from training.reporting.markdown import table

PAGE, TABLE, PICTURE = "ablation.md", "ablation.csv", "ablation.svg"


def write(found: Ablation, folder: Path) -> Written:
    """Write what was found into ``folder``.

    Raises:
        OSError: The disk is full or refuses.
    """
    written = Written(
        page=folder / PAGE, table=folder / TABLE, picture=folder / PICTURE
    )
    plot_differences(found.rows[1:], written.picture)
    write_text(written.table, as_csv(found))
    write_text(written.page, "\n\n".join(_page(found)) + "\n")
    return written


def basis(found: Ablation) -> str:
    """Say what the figures rest on, in a line."""
    numbers = ", ".join(map(str, found.seeds))
    return (
        f"{counted(found.train, 'train text')}, "
        f"{counted(found.validation, 'validation text')}, "
        f"seed{'s' * (len(found.seeds) > 1)} {numbers}"
    )


def _page(found: Ablation) -> Iterator[str]:
    yield f"# Ablation of {found.recipe}"
    yield (
        f"The recipe `{found.recipe}` as it is, and with the settings changed that "
        "each row names, on the same texts; the test split was not read. "
        f"Of each: {basis(found)}."
    )
    yield table(HEADER, map(cells, found.rows))
    yield f"![Each variant's difference from the recipe]({PICTURE})"
    yield (
        "Macro-F1 is that of the best epoch, in percent, the mean over sources"
        f"{_over_seeds(found)}. The difference is the variant's less the recipe's, "
        "with its 95 % interval by a paired bootstrap over the validation texts. It "
        "says what other texts might have shown, not what other seeds might. The same "
        "texts have chosen each epoch; and of twenty variants that change nothing, one "
        "is shown as better or worse. Minutes are of the passes over the train texts."
    )
    if found.command:
        yield f"```sh\n{found.command}\n```"


def _over_seeds(found: Ablation) -> str:
    return ", then over seeds (lowest to highest)" if len(found.seeds) > 1 else ""
