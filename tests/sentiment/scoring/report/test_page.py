"""The page shows what was counted, loads nothing, and shows texts as texts."""

from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from block_results import answered, failed

from sentiment.scoring.report.findings import Findings
from sentiment.scoring.report.page import ReportSubject, render
from sentiment.scoring.results import Tally
from sentiment.tables import Row

NASTY = "</blockquote><script>alert()</script> \"'&\x00\x1b[2J\u202e \ud800"
# What would make a browser fetch, run or send something.
ACTIVE = {"script", "img", "link", "iframe", "object", "embed", "form", "a", "base"}


class Page(HTMLParser):
    """Every tag, attribute and word of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data


def page_of(
    rows: list[tuple[str, str, float]], subject: ReportSubject | None = None
) -> str:
    """Each row has its text, its date and its positive share; no text, an error."""
    findings, tally = Findings("at"), Tally()
    for text, at, share in rows:
        result = answered(share) if text else failed(NASTY)
        findings.add([Row(1, [at], {"at": 0})], [text or None], result)
        tally.add(result)
    return render(
        subject or ReportSubject("in.csv", "text", "model-1"), tally, findings
    )


def test_of_a_folder_each_row_is_found_in_its_file():
    rows = [("good", "", 0.8), ("fine", "", 0.7), ("bad", "", 0.1), ("", "", 0)]
    files = [("2025/a.csv", 2), ("empty.csv", 0), (NASTY, 2)]
    page = Page(page_of(rows, ReportSubject("in", "text", "model-1", files)))
    assert "0.9000 negative, row 1 of </blockquote>" in page.words
    assert "0.8000 positive, row 1 of 2025/a.csv" in page.words
    assert "2 of </blockquote>" in page.words  # the first row with an error
    assert not ACTIVE & set(page.tags)


def test_the_page_tells_the_mix_the_rows_the_errors_and_the_time():
    rows = [("a good film", f"2024-01-{n:02}", 0.9) for n in range(1, 10)]
    words = Page(page_of([*rows, ("awful", "soon", 0.05), ("", "", 0)])).words
    for told in (
        *("Sentiment of in.csv", "11 rows, column text, model model-1", "9 times"),
        *(
            "90.0 %",
            "10.0 %",
            "0.9500 negative, row 10",
            "By day, from the dates in the column at",
            "2024-01-09",
        ),
        *("1 with a date that could not be read", "0.905"),
    ):
        assert told in words


def test_the_page_says_if_the_words_are_of_another_language():
    """20 answers in German were "neutral (100%)", and nothing spoke against it."""
    for unknown, told in ((10, False), (50, True)):
        tally = Tally(tokens_read=200, unknown_tokens=unknown)
        subject = ReportSubject("in.csv", "text", "1")
        words = Page(render(subject, tally, Findings())).words
        assert f"of the words unknown{unknown / 2:.1f} %" in words
        assert ("25 % of the words and signs are unknown" in words) is told


def test_the_page_loads_nothing_and_says_so_to_the_browser():
    page = page_of([("good", "2024-01-01", 0.9), ("", "", 0)])
    found = Page(page)
    assert ACTIVE.isdisjoint(found.tags)
    assert {"src", "href", "srcset", "style"}.isdisjoint(dict(found.attributes))
    assert (
        "content",
        "default-src 'none'; style-src 'unsafe-inline'",
    ) in found.attributes
    assert not [mark for mark in ("url(", "@import", "http:", "https:") if mark in page]


@pytest.mark.parametrize("where", ["text", "error", "source", "text_column", "model"])
def test_what_others_wrote_is_shown_and_obeyed_nowhere(where):
    names = ("source", "text_column", "model")
    subject = ReportSubject(*(NASTY if name == where else "x" for name in names))
    text = {"text": NASTY, "error": ""}.get(where, "good")
    page = page_of([(text, "", 0.9)], subject)
    assert ACTIVE.isdisjoint(Page(page).tags)
    assert "</blockquote><script>alert()</script> \"'&" in Page(page).words
    assert not set(page) & {"\x00", "\x1b", "\ud800"}
    page.encode()


def test_tags_are_closed_in_their_order():
    page = page_of([("good", "2024-01-01", 0.9), (NASTY, "soon", 0.1), ("", "", 0)])
    # But for three marks of the head it is XML, too.
    body = "<body>" + page.split("<body>")[1].removesuffix("</html>\n")
    assert ElementTree.fromstring(body).tag == "body"


@pytest.mark.parametrize("rows", [[], [("", "", 0)]])
def test_a_table_without_an_answer_has_a_page_too(rows):
    words = Page(page_of(rows)).words
    assert "rows scored0" in words
    assert "No row is negative." in words


def test_the_most_negative_rows_are_negative_ones():
    """Of a small table all rows were in both lists: the most positive led both."""
    words = Page(page_of([("good", "", 0.9), ("fine", "", 0.8)])).words
    assert "Most negativeNo row is negative." in "".join(words.split("\n"))
    assert "0.9000 positive, row 1" in words


def test_years_alone_among_finer_dates_are_told():
    """Each January was a spike, as if so many had written then."""
    told = "A year alone counts as its first day: 2 rows."
    years = [("good", "2024", 0.9), ("fine", "2025", 0.8)]
    months = [("bad", f"2024-{n}-15", 0.1) for n in range(1, 13)]
    assert told in Page(page_of([*years, *months])).words
    assert "A year alone" not in Page(page_of(months)).words
    ages = [("good", str(year), 0.9) for year in range(1930, 2020)]
    assert "A year alone" not in Page(page_of(ages)).words


def test_dates_that_cannot_be_read_leave_no_picture_but_a_number():
    words = Page(page_of([("good", "soon", 0.9)])).words
    assert "Left out are rows: 1 with a date that could not be read." in words
