"""A wrong answer on the page: corrected, and kept where the service keeps such."""

from collections.abc import Callable
from pathlib import Path

import pytest
from page_files import read_text, settle
from playwright.sync_api import Page, Route, expect

from sentiment.feedback import open_store

pytestmark = pytest.mark.system

REVIEW = "It was not bad, never!"
THANKS = "Thank you. It is kept as {}; if that was a slip, choose again."


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "feedback.db"


@pytest.fixture
def keeping(open_page, serve_here, file) -> Page:
    """The page of a service that keeps corrections, with the review answered."""
    page = open_page(serve_here(feedback=str(file)))
    read_text(page, REVIEW)
    return page


def kept(file: Path) -> list[tuple[str, str]]:
    return [(one.text, one.label) for one in open_store(str(file)).corrections()]


def said(page: Page, label: str) -> None:
    """Return when the page thanks for a label, which it then marks."""
    expect(page.locator("#correction-said")).to_have_text(THANKS.format(label))
    expect(page.locator("#correction [aria-pressed=true]")).to_have_text(label)
    expect(page.locator("#correction-problem")).to_be_hidden()


def test_a_wrong_answer_is_corrected_and_kept_with_its_id(keeping, file):
    with keeping.expect_response("**/predict") as answer:
        keeping.click("#text-form button[type=submit]")
    request_id = answer.value.json()["request_id"]
    group = keeping.get_by_role("group", name="Wrong? Say what it should be")
    expect(group.get_by_role("button")).to_have_text(
        ["negative", "neutral", "positive"]
    )
    # That the text is kept is said, in sight and to the ear, before it is.
    button = group.get_by_role("button", name="positive")
    expect(button).to_have_accessible_description(
        "What you choose is kept together with the text, to train on."
    )
    expect(keeping.locator("#correction-note")).to_be_visible()
    assert kept(file) == []
    button.click()
    said(keeping, "positive")
    (found,) = open_store(str(file)).corrections()
    assert (found.text, found.label) == (REVIEW, "positive")
    assert found.request_id == request_id


def test_a_slip_is_mended_and_a_second_click_sends_nothing(keeping, file):
    for label in ("neutral", "neutral", "negative"):
        keeping.click(f"[data-label={label}]")
        said(keeping, label)
    assert kept(file) == [(REVIEW, "neutral"), (REVIEW, "negative")]


def test_a_correction_is_made_by_keyboard_alone(keeping, file):
    keeping.focus("[data-example=negative]")
    for _ in range(2):
        keeping.keyboard.press("Tab")
    keeping.keyboard.press("Enter")
    said(keeping, "neutral")
    expect(keeping.locator("[data-label=neutral]")).to_be_focused()
    assert kept(file) == [(REVIEW, "neutral")]


def test_what_went_wrong_is_said_and_can_be_tried_again(
    open_page, serve_here, tmp_path
):
    folder = tmp_path / "disk"
    folder.mkdir()
    page = open_page(serve_here(feedback=str(folder / "feedback.db")), {503})
    folder.rmdir()
    read_text(page, REVIEW)
    page.click("[data-label=positive]")
    problem = page.locator("#correction-problem")
    expect(problem).to_contain_text("The correction could not be kept just now")
    expect(page.locator("#correction-said")).to_be_hidden()
    expect(page.locator("#correction [aria-pressed=true]")).to_have_count(0)
    folder.mkdir()
    page.click("[data-label=positive]")
    said(page, "positive")
    assert kept(folder / "feedback.db") == [(REVIEW, "positive")]


def held(page: Page) -> Callable[[], Route]:
    """Hold corrections on their way; return what gives the first that was sent."""
    routes: list[Route] = []
    page.route("**/feedback", lambda route: routes.append(route))

    def first() -> Route:
        while not routes:
            page.wait_for_timeout(20)
        return routes[0]

    return first


def test_what_is_kept_is_the_text_that_was_judged(keeping, file):
    """Not what is typed meanwhile; and the next answer is not thanked for."""
    sent = held(keeping)
    keeping.click("[data-label=negative]")
    expect(keeping.locator("#correction-said")).to_have_text("Sending…")
    read_text(keeping, "A great film.")
    expect(keeping.locator("#correction-said")).to_be_hidden()
    with keeping.expect_response("**/feedback") as answer:
        sent().continue_()
    answer.value.finished()
    settle(keeping)
    assert kept(file) == [(REVIEW, "negative")]
    expect(keeping.locator("#correction-said")).to_be_hidden()
    expect(keeping.locator("#correction [aria-pressed=true]")).to_have_count(0)


def test_a_key_is_sent_and_asked_for_as_for_a_text(
    open_page, serve_here, file, tmp_path
):
    keys = tmp_path / "keys"
    keys.write_text("the-right-key\n")
    page = open_page(serve_here(feedback=str(file), api_keys_file=keys), {401})
    give_key(page)
    page.click("[data-label=positive]")
    said(page, "positive")
    # As one that was withdrawn: the page holds what no longer opens.
    page.evaluate("async () => (await import('/page/api.js')).useKey('withdrawn')")
    page.click("[data-label=neutral]")
    expect(page.locator("#correction-problem")).to_contain_text("key")
    expect(page.locator("#key")).to_be_focused()
    give_key(page)
    page.click("[data-label=neutral]")
    said(page, "neutral")
    assert [label for _, label in kept(file)] == ["positive", "neutral"]


def give_key(page: Page) -> None:
    page.fill("#key", "the-right-key")
    with page.expect_response("**/predict"):
        page.keyboard.press("Enter")
    page.locator("#answer:not(.waiting)").wait_for()


def test_the_footer_says_what_becomes_of_texts(open_page, serve_here, file):
    """It said that all were forgotten, whatever the service keeps."""
    off, on = open_page(serve_here()), open_page(serve_here(feedback=str(file)))
    for page in (off, on):
        page.locator("#answer").wait_for()
    expect(off.locator("#correction")).to_be_hidden()
    expect(off.locator("#promise")).to_have_text(
        "Texts are answered and forgotten; none is logged."
    )
    expect(on.locator("#correction")).to_be_visible()
    expect(on.locator("#promise")).to_have_text(
        "Texts are answered and forgotten, unless you say what an answer should be: "
        "that text is kept. None is logged."
    )


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_the_three_stand_side_by_side(keeping, width):
    keeping.set_viewport_size({"width": width, "height": 740})
    boxes = [one.bounding_box() for one in keeping.locator("[data-label]").all()]
    assert len({box["y"] for box in boxes if box}) == 1
    assert keeping.evaluate("document.documentElement.scrollWidth") == width
