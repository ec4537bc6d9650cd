"""The command `sentiment-train ablate` as a process: exit codes, Ctrl-C, no extras."""

import subprocess
import sys

import pytest
from train_commands import begun, press_ctrl_c

# It searches nothing, so that it needs nothing that searches.
WITHOUT_OPTUNA = """
import sys

sys.modules["optuna"] = None

from training.cli import main

main()
"""


def test_a_table_is_printed_and_lies_on_disk(toy):
    folder = toy.parent
    variants = ("--with", "model.layers=2", "--with", "model.cell=gru")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_OPTUNA, "ablate", "toy.toml", *variants],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("variant")
    assert [line.split("  ")[0] for line in lines[1:4]] == [
        *("as it is", "model.layers=2", "model.cell=gru"),
    ]
    assert lines[4].endswith("validation texts, seed 3")
    assert lines[5].startswith("only one seed was trained")
    assert "3 trainings, 0 of them done before" in done.stderr
    assert "training 3 of 3: model.cell=gru, seed 3: macro-F1" in done.stderr
    page = (folder / "runs/ablations/toy/ablation.md").read_text()
    assert "sentiment-train ablate toy.toml --with model.layers=2" in page
    assert f"- {lines[5]}" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "missing option '--with'"),
        (["--with", "training.epoch=1"], "did you mean 'training.epochs'"),
        (["--with", "model.layers=many"], "must be a whole number, not 'many'"),
        (["--with", "model.layers=2", "--seeds", "0"], "0 is not in the range"),
        (
            ["--with", "model.layers=2", "--seeds", "99999999999"],
            "invalid value for '--seeds'",
        ),
        (["--with", "model.layers=2", "--leave-out", "x"], "domain 'x'"),
        (["--with", "model.layers=2", "--data", "nowhere"], "there is no nowhere"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(toy, train_here, arguments, message):
    done = train_here("ablate", "toy.toml", *arguments, cwd=toy.parent)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(toy.parent.glob("runs/**/*.json"))


def test_a_start_of_its_own_shape_is_refused_before_it_is_read(toy, train_here):
    recipe = toy.read_text().replace(
        'name = "toy"', 'name = "toy"\npretrained = "language-models/toy"', 1
    )
    toy.write_text(recipe)
    other = ("--with", "model.hidden_dim=9")
    done = train_here("ablate", "toy.toml", *other, cwd=toy.parent)
    assert done.returncode == 2
    assert (
        "starts from language-models/toy, which has its own hidden_dim" in done.stderr
    )


def test_ctrl_c_ends_with_a_hint_and_130(toy):
    epochs = ("--with", "training.epochs=100000,training.patience=100000")
    finished = toy.parent / "runs/ablations/toy/trainings"
    with begun(
        *("ablate", "toy.toml", *epochs, "--quiet"),
        cwd=toy.parent,
        until=lambda: list(finished.glob("*.json")),
    ) as process:
        code, errors = press_ctrl_c(process)
    assert code == 130, errors
    assert "--resume goes on from what is done" in errors
    assert "training 1 of 2" not in errors  # it is quiet
    page = (toy.parent / "runs/ablations/toy/ablation.md").read_text()
    assert "interrupted: 1 of 2 trainings done" in page
