"""A text on the page: label, bars, coloured words, the curve, sentences."""

import re

import pytest
from page_files import settle
from playwright.sync_api import expect

pytestmark = pytest.mark.system

REVIEW = "Lovely staff, but the room was cold. It smelled, and nobody came!"
WORDS = "#words [role=option]"


@pytest.fixture
def answer(served, read):
    """What the service answers for the review that the page shows."""
    read(REVIEW)
    return served.predict(text=REVIEW, explain=True, sentences=True).json()


def percent(share: float) -> str:
    if share >= 0.9995:
        return ">\N{NO-BREAK SPACE}99.9\N{NO-BREAK SPACE}%"
    return f"{share * 100:.1f}\N{NO-BREAK SPACE}%"


def test_the_verdict_the_bars_and_the_model_are_the_services(page, answer):
    expect(page.locator("#verdict strong")).to_have_text(answer["label"])
    expect(page.locator("#verdict .value")).to_have_text(percent(answer["confidence"]))
    names = ["negative", "neutral", "positive"]
    expect(page.locator("#bars dt")).to_have_text(names)
    shares = [answer["probabilities"][name] for name in names]
    expect(page.locator("#bars .value")).to_have_text([*map(percent, shares)])
    settle(page)  # the bars grow
    widths = page.locator("#bars .bar").evaluate_all(
        "bars => bars.map(bar => bar.clientWidth / bar.parentElement.clientWidth)"
    )
    assert widths == pytest.approx(shares, abs=0.01)
    expect(page.locator("#model")).to_have_text(f"Model {answer['model']}")
    expect(page.locator("#input-note")).to_contain_text(
        f"{answer['input']['tokens_read']} tokens read"
    )


def test_the_words_are_the_text_and_their_steps_add_up(page, answer):
    assert page.locator("#words").text_content() == REVIEW
    said = page.locator(WORDS).evaluate_all(
        "words => words.map(word => word.ariaLabel)"
    )
    steps = [token["contribution"] for token in answer["tokens"]]
    assert [step_said(line) for line in said] == pytest.approx(steps, abs=0.0051)
    together = re.search(r"all together (\S+)\.$", page.inner_text("#words-legend"))
    assert number(together[1]) == pytest.approx(sum(steps), abs=0.0051)


def number(written: str) -> float:
    return float(written.replace("\N{MINUS SIGN}", "-"))


def step_said(label: str) -> float:
    return number(re.search(r": ([+\N{MINUS SIGN}][\d.]+) for ", label)[1])


def test_a_words_colour_says_how_much_and_its_line_says_against(page, answer):
    painted = page.locator(WORDS).evaluate_all(
        """words => words.map(word => {
            const pen = document.createElement("canvas").getContext("2d");
            const style = getComputedStyle(word);
            pen.fillStyle = style.backgroundColor;
            pen.fillRect(0, 0, 1, 1);
            const alpha = pen.getImageData(0, 0, 1, 1).data[3] / 255;
            return [alpha, style.textDecorationLine];
        })"""
    )
    steps = [token["contribution"] for token in answer["tokens"]]
    most = max(map(abs, steps))
    for step, (alpha, line) in zip(steps, painted, strict=True):
        assert alpha == pytest.approx(0.5 * abs(step) / most, abs=0.01)
        assert line == ("underline" if step < 0 else "none")


def test_the_curve_is_the_running_state(page, answer):
    heights = page.locator("#curve .grid").evaluate_all(
        "lines => lines.map(line => line.y1.baseVal.value)"
    )
    bottom, top = max(heights), min(heights)
    for label in ("negative", "neutral", "positive"):
        points = page.locator(f"#curve polyline.{label}").get_attribute("points")
        drawn = [float(point.split(",")[1]) for point in points.split()]
        running = [token["running"][label] for token in answer["tokens"]]
        read = [(bottom - y) / (bottom - top) for y in drawn]
        assert read == pytest.approx(running, abs=0.001)
        expect(page.locator(f"#curve text.{label}")).to_contain_text(label)
    below = page.locator("#curve .below").all_text_contents()
    assert {"Lovely", "cold", "smelled", "nobody"} <= set(below)


def test_the_words_and_the_curve_choose_together(page, answer):
    page.locator(WORDS, has_text="cold").hover()
    expect(page.locator("#word-note")).to_contain_text("“cold”")
    expect(page.locator("#curve .chosen")).to_have_text("cold")
    expect(page.locator("#curve .cursor circle")).to_have_count(3)
    points = page.locator("#curve polyline.neutral").get_attribute("points")
    last = float(points.split()[-1].split(",")[0])
    page.locator("#curve svg").hover(position={"x": last, "y": 30})
    expect(page.locator(f"{WORDS}[aria-selected=true]")).to_have_text("!")
    running = answer["tokens"][-1]["running"]
    expect(page.locator("#word-note")).to_contain_text(percent(running["neutral"]))


def test_each_sentence_has_an_answer_of_its_own(page, answer):
    expect(page.locator("#sentences .sentence")).to_have_text(
        [REVIEW[part["start"] : part["end"]] for part in answer["sentences"]]
    )
    expect(page.locator("#sentences .label")).to_have_text(
        [part["label"] for part in answer["sentences"]]
    )


def test_an_example_is_a_click_away(page):
    for kind, label in [("neutral", "neutral"), ("negative", "negative")]:
        page.click(f"[data-example={kind}]")
        expect(page.locator("#verdict strong")).to_have_text(label)


def test_what_is_typed_is_read_after_a_pause(page):
    page.fill("#text", "")
    page.locator("#answer").wait_for(state="hidden")
    page.type("#text", "Wonderful, I love it")
    expect(page.locator("#verdict strong")).to_have_text("positive")


def test_markup_in_a_text_stays_text(page, read):
    review = (
        "Bad <img src=x onerror=alert(1)> <script>alert(2)</script> food &amp; wine."
    )
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    read(review)
    assert page.locator("#words").text_content() == review
    assert page.locator("#answer img, #answer script").count() == 0
    assert page.locator("#words .unread").first.text_content().startswith("<img")


def test_the_browser_refuses_to_turn_text_into_markup(open_page, served):
    page = open_page(served.port, complaint="TrustedHTML")
    refused = page.evaluate(
        """() => {
            try { document.body.innerHTML = "<b>"; }
            catch (error) { return error.name; }
        }"""
    )
    assert refused == "TypeError"


def test_any_writing_is_shown_as_it_is(page, read):
    """Emoji of several code points, right to left, joined accents, one endless word."""
    reviews = [
        "😍👨‍👩‍👧 not bad 💩!",
        "الفندق رائع and bad",
        "Cafe\u0301 très déçu",
        "x" * 400,
    ]
    for review in reviews:
        read(review)
        assert page.locator("#words").text_content() == review


def test_what_was_not_read_of_a_long_text_is_said_and_struck(page, read):
    read("The first part was good. " * 40 + "UNREAD " * 400 + "The end was bad. " * 60)
    expect(page.locator("#input-note")).to_contain_text("Truncated: ")
    expect(page.locator("#words .unread")).to_contain_text("UNREAD UNREAD")


GERMAN = "Der Wasserkocher ist nach zwei Wochen kaputt gegangen, nie wieder!"


def test_a_text_of_unknown_words_is_warned_of_in_place_of_a_promise(page, read):
    """Of German it said that so many answers of a hundred are right."""
    expect(page.locator("label[for=text]")).to_contain_text("in English")
    note = page.locator("#verdict-note")
    read(GERMAN)
    expect(note).to_have_text(
        re.compile(
            r"^\d+ of \d+ tokens are unknown to the model. It knows English only"
        )
    )
    read(REVIEW)
    expect(note).to_contain_text("are right")
    expect(note).not_to_have_class(re.compile("caution"))


@pytest.mark.parametrize(
    ("probability", "right", "shown"),
    [
        (0.994, "about 99 are", "99.4"),
        (0.9951, "more than 99 are", "99.5"),
        (0.99996, "more than 99 are", "> 99.9"),
    ],
)
def test_no_answer_is_said_to_be_certain(page, probability, right, shown):
    """It said "about 100 are right", and 100.0 %."""
    show = """async (probability) => {
        const { showVerdict } = await import("/page/verdict.js");
        const rest = (1 - probability) / 2;
        showVerdict({
            label: "positive",
            confidence: probability,
            probabilities: { negative: rest, neutral: rest, positive: probability },
            input: { tokens: 4, tokens_read: 4, unknown_tokens: 0, truncated: false },
            model: "here",
        });
    }"""
    page.evaluate(show, probability)
    expect(page.locator("#verdict-note")).to_contain_text(right)
    expect(page.locator("#verdict .value")).to_have_text(f"{shown} %")
