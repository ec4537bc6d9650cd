"""The model card: what a published model is, how well it does, what it is not for."""

from collections import Counter
from collections.abc import Mapping

from sentiment.artifact import Artifact
from sentiment.labels import LABELS
from training.config import TrainingConfig
from training.data.source import SourceConfig
from training.data.splitting import Splits
from training.evaluate import Evaluation
from training.reporting.markdown import percent, span, table

_NEUTRAL = """\
Neutral is two things in the labels it learned from. Of a sentence or a tweet: it states
something and judges nothing ("It arrived on Tuesday."). Of a whole review: its writer
gave the middle of the scale; such reviews are mostly mixed. It is the hardest label:
the tables above show what it is taken for. In sources without neutral texts the answer
is judged between negative and positive alone."""

_FOR = """\
- Reviews, comments, survey answers and tweets in English, of any length.
- Ranking and counting many of them; deciding about one with its confidence in view."""

_NOT_FOR = """\
- Decisions about a person: it reads an opinion's tone, not who is right.
- Languages other than English, irony, or sentiment about one aspect among several.
- Texts of a kind that is not in the tables above: nobody has looked how it does there.
- Answers that must be right: of those with a confidence of 0.6, four in ten are wrong.
  `min_confidence` keeps them apart.
"""


def write_card(
    artifact: Artifact,
    config: TrainingConfig,
    splits: Splits,
    evaluation: Evaluation,
    baselines: Mapping[str, Evaluation],
) -> str:
    """Return the card of ``artifact`` as Markdown."""
    return "\n".join(
        [
            f"# {artifact.version}",
            "",
            config.description.strip() or f"Trained by the recipe `{config.name}`.",
            "",
            "## The network",
            "",
            _network(artifact),
            "",
            "## What it was trained on",
            "",
            _sources(splits, config),
            "",
            *_teaching(config),
            "A text's split is decided by its hash, or is the source's own. Texts "
            "equal to a test text were left out of training.",
            "",
            "## How well it does",
            "",
            "On the test split, read once. Macro-F1 in percent with its 95 % bootstrap "
            "interval, and macro recall; a source without neutral texts is judged "
            "between negative and positive. ECE is the mean distance between "
            "confidence and accuracy.",
            "",
            _figures(evaluation, baselines),
            "",
            *_confusion(evaluation),
            "## What neutral means",
            "",
            _NEUTRAL,
            "",
            "## What it is for",
            "",
            _FOR,
            "",
            "## What it is not for",
            "",
            _NOT_FOR,
            *_failures(config),
        ]
    )


def _failures(config: TrainingConfig) -> list[str]:
    if not config.failures:
        return []
    return ["## What it gets wrong", "", config.failures.strip(), ""]


def _network(artifact: Artifact) -> str:
    config = artifact.config
    direction = "bidirectional" if config.bidirectional else "left to right"
    weights = sum(value.numel() for value in artifact.classifier.parameters())
    return (
        f"{len(artifact.vocabulary):,} tokens, embedding {config.embedding_dim}, "
        f"{config.layers} layer(s) of `{config.cell}` with {config.hidden_dim} units "
        f"({direction}), last hidden state, one linear layer for "
        f"{', '.join(LABELS)}; {weights:,} weights, temperature "
        f"{artifact.temperature:.3f}. It reads up to {config.max_tokens:,} tokens."
    )


def _sources(splits: Splits, config: TrainingConfig) -> str:
    parts = (splits.train, splits.validation, splits.test)
    counts = [Counter(one.source for one in part) for part in parts]
    rows = [
        [
            source.name,
            " ".join(word for word in _texts_of(source) if word),
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


def _teaching(config: TrainingConfig) -> list[str]:
    """Return who taught the network besides the labels; nothing if nobody did."""
    lines = []
    if config.pretrained:
        lines.append("It started from a next-word language model of the same texts.")
    if config.embeddings:
        lines.append(
            f"Its embedding started from `{config.embeddings}`: each token's vector, "
            "turned to its principal components."
        )
    if config.distillation.soft_labels:
        lines.append(
            f"It learned {config.distillation.weight:.0%} of the soft labels of "
            f"{_teachers(config)}, beside the labels."
        )
    if config.unlabelled:
        names = ", ".join(
            f"{one.name} ({one.terms or 'terms not stated'})"
            for one in config.unlabelled
        )
        lines.append(f"Texts without labels: {names}.")
    return [*lines, ""] if lines else []


def _teachers(config: TrainingConfig) -> str:
    """Name the teachers, and of the recipe's own what it was made from."""
    same = "fitted to the same train texts"
    own = f"teachers/{config.name}"
    made = {
        own: f" (a transformer of `{config.teacher.base}`, {same})",
        f"{own}-words": f" (a bag of words, {same})",
    }
    return ", ".join(
        f"`{one.path}`{made.get(one.path, '')}" for one in config.teaching()
    )


def _confusion(evaluation: Evaluation) -> list[str]:
    """Return, for each kind of text, how often each label is taken for which."""
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
    header = ["source", "test texts", "this model", "recall", "ECE", *baselines]
    others = baselines.values()
    rows = [
        [
            name,
            f"{one.examples:,}",
            f"**{percent(one.macro_f1)}** {span(one.interval)}",
            percent(one.macro_recall),
            f"{one.ece:.3f}",
            *(percent(other.of_sources()[name].macro_f1) for other in others),
        ]
        for name, one in evaluation.of_sources().items()
    ]
    mean = [
        "mean of sources",
        f"{evaluation.examples:,}",
        f"**{percent(evaluation.mean_source_macro_f1)}**",
        "",
        f"{evaluation.ece:.3f}",
        *(percent(other.mean_source_macro_f1) for other in others),
    ]
    return table(header, [*rows, mean], numbers=False)
