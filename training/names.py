"""What recipes and versions may be called, since folders are named after them."""

import re

# Of a published model, which is `NAME-20261125-174203` when a recipe made it.
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

# The length of what follows a recipe's name in a version.
_MOMENT = len("-20261125-174203")

_RECIPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")


def names_a_recipe(name: str) -> bool:
    """Say whether a recipe may have the name, and its models one that begins with it.

    >>> [names_a_recipe(name) for name in ("imdb-first", "größe", "_x", "a/b")]
    [True, False, False, False]
    """
    return bool(_RECIPE.fullmatch(name) and VERSION.fullmatch(name + "-" * _MOMENT))


def as_part_of_a_name(words: str) -> str:
    """Return free words in a form that a recipe's name can hold.

    >>> as_part_of_a_name("online shops")
    'online-shops'
    """
    return _NOT_IN_A_NAME.sub("-", words)
