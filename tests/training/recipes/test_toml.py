"""Values as TOML writes them."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from training.recipes.toml import toml_of


@given(st.dictionaries(st.text(), st.text() | st.booleans() | st.integers(-9, 10**6)))
def test_what_is_written_is_read_again(table):
    assert tomllib.loads(f"x = {toml_of(table)}")["x"] == table
