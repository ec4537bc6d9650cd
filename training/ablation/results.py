"""The files of an ablation: a page, a table for other programs, and a picture."""

from collections.abc import Iterator
from pathlib import Path

from sentiment.wording import counted
from training.ablation.comparison import named
from training.ablation.options import Ablation, Written
from training.ablation.plot import plot_differences
from training.ablation.table import HEADER, as_csv, cells
from training.ablation.variants import OWN
from training.disk.files import write_text
from training.reporting.markdown import table

PAGE, TABLE, PICTURE = "ablation.md", "ablation.csv", "ablation.svg"
ONE_SEED = (
    "only one seed was trained: another seed can change the figure by as much; try "
    "--seeds 3"
)


def write(found: Ablation, folder: Path) -> Written:
    """Write the page, the table and the picture into ``folder``.

    Raises:
        OSError: The disk is full or refuses.
    """
    written = Written(
        page=folder / PAGE, table=folder / TABLE, picture=folder / PICTURE
    )
    variants = [row for row in found.rows if row.name != OWN]
    plot_differences(variants, written.picture)
    write_text(written.table, as_csv(found))
    write_text(written.page, "\n\n".join(_page(found)) + "\n")
    return written


def basis(found: Ablation) -> str:
    """Return the numbers of texts, and the seeds, in a line."""
    return (
        f"{counted(found.train, 'train text')}, "
        f"{counted(found.validation, 'validation text')}, "
        f"{named(found.seeds)}"
    )


def notes(found: Ablation) -> Iterator[str]:
    """Yield the notes on the table, a line each."""
    for row in found.rows:
        if row.figures and row.failed:
            yield f"{row.name}: {row.failed}"
    if any(row.difference and row.difference.seeds == 1 for row in found.rows):
        yield ONE_SEED
    if found.missing:
        done = found.planned - found.missing
        yield f"interrupted: {done} of {counted(found.planned, 'training')} done"


def _page(found: Ablation) -> Iterator[str]:
    yield f"# Ablation of {found.recipe}"
    yield (
        f"The recipe `{found.recipe}` as it is, and with the settings changed that "
        "each row names, on the same texts; the test split was not read. "
        f"Of each: {basis(found)}."
    )
    yield table(HEADER, map(cells, found.rows))
    if lines := [f"- {note}" for note in notes(found)]:
        yield "\n".join(lines)
    yield f"![Each variant's difference from the recipe]({PICTURE})"
    yield (
        "Macro-F1 is that of the best epoch, in percent, the mean over sources"
        f"{_over_seeds(found)}. The difference is the variant's less the recipe's over "
        "the seeds that both have, with its 95 % interval by a paired bootstrap over "
        "the validation texts and those seeds. With one seed it covers the variation "
        "of texts, but not of seeds; with two or three it is still too narrow. Now and "
        "then a setting without any effect is shown as better or worse, the more often "
        "the fewer the seeds and the shorter the training. Each best epoch was chosen "
        "on the same texts. Minutes are those of training, without validation."
    )
    if found.command:
        yield f"```sh\n{found.command}\n```"


def _over_seeds(found: Ablation) -> str:
    return ", then over seeds (lowest to highest)" if len(found.seeds) > 1 else ""
