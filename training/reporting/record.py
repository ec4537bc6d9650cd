"""Everything that the report of a run contains, in one value."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from training.data.cleaning import DuplicateReport
from training.data.feedback import FeedbackReport
from training.data.splitting import Counts
from training.distillation.beside_teachers import BesideTeachers
from training.evaluation.calibration import Calibration
from training.evaluation.evaluate import Evaluation
from training.evaluation.gains import Gains
from training.fitting.history import History
from training.gradients.flow import GradientFlow
from training.language_model.folder import Pretraining
from training.publishing.gate import Comparison
from training.recipes.config import TrainingConfig
from training.reporting.warnings import (
    few_test_texts,
    no_neutral,
    shortfalls,
    unread_teachers,
)


@dataclass(frozen=True, kw_only=True)
class DataRecord:
    """The texts of a run, and those that were left out.

    ``bad_rows`` describes the ``bad_row_count`` rows that were not examples, with one
    entry for each source and reason. ``unknown_share`` is the share of unknown tokens
    in each split. ``feedback`` has the users' corrections by source.
    """

    counts: Counts
    duplicates: DuplicateReport
    bad_row_count: int = 0
    bad_rows: Sequence[str] = ()
    vocabulary_size: int
    unknown_share: Mapping[str, float] = field(default_factory=dict)
    feedback: Mapping[str, FeedbackReport] = field(default_factory=dict)

    def in_split(self, name: str) -> int:
        """Return how many texts a split has."""
        splits = [of_source.get(name, {}) for of_source in self.counts.values()]
        return sum(sum(labels.values()) for labels in splits)


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One run of the pipeline, from its command to the gate's verdict.

    All evaluations are on the test split; ``uncalibrated`` is the calibration of the
    same model at temperature 1. ``gains`` has how much better the model is than each
    of the ``baselines``; ``pretraining`` is that of the language model that it started
    from, if any.
    ``compared_with`` names the published version whose evaluation is ``published``;
    without one, both are None, and so is ``comparison``. If that version could not be
    loaded, only the last two are. ``published_anyway``: the gate refused and was
    overridden. ``lost`` has the model beside its teachers, None if it has none;
    ``gradient_flow`` is the fitted model's, on the longest validation texts.
    """

    version: str
    command: str
    created: str
    seconds: float
    recipe: TrainingConfig
    data: DataRecord
    history: History
    temperature: float
    uncalibrated: Calibration
    evaluation: Evaluation
    baselines: Mapping[str, Evaluation] = field(default_factory=dict)
    gains: Mapping[str, Gains] = field(default_factory=dict)
    compared_with: str | None = None
    published: Evaluation | None = None
    comparison: Comparison | None = None
    published_anyway: bool = False
    lost: BesideTeachers | None = None
    gradient_flow: GradientFlow | None = None
    pretraining: Pretraining | None = None

    @property
    def clipped_share(self) -> float:
        """The share of steps whose gradient norm was above ``clip_norm``."""
        norms, most = self.history.gradient_norms, self.recipe.training.clip_norm
        if not most or not norms:
            return 0.0
        return sum(norm > most for norm in norms) / len(norms)

    def others(self) -> dict[str, Evaluation]:
        """Return what the model is compared with, the published model first."""
        found: dict[str, Evaluation] = {}
        if self.published is not None:
            found[f"published {self.compared_with}"] = self.published
        return {**found, **self.baselines}

    def warnings(self) -> list[str]:
        """Return what is wrong with the model or its texts, with a solution each."""
        return [
            *shortfalls(self.evaluation, self.baselines, self.recipe),
            *no_neutral(self.recipe.sources, self.data.counts),
            *few_test_texts(self.data.counts),
            *unread_teachers(self.recipe),
        ]

    def to_json(self) -> dict[str, Any]:
        """Return plain values, the share of clipped steps among them."""
        return {**asdict(self), "clipped_share": self.clipped_share}
