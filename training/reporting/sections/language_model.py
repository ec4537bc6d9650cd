"""The report on the language model that a run started from."""

from collections.abc import Iterator

from sentiment.wording import counted
from training.reporting.markdown import duration, table
from training.reporting.record import RunRecord


def pretraining(record: RunRecord) -> Iterator[str]:
    """Show its perplexity by epoch, and sentences that it made up."""
    made = record.pretraining
    if made is None:
        return
    yield "## The language model it started from"
    of = f" of {', '.join(made.texts_of)}" if made.texts_of else ""
    yield (
        f"`{record.recipe.pretrained}` learned to tell the next word from "
        f"{counted(made.texts, 'text')}{of}, {counted(made.tokens, 'token')} an epoch. "
        "Perplexity, e to the mean loss of a word, is among how many equally likely "
        "words it hesitates. The held-out text is that of its recipe's validation "
        "split."
    )
    if made.passes:
        yield table(
            ["epoch", "perplexity", "on held-out text", "time", "tokens/s"],
            [
                [
                    str(one.epoch),
                    f"{one.train_perplexity:,.1f}",
                    f"{one.validation_perplexity:,.1f}",
                    duration(one.seconds),
                    f"{one.tokens_per_second:,.0f}",
                ]
                for one in made.passes
            ],
        )
    if made.samples:
        yield "Sentences that it made up:"
        yield "\n".join(["```text", *made.samples, "```"])
