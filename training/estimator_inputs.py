"""Check the X and y of the scikit-learn estimator, and map labels to outputs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length

from sentiment.errors import ConfigError
from sentiment.labels import LABELS, NEGATIVE, NEUTRAL, POSITIVE


class ParameterError(ConfigError, ValueError):
    """A parameter of the estimator is not valid; scikit-learn expects a ValueError."""


@contextmanager
def parameters() -> Iterator[None]:
    """Refuse a setting that is not valid as a parameter.

    Raises:
        ParameterError: The body raised ConfigError.
    """
    try:
        yield
    except ConfigError as error:
        raise ParameterError(str(error)) from error


def check_texts(given: Any) -> list[str]:
    """Return ``given`` as a list of texts.

    Raises:
        ValueError: It is a single text, a table, empty, or holds something else.
    """
    if isinstance(given, str | bytes):
        raise ValueError("X is a single text: a possible solution is to pass [text]")
    if len(getattr(given, "shape", (0,))) != 1:
        raise ValueError(
            f"X has the shape {given.shape}, and must be one text after the other: a "
            "possible solution is to pass one column, as in table['text']"
        )
    texts = list(given)
    if not texts:
        raise ValueError("X holds no text")
    for at, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(f"X[{at}] is {text!r}, which is not a text")
    # numpy's strings are of a subclass.
    return [str(text) for text in texts]


def check_labels(given: Any, texts: Sequence[str]) -> npt.NDArray[Any]:
    """Return ``given`` as an array with a label for each text, two or three in all.

    Raises:
        ValueError: It is missing, of another length, or holds other than labels.
    """
    if given is None:
        raise ValueError("requires y to be passed, but the target y is None")
    labels = np.asarray(given)
    if labels.ndim != 1:
        raise ValueError(
            f"y has the shape {labels.shape}: pass one label for each text"
        )
    check_consistent_length(texts, labels)
    check_classification_targets(labels)
    count = len(np.unique(labels))
    if not 2 <= count <= len(LABELS):
        raise ValueError(
            f"y holds {count} different labels, and the classifier tells two or three "
            f"apart: {', '.join(LABELS)}, or others in that order"
        )
    return labels


def outputs_of(classes: npt.NDArray[Any]) -> list[int]:
    """Return the output of the network for each of the sorted ``classes``."""
    names = [str(one) for one in classes]
    if set(names) <= set(LABELS):
        return [LABELS.index(name) for name in names]
    if len(names) == 2:
        return [NEGATIVE, POSITIVE]
    return [NEGATIVE, NEUTRAL, POSITIVE]
