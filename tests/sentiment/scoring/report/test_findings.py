"""What a report counts: bounded, and the same when kept in a journal midway."""

import json

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


@given(st.lists(st.integers(0, 30)))
def test_the_highest_are_those_that_sorting_all_would_give(numbers):
    # A text's share depends on the text alone, and some texts have the same one.
    pairs = [((n // 2) / 20, f"text {n}") for n in numbers]
    first = {}
    for row, (share, text) in enumerate(pairs, start=1):
        first.setdefault(text, (share, row))
    expected = sorted(first.items(), key=lambda one: (-one[1][0], one[1][1]))[:KEPT]
    found = list(extremes_of(pairs))
    assert [(one.text, (one.share, one.row)) for one in found] == expected
    assert [one.times for one in found] == [
        numbers.count(int(o.text[5:])) for o in found
    ]


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


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "2024-01-05", "05/06/2024", "31/01/2024", "soon"]),
            SHARES | st.sampled_from(["the text is missing", "cell 3 is bad"]),
        )
    ),
    st.integers(0, 20),
)
def test_a_journal_in_the_middle_changes_nothing(rows, middle):
    whole = findings_of(rows)
    journal = json.dumps(findings_of(rows[:middle]).to_json())
    resumed = Findings.from_json(json.loads(journal))
    count(resumed, rows[middle:])
    assert resumed.to_json() == whole.to_json()


def test_reasons_are_told_apart_by_their_words_and_are_few():
    found = findings_of(
        [("", f"the row has {n:,} cells, the header 2") for n in (3, 9_999)]
    )
    assert found.reasons == {"the row has … cells, the header …": [2, 1]}
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
