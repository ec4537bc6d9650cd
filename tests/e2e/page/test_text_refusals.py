"""A text that is refused, and a service that is busy, locked or gone: said in words."""

from contextlib import nullcontext

import pytest
from breaking_wire import wire_to
from page_files import choose_file, read_text, reviews
from playwright.sync_api import Page, expect

from service.http.deadlines import Deadline
from service.http.problems import OverloadedError
from service.queueing.admission import Admission

pytestmark = pytest.mark.system


def test_no_text_is_asked_for(page):
    page.fill("#text", "  ")
    page.click("#text-form button[type=submit]")
    expect(page.locator("#text-problem")).to_have_text(
        "There is no text yet: type or paste one."
    )
    expect(page.locator("#answer")).to_be_hidden()
    expect(page.locator("#text")).to_be_focused()


def test_a_text_that_is_too_long_is_counted_and_refused(open_page, served):
    page = open_page(served.port, {422})
    page.fill("#text", "Good." * 4_001)
    expect(page.locator("#count")).to_have_text(
        "20,005 of 20,000 characters: 5 too many"
    )
    expect(page.locator("#text-problem")).to_contain_text("20,005 characters")
    expect(page.locator("#answer")).to_be_hidden()


def test_a_service_that_is_gone_is_said(open_page, served):
    with wire_to(served.port) as wire:
        page = open_page(wire.port, complaint="net::ERR_")
        page.locator("#answer").wait_for()
        wire.pull()
        page.click("[data-example=negative]")
        expect(page.locator("#text-problem")).to_contain_text("cannot be reached")
        expect(page.locator("#answer")).to_be_hidden()


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        ("9 wait", "9 wait. Try again in 1 s."),
        ("9 wait; try again shortly", "9 wait; try again in 1 s."),
        (
            "9 wait; try again shortly, or send it in parts",
            "9 wait; try again in 1 s, or send it in parts.",
        ),
    ],
)
def test_a_busy_service_says_once_when_to_come_again(
    open_page, serve_here, monkeypatch, detail, shown
):
    """The page said "try again shortly. Try again in 1 s."."""

    def full(*_):
        raise OverloadedError(detail)

    monkeypatch.setattr(Admission, "admit", full)
    page = open_page(serve_here(), {503})
    expect(page.locator("#text-problem")).to_have_text(shown)


def test_a_text_that_takes_too_long_by_itself_is_to_come_in_parts(
    open_page, serve_here, monkeypatch
):
    # However late the browser sends the body: that was no wait.
    monkeypatch.setattr(Deadline, "count_wait", lambda _: nullcontext())
    page = open_page(serve_here(deadline_seconds=1e-6), {503})
    expect(page.locator("#text-problem")).to_contain_text("send it in parts")


def test_a_key_can_be_given_on_the_page(open_page, serve_here, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("the-right-key\n")
    page = open_page(serve_here(api_keys_file=keys), {401})
    expect(page.locator("#key")).to_be_focused()
    page.keyboard.type("a-wrong-key")
    page.keyboard.press("Enter")
    expect(page.locator("#text-problem")).to_contain_text("key")
    page.fill("#key", "the-right-key")
    page.keyboard.press("Enter")
    expect(page.locator("#verdict strong")).to_be_visible()
    expect(page.locator("#text-problem")).to_be_hidden()


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("the-right-key\u200b", "Character 14 of this key is U+200B"),
        ("ключ", "Character 1 of this key is U+043A"),
        ("the right-key", "Character 4 of this key is U+0020"),
        ("key\N{KEY}", "Character 4 of this key is U+1F511"),
    ],
    ids=["invisible", "cyrillic", "space", "wide"],
)
def test_a_key_that_no_key_can_be_is_never_sent(
    open_page, serve_here, tmp_path, key, told
):
    """The service, it said, could not be reached."""
    keys = tmp_path / "keys"
    keys.write_text("the-right-key\n")
    page = open_page(serve_here(api_keys_file=keys))
    expect(page.locator("#key")).to_be_focused()
    page.fill("#key", key)
    page.keyboard.press("Enter")
    expect(page.locator("#key-problem")).to_contain_text(told)
    expect(page.locator("#text-problem")).to_be_hidden()
    # White space around it is none of the key.
    page.fill("#key", " the-right-key\t")
    page.keyboard.press("Enter")
    expect(page.locator("#verdict strong")).to_be_visible()
    expect(page.locator("#key-problem")).to_be_hidden()


def reload_without_info(page: Page) -> None:
    """Load the page again while /info cannot be had, and nothing else is wrong."""
    page.route("**/info", lambda route: route.fulfill(status=502, body=""))
    page.reload()
    expect(page.locator("#text-problem")).to_contain_text("status 502")


def test_a_page_that_began_without_the_service_becomes_whole_by_itself(
    open_page, serve_here, tmp_path
):
    """Until it was loaded again it offered no corrections and knew no limits."""
    feedback = str(tmp_path / "feedback.db")
    page = open_page(serve_here(feedback=feedback, max_csv_bytes=100), {502})
    reload_without_info(page)
    page.unroute("**/info")
    expect(page.locator("#verdict strong")).to_be_visible()
    expect(page.locator("#text-problem")).to_be_hidden()
    expect(page.locator("#correction")).to_be_visible()
    expect(page.locator("#count")).to_contain_text(" of 20,000 characters")
    choose_file(page, reviews(10))
    expect(page.locator("#file-problem")).to_contain_text("the service takes 100 B")


def test_what_was_answered_meanwhile_stays_as_it_is(open_page, serve_here):
    page = open_page(serve_here(), {502})
    reload_without_info(page)
    read_text(page, "Cold soup.")
    page.locator("#words [role=option]").first.hover()
    page.unroute("**/info")
    expect(page.locator("#count")).to_have_text("10 of 20,000 characters")
    expect(page.locator("#words [aria-selected=true]")).to_have_text("Cold")


def test_a_key_that_is_needed_is_asked_for_late_without_taking_the_keyboard(
    open_page, serve_here, tmp_path
):
    keys = tmp_path / "keys"
    keys.write_text("the-right-key\n")
    page = open_page(serve_here(api_keys_file=keys), {502})
    reload_without_info(page)
    page.focus("#text")
    page.unroute("**/info")
    expect(page.locator("#key-form")).to_be_visible()
    expect(page.locator("#text")).to_be_focused()
    expect(page.locator("#text-problem")).to_be_hidden()


LOGIN = "<html><body>Please sign in</body></html>"


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, LOGIN, "in the service's place: perhaps a login page"),
        (200, "null", "in the service's place: perhaps"),
        (403, LOGIN, "place (status 403, without a reason): perhaps"),
        (500, "", "place (status 500, without a reason): perhaps"),
        (500, '{"detail": {"reason": 1}}', "place (status 500, without a reason)"),
        (502, "null", "place (status 502, without a reason): perhaps"),
        (503, '{"detail": "no room"}', "No room."),
        (500, '{"detail": "lost"}', "Lost."),
    ],
)
def test_what_answers_in_the_services_place_is_named_in_plain_words(
    open_page, served, status, body, told
):
    """Markup was told as what JSON does not begin with, silence as undefined."""
    page = open_page(served.port, {status})
    page.locator("#answer").wait_for()
    page.route("**/predict", lambda route: route.fulfill(status=status, body=body))
    page.click("[data-example=negative]")
    expect(page.locator("#text-problem")).to_contain_text(told)
    expect(page.locator("#text-problem")).not_to_contain_text("undefined")
    expect(page.locator("#answer")).to_be_hidden()
