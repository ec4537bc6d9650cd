"""An output under the name of something unfinished, until it is whole."""

import errno
import os
import stat
from pathlib import Path

import pytest

from sentiment.scoring.journal import JournalState
from sentiment.scoring.partial_output import PartialOutput
from sentiment.scoring.results import Tally


def begun(output: Path) -> PartialOutput:
    """Return an output with four bytes in it that a journal speaks of."""
    partial = PartialOutput(output)
    partial.begin()
    partial.append(b"rows")
    partial.mark(JournalState(identity={}, tally=Tally(), blocks=1, position=4))
    return partial


def test_an_output_that_cannot_be_assembled_leaves_no_half_of_it(tmp_path):
    def assemble(_: Path, whole: Path) -> None:
        whole.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    partial = PartialOutput(tmp_path / "out.parquet")
    partial.begin()
    partial.append(b"rows")
    with pytest.raises(OSError, match="No space left"):
        partial.finish(assemble)
    partial.close()
    assert [path.name for path in tmp_path.glob(".*")] == [".out.parquet.partial"]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_what_replaces_a_private_output_is_private_from_its_first_byte(tmp_path, name):
    """A file of mode 0600 became one of 0644, and its texts lay open meanwhile."""
    modes = {}

    def note() -> None:
        for path in tmp_path.iterdir():
            if not path.name.endswith(".lock"):
                modes[path.name] = stat.S_IMODE(path.stat().st_mode)

    def assemble(_: Path, whole: Path) -> None:
        note()
        whole.write_bytes(b"whole")

    output = tmp_path / name
    output.touch()
    output.chmod(0o600)
    partial = begun(output)
    note()
    partial.finish(assemble if name == "out.parquet" else None)
    partial.close()
    note()
    whole = {f".{name}.whole"} if name == "out.parquet" else set()
    assert modes.keys() == {name, f".{name}.partial", f".{name}.journal", *whole}
    assert set(modes.values()) == {0o600}


def test_what_replaces_an_output_that_may_not_be_written_can_be_gone_on_with(tmp_path):
    """The unfinished file had the mode of the output, and could not be opened again."""
    output = tmp_path / "out.csv"
    output.touch()
    output.chmod(0o444)
    partial = begun(output)
    assert stat.S_IMODE(partial.path.stat().st_mode) == 0o644
    partial.close()
    again = PartialOutput(output)
    again.go_on(4)
    again.finish()
    again.close()
    assert output.read_bytes() == b"rows"
    assert stat.S_IMODE(output.stat().st_mode) == 0o444
