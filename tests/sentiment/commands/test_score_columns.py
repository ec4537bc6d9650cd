"""`sentiment score`: which column it takes for the texts, and what it says of it."""

import pytest


def test_a_column_that_is_not_there_is_told_once(score, tmp_path):
    names = [f"column {n}" for n in range(200)]
    (tmp_path / "in.csv").write_text(",".join(names) + "\n")
    _, _, err = score("in.csv", "-o", "out.csv", "--text-column", "xyz")
    assert err.splitlines()[-1].startswith(
        "sentiment: there is no column 'xyz' (the columns are 'column 0', 'column 1', "
    )
    assert err.rstrip().endswith(" 'column 29' and 170 more)")


def test_of_a_long_name_the_beginning_is_told(score, tmp_path):
    (tmp_path / "in.csv").write_text(f"id,{'long ' * 1000}name\n")
    for asked in ([], ["--text-column", "long"], ["--text-column", "x" * 9_999]):
        _, _, err = score("in.csv", "-o", "out.csv", *asked)
        told = err.splitlines()[-1]
        assert "'id', 'long long long long long long long long…')" in told
        assert len(told) < 250


def test_a_column_that_nobody_named_is_said_as_it_may_be_a_first_text(score, tmp_path):
    (tmp_path / "in.txt").write_text("a good film\na bad film\n")
    code, _, err = score("in.txt")
    assert code == 0
    assert "scoring the only column, 'a good film'" in err
    assert "only column" not in score("in.txt", "--text-column", "a good film")[2]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("It broke.", True),
        ("we liked it here very much", True),
        ('"Every time I go, it is great.\n\nDo you?"', True),
        ("4711", True),
        ("What did you like best?", False),
        ("Review text", False),
        ("text", False),
    ],
)
def test_a_header_that_may_be_the_first_text_is_said(score, tmp_path, header, told):
    """The first answer of a file without a header was never scored, unsaid."""
    (tmp_path / "in.csv").write_text(f"{header}\na bad film\n")
    code, out, err = score("in.csv")
    assert (code, "first row" in out) == (0, False)
    assert ("the first row is taken as the header: " in err) is told


@pytest.mark.parametrize(
    ("content", "proposal"),
    [
        ("id,Antwort\n1,sehr gut\n2,nie wieder\n", "the texts, perhaps 'Antwort' (the"),
        # The longer texts, but not by the name.
        ("review,terms\nso good,a b c d e\n", "the texts, perhaps 'review' (the"),
        ("id,stars\n1,5\n", "the texts (the columns are 'id', 'stars')"),
        # Damaged, empty, and none at all.
        ("id,notes,n\n1\n\n2,so so,3,4\n", "the texts, perhaps 'notes' (the"),
        ("id,notes\n", "the texts (the columns are"),
    ],
)
def test_the_column_that_may_hold_the_texts_is_proposed(
    score, tmp_path, content, proposal
):
    (tmp_path / "in.csv").write_text(content)
    code, out, err = score("in.csv")
    assert (code, out) == (2, "")
    assert f"say which one holds {proposal}" in err
    assert err.rstrip().endswith("(--text-column)")


def test_a_column_that_was_named_and_a_key_are_no_texts(score, tmp_path):
    (tmp_path / "in.csv").write_text("It broke.\na bad film\n")
    assert "first row" not in score("in.csv", "--text-column", "It broke.")[2]
    (tmp_path / "in.jsonl").write_text('{"It broke.": "a bad film"}\n')
    code, _, err = score("in.jsonl")
    assert (code, "first row" in err) == (0, False)


def test_which_of_two_columns_is_scored_is_said(score, tmp_path):
    (tmp_path / "in.csv").write_text("text,id,text\na good film,1,a bad film\n")
    code, _, err = score("in.csv", "-o", "out.csv")
    assert code == 0
    assert "'text' names several columns: the first is scored" in err


def test_without_a_header_the_first_row_is_scored_too(score, tmp_path):
    """The first answer became the header, and was never scored."""
    (tmp_path / "in.csv").write_text("It broke.\na bad film\n")
    (tmp_path / "headed.csv").write_text("text\nIt broke.\na bad film\n")
    code, out, err = score("in.csv", "--no-header")
    assert (code, "one column, no header\n" in err) == (0, True)
    assert out == score("headed.csv")[1]
    assert "is not scored. If it is a text, say --no-header\n" in score("in.csv")[2]
    (tmp_path / "in.csv").write_text("1,It broke.\n2,a bad film\n")
    code, _, err = score("in.csv")
    assert (code, "If it is none, say --no-header\n" in err) == (2, True)
    code, out, _ = score("in.csv", "--no-header", "--text-column", "column_2")
    assert (code, out.splitlines()[0][:19]) == (0, "column_1,column_2,s")
    assert len(out.splitlines()) == 3


def test_a_title_above_the_header_is_told_and_can_be_left_out(score, tmp_path):
    """`Report 2026` was the only column, and the header a text."""
    (tmp_path / "in.csv").write_text("Report 2026\n\nid,note\n1,good\n2,bad\n")
    _, _, err = score("in.csv", "--text-column", "note")
    assert (
        "line 3 looks like the header, and what is above it like a title: "
        "--skip-lines 2 leaves that out\n"
    ) in err
    command = ("in.csv", "--text-column", "note", "--skip-lines", "2")
    code, out, err = score(*command)
    assert (code, out.splitlines()[0][:17]) == (0, "id,note,sentiment")
    assert "title" not in err
