"""Load NLTK without the large packages that it takes along where they are installed."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

# They cost more than torch and all of ours, and NLTK does without where they are not.
# What it has them for, classifiers and a test of association, is nothing of ours.
_TAKEN_ALONG = frozenset({"scipy", "sklearn"})
_IMPORTING = "<frozen importlib"


class _NotForNLTK(MetaPathFinder):
    """Finds nothing, and no one else does what NLTK alone would take along."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002  as Python gives it
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname in _TAKEN_ALONG and _importer().startswith("nltk."):
            raise ModuleNotFoundError(f"{fullname} is not for NLTK", name=fullname)
        return None


def _importer() -> str:
    """Return the name of the module whose import is being answered."""
    frame = sys._getframe(2)
    while frame.f_back and frame.f_code.co_filename.startswith(_IMPORTING):
        frame = frame.f_back
    return str(frame.f_globals.get("__name__", ""))


def load_nltk_alone() -> None:
    """Let NLTK come without what it takes along, in this process from now on.

    For processes that are ours: in a notebook someone may want the whole of NLTK.
    Everyone else finds the packages as before.
    """
    if not any(isinstance(finder, _NotForNLTK) for finder in sys.meta_path):
        sys.meta_path.insert(0, _NotForNLTK())


def run_alone(module: str, function: str, *arguments: object) -> None:
    """Run a function as the whole work of a process of its own that was spawned.

    By its name: were it given itself, its module would be loaded before all else.
    """
    load_nltk_alone()
    getattr(import_module(module), function)(*arguments)
