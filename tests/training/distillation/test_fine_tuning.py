"""A teacher is fine-tuned on a recipe's texts, plainly, and once for each seed."""

from dataclasses import fields, replace

import pytest
from click.testing import CliRunner
from safetensors.torch import load_file
from toy import recipe_with_raw

from sentiment.errors import ConfigError, DataError
from training.cli import cli
from training.data.gathering import read
from training.disk.locking import locked_recipe
from training.distillation.config import TeacherConfig
from training.distillation.fine_tuning import fit_config, fit_teacher
from training.fitting.config import FitConfig


def another(value):
    """Return a value of a setting that is not ``value``."""
    if isinstance(value, bool) or value is None:
        return not value
    return "cpu" if isinstance(value, str) else value / 2 or 0.25


def test_a_teacher_is_fitted_plainly_whatever_the_network_learns_by():
    own = {"device": "cpu", "threads": 2, "checkpoint_minutes": 3, "warmup_share": 0.3}
    others = {
        one.name: another(one.default)
        for one in fields(FitConfig)
        if one.name not in (*own, "precision")
    }
    others |= {"epochs": 7, "patience": 7, "batch_texts": 9, "max_tokens": 9}
    others["batch_tokens"] = 999
    assert all(others[name] != getattr(FitConfig(), name) for name in others)
    training = FitConfig(**own, **others, precision="bfloat16")
    teacher = TeacherConfig()
    fitting = fit_config(teacher, training)
    assert fitting == fit_config(teacher, FitConfig(**own))
    assert {name: getattr(fitting, name) for name in own} == own


def test_a_teacher_is_calibrated_for_texts_as_they_come(
    toy_data, tmp_path, monkeypatch
):
    pytest.importorskip("transformers")
    from transformers_for_tests import write_transformer

    from training.distillation import fine_tuning

    labels = []

    def noted(logits, right):
        labels.extend(right.tolist())
        return 1.0

    monkeypatch.setattr(fine_tuning, "fit_temperature", noted)
    (toy_data / "more.csv").write_text(
        "text,a,b,c\n" + "".join(f"good no. {at},0,0.4,0.6\n" for at in range(40))
    )
    votes = {"soft_label_columns": ["a", "b", "c"]}
    # Weights in half precision are learned from as any others.
    base = write_transformer(tmp_path / "base", half=True)
    config = recipe_with_raw(
        sources=[
            {"name": "toy", "path": "toy.csv"},
            {"name": "more", "path": "more.csv", **votes},
        ],
        teacher={"base": str(base), "max_examples": 8},
    )
    splits = read(config, toy_data).splits
    fine_tuning.fit_teacher(
        *(config, splits, tmp_path / "teacher"),
        checkpoints=tmp_path / "checkpoints",
        show_progress=False,
    )
    # Not the shares of the votes: confidence is the chance to be right.
    assert sorted(labels) == sorted(one.label for one in splits.validation)


def test_a_teacher_is_not_shown_more_tokens_than_it_reads(toy_data, tmp_path):
    pytest.importorskip("transformers")
    from transformers_for_tests import write_transformer

    from training.distillation.fine_tuning import fit_teacher

    base = write_transformer(tmp_path / "base")
    config = recipe_with_raw(teacher={"base": str(base), "max_tokens": 700})
    with pytest.raises(ConfigError, match="700, and the transformer reads at most 512"):
        fit_teacher(
            *(config, read(config, toy_data).splits, tmp_path / "teacher"),
            checkpoints=tmp_path / "checkpoints",
            show_progress=False,
        )


def test_no_transformer_is_fitted_to_texts_of_one_label(toy_data, tmp_path):
    config = recipe_with_raw(teacher={"base": str(tmp_path / "nowhere")})
    splits = read(config, toy_data).splits
    only = replace(splits, train=[one for one in splits.train if one.label == 2])
    with pytest.raises(DataError, match="train split are positive, so that there is"):
        fit_teacher(config, only, tmp_path / "teacher", checkpoints=tmp_path / "made")


@pytest.fixture
def command(toy_data, tmp_path):
    """The command, on a recipe with a transformer of a few thousand weights."""
    pytest.importorskip("transformers")
    from transformers_for_tests import write_transformer

    base = write_transformer(tmp_path / "base")
    toy = (toy_data / "toy.csv").read_text("utf-8")
    (toy_data / "others.csv").write_text(toy.replace("film", "food"), "utf-8")
    (tmp_path / "toy.toml").write_text(
        f"""
        name = "toy"
        seed = 4
        [[sources]]
        name = "toy"
        path = "toy.csv"
        domain = "films"
        [[sources]]
        name = "others"
        path = "others.csv"
        domain = "food"
        [split]
        validation = 0.2
        test = 0.2
        [teacher]
        base = "{base}"
        epochs = 1
        """
    )

    def run(*options):
        return CliRunner().invoke(
            cli,
            ["teacher", str(tmp_path / "toy.toml"), "--data", str(toy_data)]
            + ["--runs", str(tmp_path / "runs"), "--quiet", *options],
        )

    return run


def head(folder):
    return load_file(folder / "head.safetensors")["weight"]


def test_teachers_of_several_seeds_lie_side_by_side(command, tmp_path):
    for options in ((), ("--seed", "4"), ("--seed", "5")):
        said = command(*options)
        assert said.exit_code == 0, said.output
    teachers = tmp_path / "runs" / "teachers"
    own, same, other = (
        head(teachers / f"toy{end}") for end in ("", "-seed4", "-seed5")
    )
    assert own.equal(same)
    assert not own.equal(other)


def test_a_domain_is_left_out_of_a_teacher_of_another_seed(command, tmp_path):
    said = command("--leave-out", "food", "--seed", "5")
    assert said.exit_code == 0, said.output
    made = tmp_path / "runs" / "teachers" / "toy-without-food-seed5"
    assert '"sources": [\n  "toy"\n ]' in (made / "teacher.json").read_text("utf-8")


@pytest.mark.parametrize("option", [("--seed", "5"), ("--resume",)])
def test_a_bag_of_words_has_no_seed_and_nothing_to_resume(command, option):
    said = command("--bag-of-words", *option)
    assert said.exit_code == 2
    assert "--seed and --resume are for a transformer" in said.output


def test_one_command_at_a_time_fits_a_recipes_bag_of_words(command, tmp_path):
    with locked_recipe(tmp_path / "runs", "toy", "bag-of-words fit"):
        said = command("--bag-of-words")
    assert isinstance(said.exception, ConfigError)
    assert "another bag-of-words fit" in str(said.exception)
    assert not (tmp_path / "runs" / "teachers").exists()
