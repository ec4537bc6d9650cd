"""Everything about a run that its report tells, gathered in one value."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from training.data.cleaning import DuplicateReport
from training.data.feedback import FeedbackReport
from training.data.splitting import Counts
from training.distillation.beside_teachers import BesideTeachers
from training.evaluation.calibration import Calibration
from training.evaluation.evaluate import Evaluation
from training.fitting.history import History
from training.gradients.flow import GradientFlow
from training.publishing.gate import Comparison


@dataclass(frozen=True, kw_only=True)
class DataRecord:
    """What was read and what became of it.

    ``bad_rows`` describes the ``bad_row_count`` rows that were no examples, with one
    entry for each source and reason.
    ``unknown_share`` is, for each split, the share of its tokens that the vocabulary
    does not hold. ``feedback`` tells, by source, of the corrections that users sent.
    """

    counts: Counts
    duplicates: DuplicateReport
    bad_row_count: int = 0
    bad_rows: Sequence[str] = ()
    vocabulary_size: int
    unknown_share: Mapping[str, float] = field(default_factory=dict)
    feedback: Mapping[str, FeedbackReport] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One run of the pipeline, from its command to the gate's verdict.

    ``recipe`` is the configuration as plain values. ``evaluation`` and those beside it
    are on the test split; ``uncalibrated`` is what the same model would serve at
    temperature 1.
    ``compared_with`` names the published version whose evaluation is ``published``;
    both are None where there was none, and so is ``comparison``. ``published_anyway``
    says that the gate refused and was overridden by name. ``lost`` is what the model
    lost of its teachers, None where it had none; ``gradient_flow`` is the fitted
    model's, on the longest validation texts.
    """

    version: str
    description: str = ""
    command: str
    seed: int
    created: str
    seconds: float
    recipe: Mapping[str, Any]
    data: DataRecord
    history: History
    clip_norm: float
    temperature: float
    uncalibrated: Calibration
    evaluation: Evaluation
    baselines: Mapping[str, Evaluation] = field(default_factory=dict)
    compared_with: str | None = None
    published: Evaluation | None = None
    comparison: Comparison | None = None
    published_anyway: bool = False
    lost: BesideTeachers | None = None
    gradient_flow: GradientFlow | None = None

    @property
    def clipped_share(self) -> float:
        """The share of steps whose gradient was longer than ``clip_norm``."""
        norms = self.history.gradient_norms
        if not self.clip_norm or not norms:
            return 0.0
        return sum(norm > self.clip_norm for norm in norms) / len(norms)

    def others(self) -> dict[str, Evaluation]:
        """Return what the model is held against, the published model first."""
        found: dict[str, Evaluation] = {}
        if self.published is not None:
            found[f"published {self.compared_with}"] = self.published
        return {**found, **self.baselines}

    def to_json(self) -> dict[str, Any]:
        """Return plain values, the share of clipped steps among them."""
        return {**asdict(self), "clipped_share": self.clipped_share}
