"""Files for the page, and the way they get there."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from playwright.sync_api import Page

TEXTS = (
    "The room was awful, the staff were rude. Never again!",
    "Wonderful soup, and lovely people.",
    "The parcel arrived on Tuesday.",
    'They call it ""fresh"". It smelled, and it broke.',
)


def reviews(rows: int, padding: int = 0) -> bytes:
    """Return a CSV of that many reviews, each of ``padding`` characters more."""
    more = " and so on".ljust(padding, " ")[:padding]
    lines = (
        f'{number},"{TEXTS[number % 4]} No. {number}{more}",{number % 5}\n'
        for number in range(rows)
    )
    return ("id,review,stars\n" + "".join(lines)).encode()


# What is drawn next has been drawn, and whatever moves has come to its end.
_SETTLED = """async () => {
    const frame = () => new Promise(requestAnimationFrame);
    await frame();
    await frame();
    await Promise.allSettled(document.getAnimations().map((one) => one.finished));
}"""


def settle(page: "Page") -> None:
    """Return when nothing on the page grows or fades any more."""
    page.evaluate(_SETTLED)


def read_text(page: "Page", text: str) -> None:
    """Put a text in place of what is there, and wait until it is answered."""
    page.fill("#text", text)
    with page.expect_response("**/predict"):
        page.keyboard.press("Control+Enter")
    page.locator("#answer:not(.waiting)").wait_for()


def choose_file(page: "Page", content: bytes, name: str = "reviews.csv") -> None:
    """Choose a file, as the dialogue behind the button does."""
    file: Any = {"name": name, "mimeType": "text/csv", "buffer": content}
    page.set_input_files("#file", files=[file])


def score(page: "Page", *, for_spreadsheet: bool = False) -> bytes:
    """Score the chosen file and return what its download holds."""
    page.set_checked("#spreadsheet", for_spreadsheet)
    page.click("#score")
    page.locator("#file-result").wait_for()
    with page.expect_download() as download:
        page.click("#download")
    return download.value.path().read_bytes()


def asked(served: Any, content: bytes, **query: str) -> bytes:
    """Return what the service itself answers for the file."""
    path = f"/predict/csv?{urlencode(query)}"
    answer = served.call("POST", path, content, {"Content-Type": "text/csv"})
    assert answer.status == 200
    return answer.body
