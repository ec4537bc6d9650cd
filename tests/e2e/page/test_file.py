"""A file on the page: dropped, its column picked, watched, summed up, downloaded."""

import csv
import io
import re
from collections import Counter

import pytest
from breaking_wire import wire_to
from page_files import asked, choose_file, reviews, score
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.system


def drop(page: Page, content: bytes) -> None:
    files = page.evaluate_handle(
        """text => {
            const data = new DataTransfer();
            data.items.add(new File([text], "reviews.csv", { type: "text/csv" }));
            return data;
        }""",
        content.decode(),
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": files})


def test_a_dropped_file_is_scored_to_the_services_own_bytes(page, served):
    content = reviews(60)
    drop(page, content)
    expect(page.locator("#file-facts")).to_contain_text("60 rows")
    assert score(page) == asked(served, content, text_column="review", delimiter=",")
    expect(page.locator("#download-note")).to_contain_text("reviews.scored.csv")


def test_the_column_is_picked_by_what_it_holds(page, served):
    content = b"title,note\nBad,\nGood,I loved every minute\n"
    choose_file(page, content)
    expect(page.locator("#column option")).to_have_text(["title", "note"])
    expect(page.locator("#sample")).to_have_text("“I loved every minute”")
    page.select_option("#column", "title")
    expect(page.locator("#sample")).to_have_text("“Bad”")
    page.select_option("#column", "note")
    assert score(page) == asked(served, content, text_column="note", delimiter=",")
    expect(page.locator("#mix-figures .label")).to_have_text(
        ["negative", "neutral", "positive", "unanswered"]
    )


# Drop a large file, and a small one soon after; keep in ``window.reading`` how many
# times the large one is being read through.
DROP_ONE_AFTER_ANOTHER = """async (line) => {
    const stream = Blob.prototype.stream;
    Blob.prototype.stream = function () {
        if (this.size < 1e6) return stream.call(this);
        window.reading = (window.reading ?? 0) + 1;
        const flush = () => { window.reading -= 1; };
        return stream.call(this).pipeThrough(new TransformStream({ flush }));
    };
    const drop = (name, content) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([content], name));
        const target = document.getElementById("drop");
        target.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }));
    };
    drop("large.tsv", line.repeat(3e7 / line.length));
    await new Promise((resolve) => setTimeout(resolve, 50));
    drop("small.csv", "review\\nLovely\\n");
}"""
# It may be read several times, with moments between.
READ_THROUGH = """async () => {
    for (let frames = 0; frames < 10; frames += 1) {
        await new Promise(requestAnimationFrame);
        if (window.reading !== 0) frames = 0;
    }
}"""


@pytest.mark.parametrize("line", ["1\tnot this one\n", "\n"], ids=["good", "blank"])
def test_a_file_dropped_earlier_never_replaces_a_later_one(page, line):
    """It did, or its refusal stood below the other, if it took longer to look at."""
    page.evaluate(DROP_ONE_AFTER_ANOTHER, line)
    expect(page.locator("#file-facts")).to_contain_text("small.csv")
    page.evaluate(READ_THROUGH)
    expect(page.locator("#file-facts")).to_have_text("small.csv 14 B, 1 row")
    expect(page.locator("#column option")).to_have_text(["review"])
    expect(page.locator("#file-problem")).to_be_hidden()


def test_a_column_that_shares_its_name_cannot_be_picked(page):
    """The first could, and then the service asked which of them holds the texts."""
    choose_file(page, b"text,id,,text,note,\nBad,1,a,Good,I loved every minute,b\n")
    options = page.locator("#column option")
    expect(options).to_have_text(
        [
            "text (2 columns have this name: rename one)",
            "id",
            "column 3 (2 columns have no name: name one)",
            "text (2 columns have this name: rename one)",
            "note",
            "column 6 (2 columns have no name: name one)",
        ]
    )
    disabled = options.evaluate_all("all => all.map(one => one.disabled)")
    assert disabled == [True, False, True, True, False, True]
    expect(page.locator("#sample")).to_have_text("“I loved every minute”")
    page.focus("#column")
    page.keyboard.press("Home")
    expect(page.locator("#sample")).to_have_text("“1”")
    page.keyboard.press("End")
    expect(page.locator("#sample")).to_have_text("“I loved every minute”")
    assert score(page).startswith(b"text,id,,text,note,,sentiment,")


def test_a_file_whose_columns_all_share_a_name_is_not_sent(page):
    choose_file(page, b"text,text\ngood,bad\n")
    options = page.locator("#column option")
    expect(options).to_have_count(2)
    assert options.evaluate_all("all => all.every(one => one.disabled)")
    expect(page.locator("#sample")).to_contain_text("rename the one that holds the")
    expect(page.locator("#score")).to_be_disabled()
    choose_file(page, b"text,id\ngood,1\n")
    score(page)


def test_the_mix_and_the_most_negative_rows_are_the_files(page):
    choose_file(page, reviews(80))
    scored = list(csv.DictReader(io.StringIO(score(page).decode())))
    counts = Counter(row["sentiment"] for row in scored)
    names = ["negative", "neutral", "positive"]
    assert len(counts) == 3
    expect(page.locator("#mix-figures .value:not(.quiet)")).to_have_text(
        [str(counts[name]) for name in names]
    )
    widths = page.locator("#mix .bar").evaluate_all(
        "bars => bars.map(bar => bar.style.width)"
    )
    shares = [counts[name] / len(scored) * 100 for name in names]
    assert [float(width[:-1]) for width in widths] == pytest.approx(shares, abs=0.01)
    negative = [
        (-float(row["negative"]), number, row["review"])
        for number, row in enumerate(scored, 1)
        if row["sentiment"] == "negative"
    ]
    worst = sorted(negative)[:10]
    cells = page.locator("#worst tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    assert [row[:2] for row in cells] == [[str(at), text] for _, at, text in worst]
    assert cells[0][2] == f"{-worst[0][0] * 100:.1f}\N{NO-BREAK SPACE}%"


def test_the_progress_of_sending_and_scoring_is_shown(open_page, served):
    with wire_to(served.port) as wire:
        page = open_page(wire.port)
        watch_progress(page)
        choose_file(page, reviews(20_000))
        expect(page.locator("#file-facts")).to_contain_text("20,000 rows")
        # Held three times midway, of 2.1 MB, so that the page is seen there.
        wire.hold(500_000)
        page.click("#score")
        wait_for_share(page, 0.2)
        wire.hold(1_000_000)
        wait_for_share(page, 0.4)
        wire.hold(1_500_000)
        wait_for_share(page, 0.6)
        wire.hold(None)
        page.locator("#file-result").wait_for()
    seen = page.evaluate("window.seen")
    assert {"Sending the file", "Scoring"} <= {phase for phase, _, _ in seen}
    shares = [float(share) for phase, share, _ in seen if phase == "Scoring" and share]
    assert shares == sorted(shares)
    assert len({share for share in shares if 0 < share < 1}) >= 3
    assert any("of 20,000 rows" in amount and "left" in amount for *_, amount in seen)
    expect(page.locator("#progress-part")).to_be_hidden()
    expect(page.locator("#file-done")).to_contain_text("20,000 rows")


def wait_for_share(page: Page, share: float) -> None:
    """Return when the page says that at least this much of the file is scored."""
    page.wait_for_function(
        """share => document.getElementById("phase").textContent === "Scoring"
            && document.getElementById("progress").getAttribute("value") >= share""",
        arg=share,
    )


def watch_progress(page: Page) -> None:
    """Keep in ``window.seen`` what the page says of its progress, each time anew."""
    page.evaluate(
        """() => {
            window.seen = [];
            const look = () => window.seen.push([
                document.getElementById("phase").textContent,
                document.getElementById("progress").getAttribute("value"),
                document.getElementById("amount").textContent,
            ]);
            const what = { attributes: true, childList: true, subtree: true };
            new MutationObserver(look).observe(
                document.getElementById("progress-part"), what);
        }"""
    )


def test_columns_that_are_named_like_results_get_a_prefix(page, served):
    content = b"text,sentiment\nGood,positive\n"
    choose_file(page, content)
    expect(page.locator("#prefix")).to_have_value("model_")
    scored = score(page)
    assert scored.startswith(b"text,sentiment,model_sentiment,")
    expect(page.locator("#mix-figures .value:not(.quiet)").last).to_have_text("1")


def test_a_file_that_was_scored_before_can_be_scored_again(page):
    """The second time its results were to have the names that the first ones have."""
    content = b"text,sentiment\nGood,positive\n"
    for prefix in ("model_", "model_2_", "model_3_"):
        choose_file(page, content)
        expect(page.locator("#prefix")).to_have_value(prefix)
        content = score(page)
        assert f",{prefix}sentiment,".encode() in content
    choose_file(page, b"text,model_sentiment\nGood,positive\n")
    expect(page.locator("#prefix")).to_be_hidden()
    assert score(page).startswith(b"text,model_sentiment,sentiment,")


MARK = b"\xef\xbb\xbf"
FORMULAS = """=text;note
=1+1, the worst. Awful!;Schön
- awful staff, never again;-5
"""


@pytest.mark.parametrize("mark", [b"", MARK], ids=["unmarked", "marked"])
def test_a_spreadsheet_gets_no_formulas_and_knows_the_encoding(page, served, mark):
    """It ran what a review began with, and showed an umlaut as two characters."""
    content = mark + FORMULAS.encode()
    choose_file(page, content)
    expect(page.get_by_label("For a spreadsheet")).to_be_checked()
    scored = score(page, for_spreadsheet=True)
    given = {"text_column": "=text", "delimiter": ";", "escape_formulas": "true"}
    given["decimal"] = "comma"  # as a spreadsheet has that writes semicolons
    assert scored.removeprefix(MARK) == asked(served, content, **given).removeprefix(
        MARK
    )
    assert scored.startswith(MARK + b"'=text;note;sentiment;")
    assert b"\n'- awful staff, never again;'-5;" in scored
    # What the page shows of it is the text.
    expect(page.locator("#worst .clipped")).to_have_text(
        ["- awful staff, never again", "=1+1, the worst. Awful!"]
    )
    assert re.search(rb";negative;0,\d{6};0,\d{6};", scored)
    likelihoods = page.locator("#worst td:last-child").all_inner_texts()
    assert all(re.search(r"\d+.%", shown) for shown in likelihoods)
    # The other way each byte is as it was.
    plain = score(page)
    assert plain == asked(served, content, text_column="=text", delimiter=";")
    assert plain.startswith(mark + b"=text;note;")


def test_a_download_is_of_the_kind_that_is_chosen(page):
    choose_file(page, reviews(3))
    score(page, for_spreadsheet=True)
    download, note = page.locator("#download"), page.locator("#download-note")
    expect(note).to_contain_text("reviews.scored.csv")
    page.uncheck("#spreadsheet")
    expect(download).to_be_hidden()
    expect(note).to_have_text("Score the file again to download it so.")
    page.check("#spreadsheet")
    expect(download).to_be_visible()
    expect(note).to_contain_text("reviews.scored.csv")


def test_markup_in_a_file_stays_text(page):
    name = "<img src=x onerror=alert(1)>"
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    choose_file(page, f"{name}\nThe worst. <b>Awful</b>\n".encode(), f"{name}.csv")
    expect(page.locator("#column option")).to_have_text(name)
    score(page)
    expect(page.locator("#worst .clipped")).to_have_text("The worst. <b>Awful</b>")
    assert page.locator("main img, main b").count() == 0


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_large_file_is_not_held_by_the_page(page, tmp_path, record_figure):
    """The answer, 40 MB, stays outside of the page's memory; so does the file."""
    devtools = page.context.new_cdp_session(page)

    def used() -> float:
        devtools.send("HeapProfiler.collectGarbage")
        return devtools.send("Runtime.getHeapUsage")["usedSize"] / 1e6

    before = used()
    # From the disk, as a person chooses it: the browser's driver would carry it whole.
    file = tmp_path / "reviews.csv"
    file.write_bytes(reviews(50_000, padding=650))
    page.set_default_timeout(1_200_000)
    page.set_input_files("#file", file)
    expect(page.locator("#file-facts")).to_contain_text("50,000 rows", timeout=300_000)
    page.click("#score")
    page.locator("#file-result").wait_for()
    expect(page.locator("#file-done")).to_contain_text("50,000 rows")
    grown = used() - before
    record_figure(
        "a file of tens of megabytes on the page",
        "the page's memory holds neither it nor its answer: less than 10 MB more",
        f"{file.stat().st_size / 1e6:.0f} MB of rows: {grown:.1f} MB more",
    )
    assert grown < 10


# Drag a file over an element, and drop it there if asked to.
DRAG = """([selector, kind]) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["review\\nLovely\\n"], "mine.csv"));
    const event = new DragEvent(kind, { dataTransfer, bubbles: true });
    document.querySelector(selector).dispatchEvent(event);
}"""


@pytest.mark.parametrize("target", ["h1", "#text", "footer", "#drop"])
def test_a_file_is_taken_wherever_on_the_page_it_is_dropped(page, target):
    """Beside a zone below the first screen, it vanished without a word."""
    hint = page.locator("#drop-hint")
    expect(hint).to_be_hidden()
    page.evaluate(DRAG, [target, "dragover"])
    expect(hint).to_be_in_viewport()
    page.evaluate(DRAG, [target, "dragleave"])
    expect(hint).to_be_hidden()
    page.evaluate(DRAG, [target, "dragover"])
    page.evaluate(DRAG, [target, "drop"])
    expect(hint).to_be_hidden()
    expect(page.locator("#file-facts")).to_have_text("mine.csv 14 B, 1 row")
    expect(page.locator("#file-facts")).to_be_in_viewport()


def test_the_way_to_files_is_in_sight_at_once(page):
    link = page.locator("header").get_by_role("link", name="A file")
    expect(link).to_be_in_viewport()
    link.click()
    expect(page.locator("#choose")).to_be_in_viewport()


def test_another_column_takes_the_result_of_the_one_before_away(page):
    choose_file(page, b"title,note\nBad,Lovely\nGood,I loved every minute\n")
    score(page)
    page.select_option("#column", "title")
    expect(page.locator("#file-result")).to_be_hidden()
    assert page.get_attribute("#download", "href") is None
    score(page)
    expect(page.locator("#file-done")).to_contain_text("2 rows")


def test_unanswered_rows_are_counted_by_their_reasons(page):
    choose_file(page, b"id,text\n1,\n2,Lovely\n3,  \n")
    score(page)
    expect(page.locator("#unanswered-note")).to_have_text(
        "Unanswered: 2 empty. The last column of the result says why, row by row."
    )
    choose_file(page, b"text\nLovely\n")
    score(page)
    expect(page.locator("#unanswered-note")).to_be_hidden()
