"""What is no CSV, and answers that stop midway: half a file is never offered."""

import gzip
import os
from pathlib import Path

import pytest
from breaking_wire import wire_to
from page_files import choose_file, reviews
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.system


WRONG = [
    ("a.xlsx", b"PK\x03\x04\x14\x00rest", "a.xlsx is a workbook or a ZIP archive"),
    ("a.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "a.png is not a text file"),
    ("a.csv", "\ufefftext\nGood\n".encode("utf-32-le"), "a.csv is in UTF-32"),
    ("a.csv.gz", gzip.compress(b"text\nGood\n", mtime=0), "a.csv.gz is gzipped"),
    ("empty.csv", b"", "empty.csv is empty."),
    ("head.csv", b"id,text\n", "head.csv has a header and no rows."),
    ("lines.csv", b'{"text": "Good"}\n', "is JSON: `sentiment score` reads JSON lines"),
    ("blank.csv", b"\n\n", "blank.csv has no header line."),
]


def test_what_is_no_csv_is_said_before_it_is_sent(page):
    for name, content, said in WRONG:
        choose_file(page, content, name)
        expect(page.locator("#file-problem")).to_contain_text(said)
        expect(page.locator("#file-options")).to_be_hidden()


def test_a_good_file_after_a_wrong_one_is_taken(page):
    choose_file(page, b"", "empty.csv")
    expect(page.locator("#file-problem")).to_be_visible()
    choose_file(page, reviews(3))
    expect(page.locator("#file-options")).to_be_visible()
    expect(page.locator("#file-problem")).to_be_hidden()


def nothing_is_offered(page: Page) -> None:
    expect(page.locator("#file-result")).to_be_hidden()
    expect(page.locator("#progress-part")).to_be_hidden()
    expect(page.locator("#score")).to_be_visible()
    assert page.get_attribute("#download", "href") is None


def test_a_file_can_be_cancelled_midway_and_scored_again(open_page, served):
    with wire_to(served.port) as wire:
        page = open_page(wire.port)
        # On a quick machine and on a slow one alike, there it is midway.
        wire.hold(500_000)
        choose_file(page, reviews(20_000))
        expect(page.locator("#file-facts")).to_contain_text("20,000 rows")
        page.click("#score")
        expect(page.locator("#amount")).to_contain_text("of 20,000 rows")
        page.click("#cancel")
        expect(page.locator("#file-problem")).to_have_text(
            "Cancelled. Nothing was kept."
        )
        nothing_is_offered(page)
        wire.hold(None)
        choose_file(page, reviews(20))
        page.click("#score")
        expect(page.locator("#file-done")).to_contain_text("20 rows")


def test_an_answer_that_breaks_off_midway_is_never_offered(open_page, served):
    with wire_to(served.port) as wire:
        page = open_page(wire.port, complaint="net::ERR_")
        choose_file(page, reviews(4_000))
        expect(page.locator("#file-facts")).to_contain_text("4,000 rows")
        wire.cut_after = 250_000
        page.click("#score")
        expect(page.locator("#file-problem")).to_contain_text("The answer broke off")
        nothing_is_offered(page)


def test_a_refusal_of_the_service_is_told_in_its_words(open_page, served):
    page = open_page(served.port, {422})
    choose_file(page, b"text,sentiment\nGood,positive\n")
    page.fill("#prefix", "")
    page.click("#score")
    expect(page.locator("#file-problem")).to_contain_text("sentiment")
    nothing_is_offered(page)


def save_anew(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"9,Another,1\n")
    # Browsers compare times to the second.
    later = file.stat().st_mtime + 60
    os.utime(file, (later, later))


@pytest.mark.parametrize("change", [save_anew, Path.unlink], ids=["saved", "deleted"])
def test_a_file_that_changed_since_it_was_chosen_is_to_be_chosen_again(
    open_page, served, tmp_path, change
):
    """The service, it said, could not be reached; trying again did not help."""
    page = open_page(served.port, complaint="net::ERR_")
    file = tmp_path / "reviews.csv"
    file.write_bytes(reviews(3))
    page.set_input_files("#file", file)
    expect(page.locator("#file-facts")).to_contain_text("3 rows")
    change(file)
    page.click("#score")
    expect(page.locator("#file-problem")).to_have_text(
        "reviews.csv has changed, or is gone, since it was chosen: choose it again, as "
        "it is now."
    )
    nothing_is_offered(page)
    file.write_bytes(reviews(4))
    page.set_input_files("#file", file)
    page.click("#score")
    expect(page.locator("#file-done")).to_contain_text("4 rows")


def test_a_service_that_is_gone_is_not_taken_for_a_file_that_is(open_page, served):
    with wire_to(served.port) as wire:
        page = open_page(wire.port, complaint="net::ERR_")
        choose_file(page, reviews(3))
        expect(page.locator("#file-facts")).to_contain_text("3 rows")
        wire.pull()
        page.click("#score")
        expect(page.locator("#file-problem")).to_contain_text("cannot be reached")


@pytest.mark.parametrize(
    ("status", "such"), [(200, ""), (500, " (status 500, without")]
)
def test_what_answers_in_the_services_place_is_no_result(
    open_page, served, status, such
):
    """A login page was offered for download as the scored file."""
    page = open_page(served.port, {status})
    choose_file(page, reviews(3))
    page.route(
        "**/predict/csv*",
        lambda route: route.fulfill(
            status=status, body="<html></html>", content_type="text/html"
        ),
    )
    page.click("#score")
    expect(page.locator("#file-problem")).to_contain_text(
        f"Something answered in the service's place{such}"
    )
    nothing_is_offered(page)
