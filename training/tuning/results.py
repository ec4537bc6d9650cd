"""The files of a search: best recipe, table of trials, picture."""

import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from optuna import Study

from sentiment.errors import ConfigError
from sentiment.wording import counted
from training.disk.files import write_text
from training.recipes.config import read_toml
from training.tuning.options import TuneOptions
from training.tuning.plot import plot_trials
from training.tuning.recipe import BestSettings, recipe_text
from training.tuning.space import Space
from training.tuning.trials import FINISHED, TrialRecord, as_csv, best_of, own_of

RECIPE, TABLE, PICTURE = "best.toml", "trials.csv", "trials.png"
# With fewer finished trials, importances are not meaningful.
_ENOUGH = 10


@dataclass(frozen=True, kw_only=True)
class Results:
    """Where the results of a search go, and the recipe they are written for."""

    original: str
    options: TuneOptions
    recipe: Path
    table: Path
    picture: Path

    @classmethod
    def of(cls, file: Path, folder: Path, options: TuneOptions) -> "Results":
        """Return where a search around the recipe ``file`` writes its results.

        Raises:
            ConfigError: The best recipe would overwrite the original.
        """
        recipe = options.out or folder / RECIPE
        if recipe.resolve() == file.resolve():
            raise ConfigError(
                f"--out {recipe} is the recipe that is searched: name another file"
            )
        return cls(
            original=read_toml(file),
            options=options,
            recipe=recipe,
            table=folder / TABLE,
            picture=folder / PICTURE,
        )

    def write(self, trials: Sequence[TrialRecord], space: Space) -> TrialRecord | None:
        """Write the table and the best recipe; return the best trial, if any."""
        write_text(self.table, as_csv(trials, space))
        best = best_of(trials)
        if best is not None:
            found = BestSettings(
                settings=best.settings,
                sentence=_sentence(trials, self.options),
                story=tuple(_story(best, trials, self.options)),
            )
            write_text(self.recipe, recipe_text(self.original, found))
        return best

    def draw(self, study: Study, trials: Sequence[TrialRecord]) -> None:
        """Draw macro-F1 by trial, and the importance of settings."""
        figures = [one.macro_f1 for one in trials]
        plot_trials(figures, _importance(study, trials), self.picture)


def _importance(study: Study, trials: Sequence[TrialRecord]) -> dict[str, float]:
    """Return each setting's importance for being among the best trials (PED-ANOVA)."""
    finished = sum(one.state == FINISHED for one in trials)
    if finished < _ENOUGH:
        return {}
    # It imports scikit-learn, two seconds that would go from the time of the search.
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    better = max(0.1, 5 / finished)  # it needs at least five trials
    evaluator = PedAnovaImportanceEvaluator(target_quantile=better)
    return dict(get_param_importances(study, evaluator=evaluator))


def _sentence(trials: Sequence[TrialRecord], options: TuneOptions) -> str:
    return (
        f"Its settings are the best of {counted(len(trials), 'trial')} on the "
        "validation split, in an artifact of at most "
        f"{options.limits.max_megabytes:g} MB."
    )


def _story(
    best: TrialRecord, trials: Sequence[TrialRecord], options: TuneOptions
) -> list[str]:
    states = Counter(one.state for one in trials)
    counts = ", ".join(f"{count} {state}" for state, count in states.items())
    own = own_of(trials)
    before = (
        "" if own is None else f", of the recipe itself {100 * (own.macro_f1 or 0):.2f}"
    )
    sentences = (
        f"Found by: {options.command}",
        f"Trial {best.number} of {len(trials)} ({counts}), the search's seed "
        f"{options.seed}. Macro-F1 on the validation split, mean of sources: "
        f"{100 * (best.macro_f1 or 0):.2f}{before}. That figure chose the "
        "trial, so it flatters it; the report of a run has the test split's.",
        f"Limits: {options.limits}. This recipe: {best.megabytes:.1f} MB, "
        f"{best.milliseconds:.2f} ms for a text of 25 words on one thread.",
    )
    return [line for one in sentences for line in textwrap.wrap(one, 86)]
