"""The model card: a published model, its quality, its uses and its limits."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sentiment.labels import LABELS
from sentiment.prediction.artifact import Artifact
from training.data.source import SourceConfig
from training.data.splitting import Splits
from training.evaluation.evaluate import Evaluation
from training.evaluation.gains import Gains
from training.recipes.config import TrainingConfig
from training.reporting.markdown import (
    Row,
    decimals,
    gain_rows,
    percent,
    span,
    table,
)

# The defaults for any model; recipes may replace them.
_PURPOSE = """\
- Texts of the kinds that are listed above, in their language.
- Ranking and counting many of them; deciding about one with its confidence in view."""

_LIMITS = """\
- Decisions about a person: it reads an opinion's tone, not who is right.
- Sentiment about one aspect among several: a text has one answer.
- Other languages, and texts of a kind that is not in the tables above: its quality
  there is unknown.
- Answers that must be right: `min_confidence` keeps the unsure ones apart."""


def write_card(
    artifact: Artifact,
    config: TrainingConfig,
    splits: Splits,
    evaluation: Evaluation,
    baselines: Mapping[str, Evaluation],
    gains: Mapping[str, Gains],
    *,
    started_from: str = "",
    pretrained_on: Sequence[str] = (),
) -> str:
    """Return the card of ``artifact`` as Markdown.

    ``started_from`` is the version of the model that it started from, if any, and
    ``pretrained_on`` names the texts of its language model, if known.
    """
    return "\n".join(
        [
            f"# {artifact.version}",
            "",
            config.description.strip() or f"Trained by the recipe `{config.name}`.",
            "",
            "## The network",
            "",
            _network(artifact, len(splits.validation)),
            "",
            "## What it was trained on",
            "",
            _sources(splits, config),
            "",
            *_teaching(config, started_from, pretrained_on),
            "A text's split is decided by its hash, or is the source's own. Texts "
            "equal to a test text were left out of training."
            + _seen_before(config, started_from),
            "",
            "## How well it does",
            "",
            "On the test split, by which neither weights nor epoch nor temperature "
            "were chosen. Macro-F1 in percent with its 95 % bootstrap interval, and "
            "macro recall; a source without neutral texts is judged between negative "
            "and positive, with neutral masked. ECE is the mean distance between "
            "confidence and accuracy of the answers as served; masked ECE, of those "
            "that macro-F1 judges, where that differs (their mean takes ECE where it "
            "does not).",
            "",
            _figures(evaluation, baselines),
            "",
            *_gains(gains),
            *_confusion(evaluation),
            *_section(
                "What neutral means", config.neutral or _neutral(config, started_from)
            ),
            *_section("What it is for", config.purpose or _PURPOSE),
            *_section("What it is not for", config.limits or _LIMITS),
            *_section("What it gets wrong", config.failures),
        ]
    )


def _section(title: str, text: str) -> list[str]:
    return [f"## {title}", "", text.strip(), ""] if text else []


def _neutral(config: TrainingConfig, started_from: str) -> str:
    """Return what neutral means by the sources, or by the model it started from."""
    two_class = [source.two_class for source in config.sources]
    if all(two_class):
        start = f": it stands for what it did in `{started_from}`" * bool(started_from)
        return (
            "No source has neutral texts: answers are judged between negative and "
            f"positive alone, and it is unknown what is called neutral{start}."
        )
    lines = ["What its sources label neutral."]
    if any(source.stars_column for source in config.sources):
        lines.append("Of texts with stars: the middle of the scale.")
    if any(two_class):
        lines.append(
            "In sources without neutral texts the answer is judged between negative "
            "and positive alone."
        )
    return " ".join(lines)


def _network(artifact: Artifact, validation: int) -> str:
    config = artifact.config
    direction = "bidirectional" if config.bidirectional else "left to right"
    weights = sum(value.numel() for value in artifact.classifier.parameters())
    return (
        f"{len(artifact.vocabulary):,} tokens, embedding {config.embedding_dim}, "
        f"{config.layers} layer(s) of `{config.cell}` with {config.hidden_dim} units "
        f"({direction}), last hidden state, one linear layer for "
        f"{', '.join(LABELS)}; {weights:,} weights, temperature "
        f"{artifact.temperature:.3f} (by {validation:,} validation texts; the fewer, "
        f"the closer to 1). It reads up to {config.max_tokens:,} tokens."
    )


def _sources(splits: Splits, config: TrainingConfig) -> str:
    parts = (splits.train, splits.validation, splits.test)
    counts = [Counter(one.source for one in part) for part in parts]
    rows = [
        [
            source.name,
            # Once where the domain and the kind of text are the same: tweets.
            " ".join(dict.fromkeys(word for word in _texts_of(source) if word)),
            *(f"{count[source.name]:,}" for count in counts),
            source.terms or "not stated in the recipe",
        ]
        for source in config.sources
    ]
    header = ["source", "texts of", "train", "validation", "test", "terms"]
    return table(header, rows, numbers=False)


def _texts_of(source: SourceConfig) -> tuple[str, ...]:
    mark = "(feedback: corrections that users sent)"
    return source.domain, source.unit, mark * (source.kind == "feedback")


def _seen_before(config: TrainingConfig, started_from: str) -> str:
    """Return which test texts the model or language model of the start may know."""
    if started_from:
        return (
            f" `{started_from}`, from which it started, may have been trained on some "
            "of them before."
        )
    if config.pretrained not in ("", f"language-models/{config.name}"):
        return (
            " The language model may have read some of them before, without their "
            "labels."
        )
    return ""


def _teaching(
    config: TrainingConfig, started_from: str, pretrained_on: Sequence[str]
) -> list[str]:
    """Return what the network learned from besides labels, if anything."""
    lines = []
    if started_from:
        lines.append(
            f"It started from the model `{started_from}`: its vocabulary and all its "
            "weights. Its own card says what that model was trained on."
        )
    if config.pretrained:
        read = f", of texts of {', '.join(pretrained_on)}" if pretrained_on else ""
        lines.append(
            f"It started from the next-word language model `{config.pretrained}`{read}:"
            " its vocabulary, its embedding and its RNN."
        )
    if config.embeddings:
        lines.append(
            f"Its embedding started from `{config.embeddings}`: each token's vector, "
            "turned to its principal components."
        )
    if config.distillation.soft_labels:
        lines.append(
            f"In the loss of a labelled text the soft labels of {_teachers(config)} "
            f"count {100 * config.distillation.weight:.0f} %, its own label the rest."
        )
    if config.unlabelled:
        names = ", ".join(
            f"{one.name} ({one.terms or 'terms not stated'})"
            for one in config.unlabelled
        )
        lines.append(f"Texts without labels: {names}.")
    return [*lines, ""] if lines else []


def _teachers(config: TrainingConfig) -> str:
    """Name the teachers, and what the recipe's own ones were fitted to."""
    # One teacher may stand in a recipe twice, for short texts and for long ones.
    paths = dict.fromkeys(one.path for one in config.teaching())
    return ", ".join(f"`{path}`{_what_it_is(path, config)}" for path in paths)


def _what_it_is(path: str, config: TrainingConfig) -> str:
    """Describe a teacher that the recipe's own commands fitted; empty for another."""
    own = f"teachers/{config.name}"
    if path == f"{own}-words":
        kind = "a bag of words"
    elif re.fullmatch(rf"{re.escape(own)}(-seed\d+)?", path):
        terms = f", {config.teacher.terms}" if config.teacher.terms else ""
        kind = f"a transformer of `{config.teacher.base}`{terms}"
    else:
        return ""
    return f" ({kind}, fitted to the same train texts)"


def _confusion(evaluation: Evaluation) -> list[str]:
    """Return a confusion matrix for each kind of text."""
    lines = []
    for name, one in evaluation.of_units().items():
        shares = [
            [label, *(f"{100 * count / sum(row):.0f} %" for count in row)]
            for label, row in zip(LABELS, one.confusion, strict=True)
            if sum(row)
        ]
        header = [f"{name}: truth \\ answer", *LABELS]
        lines += [table(header, shares, numbers=False), ""]
    return lines


def _figures(evaluation: Evaluation, baselines: Mapping[str, Evaluation]) -> str:
    header = ["source", "test texts", "this model", "recall", "ECE"]
    header += ["masked ECE", *baselines]
    others = baselines.values()
    rows: list[Row] = [
        [
            name,
            f"{one.examples:,}",
            f"**{percent(one.macro_f1)}** {span(one.interval)}",
            percent(one.macro_recall),
            f"{one.ece:.3f}",
            decimals(one.masked_ece),
            *(percent(other.of_sources()[name].macro_f1) for other in others),
        ]
        for name, one in evaluation.of_sources().items()
    ]
    if len(rows) > 1:
        rows += [_mean_row(evaluation, others), _pooled_row(evaluation, others)]
    return table(header, rows, numbers=False)


def _mean_row(evaluation: Evaluation, others: Iterable[Evaluation]) -> Row:
    masked = None
    if evaluation.three_way is not None:
        masked = evaluation.mean_source_masked_ece
    return [
        "mean of sources",
        "",
        f"**{percent(evaluation.mean_source_macro_f1)}**",
        "",
        f"{evaluation.mean_source_ece:.3f}",
        decimals(masked),
        *(percent(other.mean_source_macro_f1) for other in others),
    ]


def _pooled_row(evaluation: Evaluation, others: Iterable[Evaluation]) -> Row:
    masked = None if evaluation.three_way is None else evaluation.calibration.ece
    interval = evaluation.intervals["macro_f1"]
    return [
        "all texts",
        f"{evaluation.examples:,}",
        f"{percent(evaluation.macro_f1)} {span(interval)}",
        percent(evaluation.macro_recall),
        f"{evaluation.ece:.3f}",
        decimals(masked),
        *(percent(other.macro_f1) for other in others),
    ]


def _gains(gains: Mapping[str, Gains]) -> list[str]:
    if not gains:
        return []
    return [
        "Its macro-F1 less that of the baselines on the same texts, in points of a "
        "hundred, with its 95 % interval by a paired bootstrap:",
        "",
        table(["", "test texts", *gains], gain_rows(gains), numbers=False),
        "",
        "Sources on which it is worse beyond chance: "
        + "; ".join(
            f"than {baseline} {', '.join(one.losses) or 'none'}"
            for baseline, one in gains.items()
        )
        + ".",
        "",
    ]
