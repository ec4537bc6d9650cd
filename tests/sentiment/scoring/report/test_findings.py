"""What a report counts: bounded, and the same however the rows are cut."""

import hashlib
import itertools
import json
import random
from datetime import date, timedelta

import pytest
from block_results import answered, failed
from hypothesis import given
from hypothesis import strategies as st

from sentiment.scoring.report.extremes import KEPT, SHOWN_CHARACTERS, Extremes
from sentiment.scoring.report.findings import OTHER_REASONS, Findings
from sentiment.tables import Row

SHARES = st.sampled_from([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])


def extremes_of(pairs: list[tuple[float, str]]) -> Extremes:
    extremes = Extremes()
    for row, (share, text) in enumerate(pairs, start=1):
        extremes.add(share, row, text)
    return extremes


def digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@given(st.lists(st.integers(0, 30)))
def test_the_highest_are_those_that_sorting_all_would_give(numbers):
    # A text's share depends on the text alone, and some texts have the same one.
    pairs = [((n // 2) / 20, f"text {n}") for n in numbers]
    first = {}
    for row, (share, text) in enumerate(pairs, start=1):
        first.setdefault(text, (share, row))
    # Which of those with the same share are kept hangs on the texts alone.
    ordered = sorted(first.items(), key=lambda one: (-one[1][0], digest(one[0])))
    expected = sorted(ordered[:KEPT], key=lambda one: (-one[1][0], one[1][1]))
    found = list(extremes_of(pairs))
    assert [(one.text, (one.share, one.row)) for one in found] == expected
    assert [one.times for one in found] == [
        numbers.count(int(o.text[5:])) for o in found
    ]


@given(st.lists(st.integers(0, 90)), st.integers(0, 90))
def test_the_highest_of_two_parts_are_those_of_the_whole_though_many_are_alike(
    numbers, cut
):
    pairs = [(n % 3 / 4, f"text {n}") for n in numbers]
    merged = Extremes()
    rest = extremes_of(pairs[cut:])
    merged.merge(rest, min(cut, len(pairs)))
    merged.merge(extremes_of(pairs[:cut]), 0)
    assert list(merged) == list(extremes_of(pairs))


def test_of_a_long_text_the_beginning_is_kept():
    long = ("good " * 1_000, "good " * 1_001)
    found = list(extremes_of([(0.9, text) for text in long]))
    assert [one.text for one in found] == [long[0][:SHOWN_CHARACTERS] + "…"] * 2


def findings_of(rows: list[tuple[object, float | str]]) -> Findings:
    findings = Findings("at")
    count(findings, rows)
    return findings


def count(findings: Findings, rows: list[tuple[object, float | str]]) -> None:
    """Each row has its date and its positive share, or an error instead of that."""
    for at, share in rows:
        row = Row(1, [at], {"at": 0})
        if isinstance(share, str):
            findings.add([row], [None], failed(share))
        else:
            findings.add([row], [f"text {share}"], answered(share))


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["", "2024-01-05", "05/06/2024", "31/01/2024", "soon", "2024"]),
        SHARES | st.sampled_from(["the text is missing", "cell 3 is bad"]),
    )
)


@given(ROWS, st.integers(0, 20))
def test_a_journal_in_the_middle_changes_nothing(rows, middle):
    whole = findings_of(rows)
    journal = json.dumps(findings_of(rows[:middle]).to_json())
    resumed = Findings.from_json(json.loads(journal))
    count(resumed, rows[middle:])
    assert resumed.to_json() == whole.to_json()


@given(ROWS, st.lists(st.integers(0, 20)), st.randoms(use_true_random=False))
def test_parts_that_are_merged_in_any_order_are_as_if_they_were_one(rows, cuts, chance):
    check_merged(rows, cuts, chance)


def check_merged(rows: list, cuts: list[int], chance: random.Random) -> None:
    ends = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    parts = [(at, findings_of(rows[at:end])) for at, end in itertools.pairwise(ends)]
    chance.shuffle(parts)
    merged = Findings("at")
    for rows_before, part in parts:
        merged.merge(part, rows_before)
    assert merged.to_json() == findings_of(rows).to_json()


def test_what_is_forgotten_for_being_too_much_is_the_same_in_parts():
    # More reasons than are kept apart, more days than are.
    chance = random.Random(1)
    day = date(2000, 1, 1)
    rows: list[tuple[object, float | str]] = [
        (str(day + timedelta(days=chance.randrange(4_000))), 0.9) for _ in range(4_000)
    ]
    rows += [("", "reason " + "x" * chance.randrange(80)) for _ in range(1_000)]
    chance.shuffle(rows)
    check_merged(rows, [chance.randrange(5_000) for _ in range(20)], chance)


def test_reasons_are_told_apart_by_their_words_and_are_few():
    found = findings_of(
        [("", f"cells in the row: {n:,} (in the header: 2)") for n in (3, 9_999)]
    )
    assert found.reasons == {"cells in the row: … (in the header: …)": [2, 1]}
    many = findings_of([("", "reason " + "x" * n) for n in range(81)])
    assert len(many.reasons) == 31
    assert many.reasons[OTHER_REASONS] == [51, 31]


FEBRUARY = {"2024-02-13", "2024-02-01", "2024-02-14"}


@pytest.mark.parametrize(
    ("dates", "days", "unread"),
    [
        (["13/02/2024", "01/02/2024"], {"2024-02-13", "2024-02-01"}, 0),
        (["02/13/2024", "01/02/2024"], {"2024-02-13", "2024-01-02"}, 0),
        (["01/02/2024"], {"2024-01-02"}, 0),
        (["13/02/2024", "1/2/24", "14/02/24", "02/15/24"], FEBRUARY, 1),
    ],
)
def test_day_or_month_comes_first_as_most_dates_ask_for(dates, days, unread):
    timeline, not_read = findings_of([(at, 0.9) for at in dates]).timeline
    assert set(timeline.to_json()["counts"]) == days
    assert not_read == unread


@pytest.mark.parametrize(
    ("dates", "row"),
    [
        (["", "2024-01-05", "soon", "late"], 3),
        # Of those that are one way alone, the one that most are not.
        (["13/02/2024", "02/15/24", "14/02/24", "soon"], 2),
        (["13/02/2024", "02/15/24", "02/14/24", "soon"], 1),
        (["13/02/2024"], None),
    ],
)
def test_the_first_row_with_a_date_that_could_not_be_read_is_known(dates, row):
    found = findings_of([(at, 0.9) for at in dates])
    assert found.first_unread_row == row


def test_rows_without_a_date_or_with_none_that_can_be_read_are_counted():
    dates = ["", None, "soon", "2024-01-01"]
    found = findings_of([*((at, 0.9) for at in dates), ("", "bad")])
    timeline, unread = found.timeline
    assert (found.dateless, unread, timeline.rows) == (2, 1, 1)


@pytest.mark.parametrize(
    ("confidence", "place"), [(1 / 3, 0), (0.35, 1), (0.999, 13), (1.0, 13)]
)
def test_each_confidence_has_its_column(confidence, place):
    findings = Findings()
    result = answered(confidence, negative=0.0)
    findings.add([Row(1, [], {})], ["good"], result)
    assert findings.confidences[2][place] == 1
    assert findings.scored == 1
