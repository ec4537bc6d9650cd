"""Which files are scored: no note is a table, no changed file is the same."""

import pytest
from review_tables import write_csv

from sentiment.errors import DataError
from sentiment.scoring.cluster.input_files import find_sources


def test_a_folder_is_its_tables_by_name_and_no_notes(tmp_path):
    for name in ("b.csv", "a/z.parquet", "a/b.csv.gz", "_manifest.json", "notes.md"):
        write_csv(tmp_path / name, 1)
    write_csv(tmp_path / ".hidden/c.csv", 1)
    found = [source.name for source in find_sources(tmp_path)]
    assert found == ["a/b.csv.gz", "a/z.parquet", "b.csv"]


def test_what_is_named_like_no_table_is_passed_by_and_said(tmp_path):
    """A README.txt was read as a table and stopped the run."""
    for name in ("a.csv", "README.txt", "schema.json", "notes.md"):
        write_csv(tmp_path / name, 1)
    said: list[str] = []
    found = find_sources(tmp_path, said.append)
    assert [source.name for source in found] == ["a.csv"]
    told = "skipping 3 other files, the first is README.txt"
    assert said == [told]


def test_a_file_is_itself_whatever_its_name(tmp_path):
    path = write_csv(tmp_path / "reviews", 1)
    assert [source.path for source in find_sources(path)] == [str(path)]


def test_a_folder_without_a_table_says_what_is_read(tmp_path):
    (tmp_path / "notes.md").write_text("nothing")
    with pytest.raises(DataError, match=r"holds no table: files .* \.csv"):
        find_sources(tmp_path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*none\.csv: No such file"):
        find_sources(tmp_path / "none.csv")


def test_a_file_that_was_changed_is_refused(tmp_path):
    path = write_csv(tmp_path / "in.csv", 3)
    (source,) = find_sources(path)
    source.require_unchanged()
    write_csv(path, 4)
    with pytest.raises(DataError, match="was changed while it was scored"):
        source.require_unchanged()


def test_a_node_that_does_not_see_the_file_says_what_nodes_must_see(tmp_path):
    path = write_csv(tmp_path / "in.csv", 3)
    (source,) = find_sources(path)
    path.unlink()
    with pytest.raises(DataError, match="Every node of the cluster must see"):
        source.require_unchanged()


def test_empty_files_among_others_are_passed_by_and_said(tmp_path):
    """One of them, as a program leaves for a part without rows, stopped the run."""
    for name in ("a.csv", "c.csv"):
        (tmp_path / name).touch()
    write_csv(tmp_path / "b.csv", 1)
    said: list[str] = []
    found = find_sources(tmp_path, said.append)
    assert [source.name for source in found] == ["b.csv"]
    assert said == ["skipping 2 empty files, the first is a.csv"]


def test_of_empty_files_alone_it_is_said_that_they_are(tmp_path):
    (tmp_path / "a.csv").touch()
    assert [source.name for source in find_sources(tmp_path)] == ["a.csv"]
