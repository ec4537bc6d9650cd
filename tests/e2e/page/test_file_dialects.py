"""A file on the page: encodings and dialects, read as the service reads them."""

import pytest
from page_files import asked, choose_file, score
from playwright.sync_api import expect

pytestmark = pytest.mark.system


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        (b"id;review\r\n1;Great, really\r\n", ";"),
        (b'id,review\n1,"Two lines\nand ""quotes"", too"\n2,Bad\n', ","),
        ("\ufeffreview,id\nSchön,1\n".encode(), ","),
        ("review\tid\nGood\t1\n".encode("utf-16"), "\t"),
        (b"review\nOne column, alone\n", "none"),
        (b"sep=;\r\nid;review\r\n1;Great, really\r\n", ";"),
    ],
    ids=[
        *("semicolons", "quoted-newlines", "byte-order-mark", "utf-16", "one-column"),
        "said-by-excel",
    ],
)
def test_csv_of_every_sort_is_read_as_the_service_reads_it(
    page, served, content, delimiter
):
    choose_file(page, content)
    expect(page.locator("#column")).to_have_value("review")
    given = {"text_column": "review", "delimiter": delimiter}
    assert score(page) == asked(served, content, **given)


UMLAUTS = "größe;note\nSchön, süß\u2026;1\n"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (UMLAUTS.encode() + b"caf\xe9;2\n", "größe"),
        (UMLAUTS.encode("cp1252"), "größe"),
        (UMLAUTS.encode("utf-16-le"), "größe"),
        (UMLAUTS.encode("utf-16-be"), "größe"),
        (
            UMLAUTS.encode() + b"Good;1\n" * 50_000 + b"caf\xe9;2\n" * 10,
            UMLAUTS.encode().decode("cp1252").partition(";")[0],
        ),
    ],
    ids=[
        *("a-bad-byte", "cp1252", "utf-16-unmarked", "utf-16-unmarked-big-endian"),
        "cp1252-by-what-stands-far-below",
    ],
)
def test_the_encoding_is_the_one_that_the_service_finds(page, served, content, name):
    """Else a name is sent that the service has not seen: it refused the file."""
    choose_file(page, content)
    expect(page.locator("#column option")).to_have_text([name, "note"])
    assert score(page) == asked(served, content, text_column=name, delimiter=";")


def test_lone_quotes_between_tabs_are_characters_to_the_page_too(page, served):
    """Of five rows that the service scored the page saw two: its mix was wrong."""
    texts = [
        '"Alien" is great',
        '5" screen, "bad"',
        '"a sentence begins',
        "Awful.",
        "So",
    ]
    rows = [f"{number}\t{text}\n" for number, text in enumerate(texts)]
    content = ("id\treview\n" + "".join(rows)).encode()
    choose_file(page, content, "reviews.tsv")
    expect(page.locator("#file-facts")).to_contain_text("5 rows")
    expect(page.locator("#sample")).to_have_text(f"“{texts[0]}”")
    scored = score(page)
    assert scored == asked(served, content, text_column="review")
    assert [line.split(b"\t")[1].decode() for line in scored.splitlines()[1:]] == texts
    expect(page.locator("#file-done")).to_contain_text("5 rows")
    expect(page.locator("#download-note")).to_contain_text("reviews.scored.tsv")
    counts = page.locator("#mix-figures .value:not(.quiet)").all_inner_texts()
    assert sum(map(int, counts)) == 5
    shown = page.locator("#worst .clipped").all_inner_texts()
    assert shown
    assert set(shown) <= set(texts)


def test_a_cell_of_several_lines_between_tabs_is_one_cell(page, served):
    content = b'id\treview\n1\t"Two lines\nand ""quotes"", too"\n2\tBad\n'
    choose_file(page, content)
    expect(page.locator("#file-facts")).to_contain_text("2 rows")
    assert score(page) == asked(served, content, text_column="review")
    expect(page.locator("#file-done")).to_contain_text("2 rows")
