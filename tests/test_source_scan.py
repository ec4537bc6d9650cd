"""No file of the project can run what another file says: data is data, never code."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from source_code import Source, forbidden_names

ROOT = Path(__file__).resolve().parent.parent

# Ways to run what a file says; a model, a recipe or a request is data, never code.
MODULES = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "jsonpickle"}
CALLS = {
    *("eval", "exec", "compile", "__import__", "os.system", "os.popen"),
    *(
        "torch.load",
        "torch.hub.load",
        "torch.jit.load",
        "torch.package.PackageImporter",
    ),
    *("yaml.load", "yaml.load_all", "yaml.full_load", "yaml.unsafe_load"),
    *("pandas.read_pickle", "numpy.load", "logging.config.listen"),
}
# What only those could read is not written, either.
CALLS |= {"torch.save", "torch.jit.save"}
PRODUCT = ("sentiment", "service", "training", "scripts")

# Of files that are no Python: where their code would run what is data.
TEXT = {
    ".js": r"\beval\s*\(|\bnew\s+Function\b|set(?:Timeout|Interval)\s*\(\s*[\"'`]",
    ".html": r"javascript:|<script(?![^>]*\ssrc=)",
    ".yml": r"!!python|\bpickle\b",
    ".toml": r"\bpickle\b|\bjoblib\b",
    "": r"^\s*eval\s|\|\s*(?:ba)?sh\b",  # shell, make, Dockerfile
}
# Files whose readers run code.
PACKED = {".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib", ".npy", ".npz", ".h5"}
OTHERS = {"node_modules", ".venv", ".git", "build", "dist", "runs"}


def files() -> list[Path]:
    """Return the project's own files: what git knows or would take, else all."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        found = list(ROOT.rglob("*"))
    own = [path for path in found if not OTHERS & set(path.relative_to(ROOT).parts)]
    return sorted(path for path in own if path.is_file())


FILES = files()
# Tests may: scikit-learn, for one, promises that an estimator survives pickling.
PYTHON = [
    path
    for path in FILES
    if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in PRODUCT
]


def unsafe(path: Path, code: str) -> list[str]:
    """Return what a file of Python could run what a file says with."""
    tree = ast.parse(code)
    return [
        *forbidden_names(Source(path, path.stem, tree), MODULES, CALLS),
        *(f"{path}:{node.lineno} names {ast.unparse(node)}" for node in _by_word(tree)),
    ]


def _by_word(tree: ast.Module) -> list[ast.Call]:
    """Return calls that reach a module or a function by its name as a string."""
    ways = ("import_module", "__import__", "getattr", "resolve_name")
    last_words = MODULES | {name.rpartition(".")[2] for name in CALLS} - {"load"}
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in ways
        and any(
            isinstance(argument, ast.Constant) and argument.value in last_words
            for argument in node.args
        )
    ]


def test_every_room_and_script_is_read():
    assert {path.relative_to(ROOT).parts[0] for path in PYTHON} == set(PRODUCT)
    assert {".js", ".html", ".yml", ".toml", ""} <= {path.suffix for path in FILES}
    assert {"Makefile", "Dockerfile", "make-venv"} <= {path.name for path in FILES}


def test_nothing_runs_what_a_file_says():
    found = [hit for path in PYTHON for hit in unsafe(path, path.read_text())]
    assert found == []


def test_no_file_but_python_runs_what_is_data():
    found = [
        f"{path}:{number}: {line.strip()}"
        for path in FILES
        if path.suffix in TEXT
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if re.search(TEXT[path.suffix], line)
    ]
    assert found == []


def test_no_file_is_of_a_kind_whose_reader_runs_code():
    assert [path for path in FILES if path.suffix in PACKED] == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib import load",
        "import torch\ntorch.load('x')",
        "import torch\ntorch.save({}, 'x')",
        "import torch as t\nt.load('x')",
        "from torch import load as restore",
        "eval('1')",
        "import yaml\nyaml.load('x')",
        "import importlib\nimportlib.import_module('pickle')",
        "import builtins\ngetattr(builtins, 'eval')('1')",
        "import os\nos.system('ls')",
    ],
)
def test_running_what_a_file_says_is_seen(code):
    assert len(unsafe(Path("a.py"), code)) == 1


def test_a_network_that_is_put_into_evaluation_is_no_eval():
    code = "import torch\nclassifier = torch.nn.LSTM(1, 1)\nclassifier.eval()"
    assert unsafe(Path("a.py"), code) == []


@pytest.mark.parametrize(
    ("suffix", "line"),
    [
        (".js", "eval(text)"),
        (".js", "new Function(text)"),
        (".js", 'setTimeout("go()", 1)'),
        (".html", "<script>go()</script>"),
        (".yml", "x: !!python/object:os.system"),
        ("", "curl https://example.org/x | sh"),
        ("", "  eval $x"),
    ],
)
def test_running_what_is_data_is_seen(suffix, line):
    assert re.search(TEXT[suffix], line)
