"""A recipe that is ablated in a second, and what is counted meanwhile."""

import pytest
from toy import reviews, toy_toml, write

from training.ablation.options import AblationOptions
from training.options import Folders
from training.start import prepared

ABLATED_RECIPE = toy_toml(
    seed=3,
    vocabulary={"max_size": 200, "min_count": 1},
    training={"epochs": 2, "batch_texts": 16, "learning_rate": 0.01},
)


@pytest.fixture
def toy(tmp_path):
    write(tmp_path / "reviews.csv", reviews(150))
    (tmp_path / "toy.toml").write_text(ABLATED_RECIPE)
    return tmp_path / "toy.toml"


@pytest.fixture
def options(toy):
    """Return the options of an ablation of the toy recipe, with changes to them."""

    def build(*changes, **others):
        return AblationOptions(
            **{
                "changes": changes,
                "folders": Folders(data=toy.parent, runs=toy.parent / "runs"),
                "show_progress": False,
                "command": "sentiment-train ablate toy.toml",
                **others,
            }
        )

    return build


@pytest.fixture
def trained(monkeypatch):
    """Return the settings that networks are trained with, as they are."""
    done = []
    whole = prepared.Fitting

    def noted(classifier, *rest, **options):
        done.append((classifier.config, options["seed"]))
        return whole(classifier, *rest, **options)

    monkeypatch.setattr(prepared, "Fitting", noted)
    return done
