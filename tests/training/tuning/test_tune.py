"""The search on a toy language: what it finds, what it refuses, how it goes on."""

import csv
import itertools
from datetime import UTC, datetime

import pytest
from toy import SEARCHED_RECIPE, reviews, write
from training_faults import Interrupted, seal_test_split

from sentiment.errors import ConfigError, DataError
from training.data.gathering import read
from training.fitting import fit as fitting
from training.options import Folders
from training.pipeline.options import RunOptions
from training.pipeline.run import train
from training.recipes.config import read_recipe
from training.tuning import search, study
from training.tuning import tune as tuning
from training.tuning.clock import Clock
from training.tuning.limits import Limits
from training.tuning.objective import Objective, OverLimitError
from training.tuning.options import TuneOptions
from training.tuning.tune import tune


@pytest.fixture
def toy(tmp_path):
    write(tmp_path / "reviews.csv", reviews(150))
    (tmp_path / "toy.toml").write_text(SEARCHED_RECIPE)
    return tmp_path / "toy.toml"


def options(toy, **changes):
    return TuneOptions(
        **{
            "minutes": 60.0,
            "folders": Folders(data=toy.parent, runs=toy.parent / "runs"),
            "show_progress": False,
            "command": "sentiment-train tune toy.toml",
            **changes,
        }
    )


def test_the_best_recipe_is_no_worse_and_gives_its_figure_again(toy):
    tuned = tune(toy, options(toy, trials=5))
    assert len(tuned.trials) == 5
    assert tuned.trials[0].own
    assert tuned.best.macro_f1 >= tuned.own.macro_f1
    assert tuned.best.macro_f1 == max(one.macro_f1 or 0.0 for one in tuned.trials)
    found = read_recipe(tuned.recipe)
    assert found.name == "toy-tuned"
    splits = read(found, toy.parent).splits
    quiet = RunOptions(folders=Folders(runs=toy.parent), show_progress=False)
    run = train(found, splits, quiet, datetime.now(UTC))
    assert run.history.best().validation_macro_f1 == tuned.best.macro_f1


def test_the_trials_stand_in_a_table_and_a_picture(toy, painted):
    tuned = tune(toy, options(toy, trials=5))
    with tuned.table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["trial"]) for row in rows] == list(range(5))
    assert rows[0]["state"] == "finished"
    assert rows[0]["model.hidden_dim"] == "8"
    assert float(rows[0]["macro_f1"]) == pytest.approx(tuned.own.macro_f1, abs=1e-4)
    assert tuned.picture.read_bytes().startswith(b"\x89PNG")
    story = tuned.recipe.read_text()
    assert "# Found by: sentiment-train tune toy.toml" in story
    assert "25 MB, any latency" in story
    assert f"{100 * tuned.best.macro_f1:.2f}" in story
    assert "best of 5 trials" in read_recipe(tuned.recipe).description


def test_a_trial_over_the_size_limit_is_never_trained(toy, monkeypatch):
    trained = []
    whole = fitting.Fitting.__init__

    def noted(self, classifier, *rest, **options):
        trained.append(sum(value.numel() for value in classifier.parameters()))
        whole(self, classifier, *rest, **options)

    monkeypatch.setattr(fitting.Fitting, "__init__", noted)
    most = 0.0075  # MB: the recipe fits, what is twice its size does not
    tuned = tune(toy, options(toy, trials=12, limits=Limits(max_megabytes=most)))
    refused = [one for one in tuned.trials if one.state == "refused"]
    assert refused
    assert len(trained) == len(tuned.trials) - len(refused)
    assert 4 * max(trained) <= most * 1e6
    for one in refused:
        assert one.megabytes > most
        assert one.epochs == 0
        assert one.macro_f1 is None
        assert "at most 0.0075 are allowed" in one.reason
    assert tuned.best.megabytes <= most


def test_a_trial_over_the_time_limit_is_never_trained(toy, monkeypatch):
    monkeypatch.setattr(fitting.Fitting, "run_epoch", lambda _: pytest.fail("trained"))
    limits = Limits(max_milliseconds=1e-6)
    with pytest.raises(ConfigError, match=r"no trial of 2 was within the limits.*ms"):
        tune(toy, options(toy, trials=2, limits=limits))


def test_limits_that_leave_no_room_end_the_search(toy, monkeypatch):
    monkeypatch.setattr(search, "_REFUSALS", 4)
    limits = Limits(max_megabytes=1e-5)
    with pytest.raises(ConfigError, match=r"no trial of 4 was.*smaller sizes"):
        tune(toy, options(toy, limits=limits))


def test_a_search_without_room_for_more_ends_with_its_best_recipe(toy, monkeypatch):
    """It ended with an error, and so did every --resume of it."""
    monkeypatch.setattr(search, "_REFUSALS", 2)
    refused = OverLimitError("12.0 MB")
    calls = itertools.count()

    def all_but_the_first(objective, trial):
        if next(calls):
            raise refused
        return whole(objective, trial)

    whole = Objective.__call__
    monkeypatch.setattr(Objective, "__call__", all_but_the_first)
    tuned = tune(toy, options(toy))
    assert [one.state for one in tuned.trials] == ["finished", "refused", "refused"]
    assert tuned.recipe.exists()
    assert tuned.picture.exists()
    again = tune(toy, options(toy, resume=True))
    assert again.best == tuned.best


def test_a_search_goes_on_with_its_earlier_trials(toy):
    first = tune(toy, options(toy, trials=3))
    with pytest.raises(ConfigError, match="go on with it by --resume"):
        tune(toy, options(toy, trials=3))
    second = tune(toy, options(toy, trials=3, resume=True))
    assert second.trials[:3] == first.trials
    assert len(second.trials) == 6
    drawn = [one.settings for one in second.trials]
    assert all(one not in drawn[:3] for one in drawn[3:])
    assert sum(one.own for one in second.trials) == 1


@pytest.mark.parametrize(
    "change",
    [("learning_rate = 0.01", "learning_rate = 0.02"), ("seed = 3", "seed = 4")],
)
def test_another_recipes_study_is_refused(toy, change):
    tune(toy, options(toy, trials=1))
    toy.write_text(SEARCHED_RECIPE.replace(*change))
    with pytest.raises(ConfigError, match="recipe changed, or by another release: go"):
        tune(toy, options(toy, trials=1, resume=True))


def test_a_search_goes_on_after_changes_that_no_trial_reads(toy):
    # Another default in [language_model], of a newer release, had stopped it.
    tune(toy, options(toy, trials=1))
    said = f'description = "Ours."\n{SEARCHED_RECIPE}[language_model]\nepochs = 7\n'
    toy.write_text(said)
    again = tune(toy, options(toy, trials=1, resume=True))
    assert len(again.trials) == 2


def test_other_data_limits_and_settings_are_another_study(toy):
    tune(toy, options(toy, trials=1))
    with pytest.raises(ConfigError, match="the limits changed"):
        tune(toy, options(toy, trials=1, resume=True, limits=Limits(max_megabytes=9)))
    with pytest.raises(ConfigError, match="the settings changed"):
        tune(toy, options(toy, trials=1, resume=True, keep=("model.cell",)))
    write(toy.parent / "reviews.csv", reviews(160))
    with pytest.raises(ConfigError, match="the data changed"):
        tune(toy, options(toy, trials=1, resume=True))


def test_two_searches_do_not_share_a_study(toy):
    folder = toy.parent / "study"
    same = {"recipe": "r", "data": "d", "limits": "l", "settings": "s"}
    begun = {"resume": True, "seed": 1, "own": {}}
    with (
        study.opened(folder, same, **begun),
        pytest.raises(ConfigError, match="another search is running"),
        study.opened(folder, same, **begun),
    ):
        pytest.fail("both are in")


def test_the_test_split_is_not_looked_at(toy, monkeypatch):
    seal_test_split(monkeypatch, tuning)
    assert len(tune(toy, options(toy, trials=2)).trials) == 2


def test_ctrl_c_leaves_the_best_so_far_and_the_trial_for_later(toy, monkeypatch):
    with monkeypatch.context() as patch:
        Interrupted(patch, KeyboardInterrupt(), at=80)
        tuned = tune(toy, options(toy))
    assert tuned.interrupted
    assert tuned.trials[-1].state == "interrupted"
    assert read_recipe(tuned.recipe).name == "toy-tuned"
    resumed = tune(toy, options(toy, trials=1, resume=True))
    again = resumed.trials[len(tuned.trials)]
    assert again.settings == tuned.trials[-1].settings
    assert again.state in ("finished", "pruned")


def test_ctrl_c_ends_the_command_with_a_hint_and_130(toy, train_here, monkeypatch):
    Interrupted(monkeypatch, KeyboardInterrupt(), at=80)
    done = train_here(
        *("tune", "toy.toml", "--minutes", "60", "--quiet"), cwd=toy.parent
    )
    assert done.returncode == 130
    assert "--resume goes on" in done.stderr


def test_ctrl_c_in_the_first_trial_is_ctrl_c(toy, monkeypatch):
    with monkeypatch.context() as patch:
        Interrupted(patch, KeyboardInterrupt(), at=2)
        with pytest.raises(KeyboardInterrupt):
            tune(toy, options(toy))


def test_exploding_gradients_fail_one_trial_and_not_the_search(toy, monkeypatch):
    Interrupted(monkeypatch, FloatingPointError("the loss is nan"), at=25)
    tuned = tune(toy, options(toy, trials=3))
    states = [one.state for one in tuned.trials]
    assert states.count("failed") == 1
    failed = tuned.trials[states.index("failed")]
    assert failed.reason == "the loss is nan"
    assert tuned.best.state == "finished"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory\nMore"),
            "DefaultCPUAllocator: can't allocate memory",
        ),
        (MemoryError(), "MemoryError"),
    ],
)
def test_exhausted_memory_fails_one_trial_and_not_the_search(
    toy, monkeypatch, error, reason
):
    Interrupted(monkeypatch, error, at=25)
    tuned = tune(toy, options(toy, trials=2))
    assert [one.state for one in tuned.trials] == ["finished", "failed"]
    assert tuned.trials[1].reason == reason


def test_a_bug_ends_the_search(toy, monkeypatch):
    Interrupted(monkeypatch, RuntimeError("shapes differ"), at=25)
    with pytest.raises(RuntimeError, match="shapes differ"):
        tune(toy, options(toy, trials=2))


class Seconds:
    """A clock's hand that is moved by hand."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_the_clock_keeps_some_seconds_back_for_the_results():
    hand = Seconds()
    clock = Clock(10, now=hand)
    assert clock.left == 595
    hand.now = 590.0
    assert clock.left == 5
    assert clock.passed == 590
    assert Clock(0.1, now=hand).left == pytest.approx(5.4)


def test_the_running_trial_ends_when_time_is_up_and_is_begun_anew_later(
    toy, monkeypatch
):
    hand = Seconds()
    whole = fitting.Fitting.step

    def step(fit, positions):
        hand.now += 1.0
        return whole(fit, positions)

    monkeypatch.setattr(fitting.Fitting, "step", step)
    monkeypatch.setattr(tuning, "Clock", lambda minutes, _: Clock(minutes, now=hand))
    # The recipe's three epochs have some 18 steps, of a second each.
    # It left open how many minutes would do.
    about = r"a trial came through 1 of 3 epochs, so that a whole one may take about \d"
    with pytest.raises(ConfigError, match=f"no trial was finished .* {about}"):
        tune(toy, options(toy, minutes=10 / 60))
    assert hand.now == 9.0  # of ten seconds one is kept for the results
    hand.now = 0.0
    tuned = tune(toy, options(toy, minutes=1.0, resume=True))
    assert tuned.trials[0].state == "out of time"
    assert tuned.trials[1].own
    assert tuned.trials[1].state == "finished"
    assert hand.now <= 55.0
    assert len(tuned.trials) > 2


def test_of_a_trial_without_an_epoch_the_least_is_told():
    cut = {"number": 0, "state": "out of time"}
    trials = [
        search.TrialRecord(**cut, seconds=61.0),
        search.TrialRecord(**cut, seconds=30.0, epochs=2),
    ]
    assert tuning._how_long(trials[:1], 10) == (
        "In 1 min 1 s a trial came through 0 of 10 epochs, so that a whole one may "
        "take more than 10 min 10 s. "
    )
    assert "may take about 2 min 30 s. " in tuning._how_long(trials, 10)
    assert tuning._how_long([], 10) == "Reading the texts took all of it. "


def test_no_trial_begins_that_cannot_finish():
    left = Clock(1, now=lambda: 0.0)

    class Objective:
        clock = left

    usual = search.Search(study=None, objective=Objective(), results=None)
    finished = [
        search.TrialRecord(number=number, state="finished", seconds=seconds)
        for number, seconds in enumerate((10.0, 50.0, 90.0))
    ]
    assert usual._has_time(finished)
    slower = search.TrialRecord(number=3, state="finished", seconds=90.0)
    assert not usual._has_time([*finished, slower])
    pruned = search.TrialRecord(number=3, state="pruned", seconds=900.0)
    assert usual._has_time([*finished, pruned])


def test_minutes_below_nothing_are_refused(toy):
    with pytest.raises(ConfigError, match="--minutes must be above 0, not 0"):
        options(toy, minutes=0.0)


def test_less_than_one_trial_is_refused(toy):
    with pytest.raises(ConfigError, match="--trials must be 1 at least, not 0"):
        options(toy, trials=0)


def test_the_searched_recipe_is_not_written_over(toy):
    with pytest.raises(ConfigError, match="name another file"):
        tune(toy, options(toy, out=toy))
    assert toy.read_text() == SEARCHED_RECIPE


def test_texts_of_one_label_are_refused_before_anything_is_tried(toy):
    """The whole time was searched, for a recipe that finds the label."""
    write(toy.parent / "reviews.csv", [(text, "neutral") for text, _ in reviews(60)])
    with pytest.raises(DataError, match="train split are neutral, so that there is"):
        tune(toy, options(toy, trials=1))
    assert not list(toy.parent.glob("runs/**/trials.csv"))
