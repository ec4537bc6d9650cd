"""The valid names of recipes and versions, since folders are named after them."""

import re

# Of a published model, `NAME-20261125-174203` if it is from a recipe.
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

# The length of the suffix to a recipe's name in a version.
_MOMENT = len("-20261125-174203")

_RECIPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")


def names_a_recipe(name: str) -> bool:
    """Say whether a recipe may have this name, and its versions the suffix, too.

    >>> [names_a_recipe(name) for name in ("imdb-first", "größe", "_x", "a/b")]
    [True, False, False, False]
    """
    return bool(_RECIPE.fullmatch(name) and VERSION.fullmatch(name + "-" * _MOMENT))


def as_part_of_a_name(words: str) -> str:
    """Return words with all characters replaced that a recipe's name may not have.

    >>> as_part_of_a_name("online shops")
    'online-shops'
    """
    return _NOT_IN_A_NAME.sub("-", words)
