"""Reads the imports: training -> sentiment <- service, and no arrow may turn."""

import subprocess
import sys
from pathlib import Path

import pytest
from import_graph import (
    brought_along,
    chain_to,
    cycle_in,
    eager_edges,
    imports_of,
    read_modules,
)
from source_code import Source, forbidden_names

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("sentiment", "service", "training")

# What a package's code may not name in an import, wherever the import stands.
NEVER = {
    "sentiment": {"service", "training", "flask", "gunicorn", "sklearn"},
    "service": {"training", "torch", "sklearn"},
    "training": {"service", "flask", "gunicorn"},
}
# What only these rooms or modules know; the rest asks them, without a word of it.
DOORS = {
    "ray": {
        "sentiment.scoring.cluster.connection",
        "sentiment.scoring.cluster.ray_data",
    },
    "sqlalchemy": {"sentiment.feedback"},
    "transformers": {"training.distillation.transformer"},
    "tokenizers": {"training.distillation.transformer"},
    "optuna": {"training.tuning"},
    "tomlkit": {"training.tuning"},
    "matplotlib": {"training.drawing", "training.gradients.plots"},
    "prometheus_client": {"service"},
}
# The network knows nothing of text, files or training: all it may bring along.
NETWORK = (
    "sentiment.network.classifier",
    "sentiment.network.recurrence",
    "sentiment.network.inference",
)
OF_THE_NETWORK = {
    *NETWORK,
    *(
        "sentiment",
        "sentiment.network.batching",
        "sentiment.labels",
        "sentiment.special_tokens",
    ),
    *("sentiment.config", "sentiment.config_checks"),
    *("sentiment.errors", "sentiment.wording"),
}
# These fetch data when they are called; nothing but pip, apt and npm downloads here.
FETCHING_CALLS = {
    "nltk.download",
    *(f"nltk.{name}" for name in ("word_tokenize", "sent_tokenize", "pos_tag")),
    *(f"nltk.tokenize.{name}" for name in ("word_tokenize", "sent_tokenize")),
    "nltk.tokenize.punkt.PunktTokenizer",
}
FETCHING_MODULES = {"nltk.corpus", "nltk.downloader", "nltk.data"}
# `--help` takes a third of a second, so these and what they import stay light.
LIGHT = (
    *("sentiment", "sentiment.cli", "sentiment.config", "sentiment.errors"),
    "sentiment.wording",
    *(
        "sentiment.labels",
        "sentiment.prediction.prediction",
        "sentiment.artifacts.store",
        "sentiment.tables",
    ),
    "training.cli",
)
HEAVY = {
    *("torch", "nltk", "sklearn", "matplotlib", "pandas", "pyarrow", "scipy"),
    *("flask", "vaderSentiment", "ray", "optuna", "tomlkit", "transformers"),
    *("sqlalchemy", "psycopg", "tokenizers"),
}


def turned_arrows(known: dict[str, Source]) -> list[str]:
    return [
        f"{source.path}:{found.line} imports {found.module}"
        for source in known.values()
        for found in imports_of(source, known)
        if found.module.split(".")[0] in NEVER[source.module.split(".")[0]]
    ]


def passed_doors(known: dict[str, Source]) -> list[str]:
    return [
        f"{source.path}:{found.line} imports {found.module}"
        for source in known.values()
        for found in imports_of(source, known)
        if (doors := DOORS.get(found.module.split(".")[0]))
        and not any(f"{source.module}.".startswith(f"{door}.") for door in doors)
    ]


def facing_rooms(known: dict[str, Source]) -> list[tuple[str, str]]:
    """Return the pairs of a package's folders whose modules import each other's.

    What a recipe says of a folder's work (its config.py) is for all to read.
    """
    arrows = {
        (_room(module), _room(found.module))
        for module, source in known.items()
        for found in imports_of(source, known)
        if found.module in known and not found.module.endswith(".config")
    }
    return sorted((a, b) for a, b in arrows if a and a < b and (b, a) in arrows)


def _room(module: str) -> str:
    """Return the folder that a module is in; empty for a package's own modules."""
    return ".".join(module.split(".")[:2]) if module.count(".") > 1 else ""


@pytest.fixture(scope="module")
def project() -> dict[str, Source]:
    return read_modules(ROOT, PACKAGES)


def test_all_three_rooms_are_read(project):
    for package in PACKAGES:
        assert sum(name.split(".")[0] == package for name in project) > 1


def test_arrows_point_one_way(project):
    assert turned_arrows(project) == []


def test_a_library_is_known_behind_its_door_alone(project):
    assert passed_doors(project) == []


def test_the_network_knows_nothing_of_text_files_or_training(project):
    assert brought_along(NETWORK, eager_edges(project)) <= OF_THE_NETWORK


def test_no_module_imports_itself_by_a_detour(project):
    assert cycle_in(eager_edges(project)) == []


def test_rooms_of_a_package_look_one_way(project):
    assert facing_rooms(project) == []


def test_nothing_downloads_corpora(project):
    found = [
        hit
        for source in project.values()
        for hit in forbidden_names(source, FETCHING_MODULES, FETCHING_CALLS)
    ]
    assert found == []


def test_what_a_help_text_needs_names_nothing_heavy(project):
    edges = eager_edges(project)
    light = [
        name for name in edges if name in LIGHT or name.startswith("sentiment.tables.")
    ]
    assert set(LIGHT) <= set(light)
    assert [chain for name in light if (chain := chain_to(HEAVY, name, edges))] == []


def test_no_training_loads_what_few_recipes_need(project):
    """NLTK took two seconds of each start, with the scikit-learn that it imports."""
    edges = eager_edges(project)
    rare = {"nltk", "sklearn", "scipy", "pandas", "optuna", "transformers"}
    starts = ("pipeline", "ablation.ablate", "language_model.pretrain")
    chains = [chain_to(rare, f"training.{name}", edges) for name in starts]
    assert chains == [[], [], []]


def test_what_a_help_text_needs_loads_nothing_heavy():
    """The same, asked of Python itself: a dependency may import torch, too."""
    program = (
        f"import sys; [__import__(name) for name in {LIGHT!r}];"
        f"print(sorted(set(sys.modules) & {HEAVY!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


@pytest.mark.parametrize(
    ("path", "code", "complaint"),
    [
        ("service/app.py", "import torch", "imports torch"),
        ("service/app.py", "def f():\n    from torch import nn", "imports torch"),
        ("sentiment/a.py", "from flask import Flask", "imports flask"),
        ("sentiment/a/b.py", "from ...training import fit", "imports training"),
        ("training/a.py", "import service.app", "imports service.app"),
    ],
)
def test_a_turned_arrow_is_seen(tmp_path, path, code, complaint):
    known = planted(tmp_path, {path: code})
    assert [hit.split(" ", 1)[1] for hit in turned_arrows(known)] == [complaint]


@pytest.mark.parametrize(
    ("path", "complaints"),
    [
        ("sentiment/scoring/run.py", ["imports ray.data"]),
        ("sentiment/scoring/cluster/ray_data.py", []),
    ],
)
def test_a_passed_door_is_seen(tmp_path, path, complaints):
    known = planted(tmp_path, {path: "def late():\n    import ray.data"})
    assert [hit.split(" ", 1)[1] for hit in passed_doors(known)] == complaints


def test_what_a_module_brings_along_is_seen_through_others(tmp_path):
    files = {
        "sentiment/network/classifier.py": "from sentiment.network.batching import pad",
        "sentiment/network/batching.py": "import sentiment.text.tokenizer",
        "sentiment/text/tokenizer.py": "",
        "sentiment/artifacts/store.py": "",
    }
    edges = eager_edges(planted(tmp_path, files))
    assert brought_along(["sentiment.network.classifier"], edges) == {
        *(
            "sentiment.network.classifier",
            "sentiment.network.batching",
            "sentiment.text.tokenizer",
        )
    }


def test_a_cycle_is_seen_and_a_late_import_is_none(tmp_path):
    files = {
        "sentiment/a.py": "from sentiment.b import x",
        "sentiment/b.py": "from sentiment import c",
        "sentiment/c.py": "import sentiment.a",
    }
    cycle = cycle_in(eager_edges(planted(tmp_path, files)))
    assert set(cycle) == {"sentiment.a", "sentiment.b", "sentiment.c"}
    files["sentiment/c.py"] = "def late():\n    import sentiment.a"
    assert cycle_in(eager_edges(planted(tmp_path, files))) == []


def test_two_rooms_that_look_at_each_other_are_seen(tmp_path):
    files = {
        "service/a/one.py": "from service.b import two",
        "service/a/config.py": "",
        "service/b/two.py": "from service.a.config import x",
    }
    assert facing_rooms(planted(tmp_path, files)) == []
    files["service/b/three.py"] = "def late():\n    from service.a.one import x"
    assert facing_rooms(planted(tmp_path, files)) == [("service.a", "service.b")]


def test_a_heavy_import_is_seen_through_others(tmp_path):
    files = {
        "sentiment/cli.py": "from sentiment.artifacts.store import resolve",
        "sentiment/artifacts/store.py": "import sentiment.prediction.artifact",
        "sentiment/prediction/artifact.py": "import torch",
    }
    edges = eager_edges(planted(tmp_path, files))
    assert chain_to(HEAVY, "sentiment.cli", edges) == [
        *(
            "sentiment.cli",
            "sentiment.artifacts.store",
            "sentiment.prediction.artifact",
            "torch",
        )
    ]
    files["sentiment/prediction/artifact.py"] = "if TYPE_CHECKING:\n    import torch"
    assert chain_to(HEAVY, "sentiment.cli", eager_edges(planted(tmp_path, files))) == []


def planted(root: Path, files: dict[str, str]) -> dict[str, Source]:
    for name, code in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code + "\n")
    return read_modules(root, PACKAGES)
