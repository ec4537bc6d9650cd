"""An output under the name of something unfinished, until it is whole."""

import errno
import os
from pathlib import Path

import pytest

from sentiment.scoring.partial import Partial


def test_an_output_that_cannot_be_assembled_leaves_no_half_of_it(tmp_path):
    def assemble(_: Path, whole: Path) -> None:
        whole.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    partial = Partial(tmp_path / "out.parquet")
    partial.begin()
    partial.append(b"rows")
    with pytest.raises(OSError, match="No space left"):
        partial.finish(assemble)
    partial.close()
    assert [path.name for path in tmp_path.glob(".*")] == [".out.parquet.partial"]
