"""The report on training: epochs, gradient norms, and how far gradients reach back."""

from collections.abc import Iterator

import numpy as np

from training.gradients.flow import REPORT_TOKENS, GradientFlow
from training.reporting.markdown import duration, percent, table
from training.reporting.record import RunRecord

# The steps before a text's last one at which the report gives the gradient.
_DISTANCES = (0, 1, 2, 5, 10, 20, 50, 100, 150, 199)


def learning(record: RunRecord) -> Iterator[str]:
    """Show the epochs, and which one was kept."""
    history = record.history
    if not history.epochs:
        return
    yield "## How it learned"
    yield "![learning curve](learning-curve.png)"
    kept = history.best().epoch
    yield table(
        ["epoch", "train loss", "validation loss", "macro-F1", "time", "tokens/s"],
        [
            [
                f"**{one.epoch}**" if one.epoch == kept else str(one.epoch),
                f"{one.train_loss:.4f}",
                f"{one.validation_loss:.4f}",
                percent(one.validation_macro_f1),
                duration(one.seconds),
                f"{one.tokens_per_second:,.0f}",
            ]
            for one in history.epochs
        ],
    )
    yield f"Epoch {kept} was kept: the highest macro-F1 on the validation split."


def gradient_health(record: RunRecord) -> Iterator[str]:
    """Show gradient norms, and how far gradients reach back."""
    norms, flow = record.history.gradient_norms, record.gradient_flow
    if norms or flow is not None:
        yield "## Gradient health"
    if norms:
        yield "![gradient norms](gradient-norms.png)"
        yield _gradients(record)
    if flow is not None:
        yield "![gradient flow](gradient-flow.png)"
        yield from _flow(flow)


def _flow(flow: GradientFlow) -> Iterator[str]:
    """Show how much of the gradient is left at distances from the end of a text."""
    shown = [at for at in _DISTANCES if at < len(flow.texts)]
    yield (
        "Mean norm of the loss's gradient with respect to a state of the fitted model, "
        f"by how many steps the state lies before the last, on the {flow.texts[0]} "
        f"longest validation texts (of each the last {REPORT_TOKENS} tokens at most). "
        "Where the gradient has vanished, the model could hardly learn from words that "
        "far from the end; a gradient that grows with the distance may explode."
    )
    yield table(
        ["steps before the last", *map(str, shown)],
        [
            ["texts that reach so far", *(str(flow.texts[at]) for at in shown)],
            *(
                [name, *(f"{norms[at]:.2g}" for at in shown)]
                for name, norms in flow.norms.items()
            ),
        ],
    )


def _gradients(record: RunRecord) -> str:
    norms = np.asarray(record.history.gradient_norms)
    # Not interpolated: a norm may be infinite.
    median, high = np.quantile(norms, (0.5, 0.99), method="lower")
    clipped = "nothing was clipped"
    most = record.recipe.training.clip_norm
    if most:
        clipped = f"{record.clipped_share:.1%} were clipped at {most:g}"
    return (
        f"Norm of the gradient over {len(norms):,} steps, before clipping: median "
        f"{median:.3g}, 99 % below {high:.3g}, largest {norms.max():.3g}; {clipped}."
    )
