"""The page without a mouse, on a phone, in the dark, without motion."""

import pytest
from page_files import choose_file, read_text, reviews, settle
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.system

# Least contrast of text in WCAG 2, level AA.
AA = 4.5

# The colour of each text, and what lies behind it, painted one over the other.
CONTRASTS = """() => {
    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    const luminance = ([red, green, blue]) => {
        const [r, g, b] = [red, green, blue].map((part) => {
            const share = part / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const paint = (colour) => {
        pen.fillStyle = colour;
        pen.fillRect(0, 0, 1, 1);
        return luminance(pen.getImageData(0, 0, 1, 1).data);
    };
    const ownText = (element) =>
        [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    return [...document.body.querySelectorAll("*")]
        .filter((element) => element.checkVisibility() && ownText(element))
        .map((element) => {
            let behind = 0;
            const lineage = [];
            for (let at = element; at; at = at.parentElement) lineage.unshift(at);
            for (const at of lineage)
                behind = paint(getComputedStyle(at).backgroundColor);
            const style = getComputedStyle(element);
            const svg = element instanceof SVGElement;
            const before = paint(svg ? style.fill : style.color);
            const [dark, light] = [before, behind].sort((a, b) => a - b);
            return [(light + 0.05) / (dark + 0.05), element.outerHTML.slice(0, 90)];
        });
}"""


def full_page(page: Page) -> None:
    """Show every part at once: a text, its correction, a scored file, a problem."""
    page.locator("#answer").wait_for()
    page.locator("#words [role=option]").first.hover()
    page.click("[data-label=neutral]")
    expect(page.locator("#correction-said")).to_contain_text("Thank you.")
    choose_file(page, reviews(12))
    page.click("#score")
    page.locator("#file-result").wait_for()
    page.evaluate(
        """() => {
            for (const id of ["key-form", "file-problem", "progress-part"])
                document.getElementById(id).hidden = false;
            document.getElementById("file-problem").textContent = "A problem.";
            document.getElementById("phase").textContent = "Scoring";
        }"""
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(open_page, served, scheme):
    page = open_page(served.port, color_scheme=scheme)
    full_page(page)
    for kind in ("negative", "neutral"):
        page.click(f"[data-example={kind}]")
        expect(page.locator("#verdict strong")).to_have_text(kind)
        # The answer before may have had this label: a new one takes back the thanks.
        expect(page.locator("#correction-said")).to_have_text("")
        page.click("[data-label=positive]")
        expect(page.locator("[aria-pressed=true]")).to_be_visible()
        settle(page)
        found = page.evaluate(CONTRASTS)
        assert len(found) > 60
        assert [pair for pair in found if pair[0] < AA] == []
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(251, 250, 247)", "dark": "rgb(21, 23, 26)"}[scheme]


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_needs_no_scrolling_to_the_side(open_page, served, width):
    look = {"viewport": {"width": width, "height": 740}, "has_touch": True}
    page = open_page(served.port, **look, is_mobile=True)
    full_page(page)
    page.fill("#text", "Good. " * 30 + "x" * 300)
    page.locator("#words", has_text="xxx").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    small = page.locator("button:visible:not(.link), select:visible").evaluate_all(
        "all => all.filter(one => one.getBoundingClientRect().height < 40).length"
    )
    assert small == 0


def test_a_finger_taps_the_curve_and_is_told_so(open_page, served):
    """A tap did nothing: only a pointer that moves was followed."""
    phone = {"viewport": {"width": 390, "height": 740}, "has_touch": True}
    page = open_page(served.port, **phone, is_mobile=True)
    read_text(page, "Cold soup, rude staff. Lovely view.")
    expect(page.locator("#word-note")).to_contain_text("Tap a word or the curve")
    points = page.locator("#curve polyline.neutral").get_attribute("points")
    fourth = points.split()[3].split(",")[0]
    page.locator("#curve svg").tap(position={"x": float(fourth), "y": 30})
    expect(page.locator("#words [aria-selected=true]")).to_have_text("rude")
    expect(page.locator("#word-note")).to_contain_text("“rude”")


def test_a_mouse_is_told_to_point(page):
    expect(page.locator("#word-note")).to_contain_text("Point at a word or the curve")


def focused(page: Page) -> str:
    """Return the id of what has the focus, which must show that it has."""
    return page.evaluate(
        """() => {
            const element = document.activeElement;
            const style = getComputedStyle(element);
            const drawn = style.outlineStyle !== "none";
            const seen = drawn && parseFloat(style.outlineWidth) >= 2;
            return (element.id || element.textContent) + (seen ? "" : " unseen");
        }"""
    )


def test_a_text_is_read_and_walked_through_by_keyboard_alone(page):
    press = page.keyboard.press
    for place in ("A text", "A file", "text"):
        press("Tab")
        assert focused(page) == place
    page.keyboard.type("Cold soup, rude staff. Lovely view.")
    press("Control+Enter")
    expect(page.locator("#words")).to_have_text("Cold soup, rude staff. Lovely view.")
    stops = []
    for _ in range(8):
        press("Tab")
        stops.append(focused(page))
    examples = ["a mixed review", "a neutral fact", "a bad one"]
    labels = ["negative", "neutral", "positive"]
    assert stops == ["Read it", *examples, *labels, "words"]
    chosen = page.locator("#words [aria-selected=true]")
    expect(chosen).to_have_text("Cold")
    press("ArrowRight")
    expect(chosen).to_have_text("soup")
    expect(page.locator("#word-note")).to_contain_text("“soup”")
    expect(page.locator("#curve .chosen")).to_have_text("soup")
    active = page.get_attribute("#words", "aria-activedescendant")
    assert page.get_attribute(f"#{active}", "aria-label").startswith("soup: ")
    press("End")
    expect(chosen).to_have_text(".")
    press("Escape")
    expect(chosen).to_have_count(0)


def test_a_file_is_scored_and_downloaded_by_keyboard_alone(page, tmp_path):
    press = page.keyboard.press
    file = tmp_path / "reviews.csv"
    file.write_bytes(b"title,review\nBad,Lovely\n")
    page.on("filechooser", lambda chooser: chooser.set_files(file))
    page.focus("#sentences")
    press("Tab")
    assert focused(page) == "choose"
    press("Enter")
    page.locator("#file-options").wait_for()
    press("Tab")
    assert focused(page) == "column"
    press("ArrowUp")
    expect(page.locator("#sample")).to_have_text("“Bad”")
    press("Tab")
    assert focused(page) == "spreadsheet"
    press("Space")
    expect(page.locator("#spreadsheet")).not_to_be_checked()
    press("Tab")
    assert focused(page) == "score"
    press("Enter")
    page.locator("#file-result").wait_for()
    assert focused(page) == "download"
    with page.expect_download() as download:
        press("Enter")
    assert download.value.suggested_filename == "reviews.scored.csv"


def test_results_and_problems_are_spoken(page):
    spoken = page.locator("[role=status], [role=alert]").evaluate_all(
        "all => all.map(one => one.id)"
    )
    assert {"verdict", "text-problem", "phase", "file-done", "file-problem"} <= {
        *spoken
    }


def test_nothing_moves_for_those_who_want_it_still(open_page, served):
    page = open_page(served.port, reduced_motion="reduce")
    page.locator("#answer").wait_for()
    for part in ("#answer", "#bars .bar >> nth=0"):
        moves = page.locator(part).evaluate("one => getComputedStyle(one).transition")
        assert moves.startswith("none")
