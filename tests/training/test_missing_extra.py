"""Where only what serves is installed, every command that trains names the extra."""

import subprocess
import sys

from toy import reviews, toy_toml, write

from sentiment.artifacts.store import bundled_model

# What `make run` leaves: none of the extra `train`.
WITHOUT = """
import sys

for package in ("pyarrow", "sklearn", "matplotlib", "vaderSentiment"):
    sys.modules[package] = None

from training.cli import main

for command in {commands}:
    sys.argv = ["sentiment-train", *command.split()]
    try:
        main()
    except SystemExit as left:
        print(left.code)
"""
TAUGHT = '[[teachers]]\npath = "bundled"\n[distillation]\nsoft_labels = "soft"\n'


def test_no_command_ends_in_a_traceback(tmp_path):
    """Six of them did: what writes soft labels was imported for any training."""
    write(tmp_path / "reviews.csv", reviews(200))
    (tmp_path / "toy.toml").write_text(toy_toml())
    (tmp_path / "taught.toml").write_text(toy_toml() + TAUGHT)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "bundled").symlink_to(bundled_model())
    commands = ["run toy.toml", "run taught.toml", "distill taught.toml"]
    commands += ["teacher taught.toml --bag-of-words", "gradients --steps 1"]
    commands += ["ablate toy.toml --with training.epochs=1"]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(commands=commands)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.stdout.split() == ["2"] * len(commands)
    assert done.stderr.count("make install-train`") == len(commands), done.stderr
    # The picture is the last thing that an ablation does.
    assert not (tmp_path / "runs" / "ablations").exists()
