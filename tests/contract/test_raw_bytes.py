"""Whatever bytes, texts or headers come: an answer in its form, and never 500."""

import csv
import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from service.app import create_app
from service.settings import Settings

EXAMPLES = 60
MANY = 20_000

# One service for all examples: that it is as good as new after each is the point.
SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
few = settings(max_examples=EXAMPLES, suppress_health_check=SHARED)
many = settings(max_examples=MANY, suppress_health_check=SHARED, derandomize=False)


@pytest.fixture
def client(predictor) -> FlaskClient:
    return create_app(predictor, Settings()).test_client()


# Half characters, controls, what turns or joins others, and what fills many bytes.
ODD = st.sampled_from(
    [
        *("\x00", "\x1b", "\ud800", "\udfff", "\u202e", "\u2066", "\u2069", "\u200d"),
        *(
            "\u200b",
            "\ufeff",
            "\ufffe",
            "\u0301",
            "\u0e33",
            "\ufdfa",
            "\u1100",
            "\u1161",
        ),
        *("\U0001f469\u200d\U0001f4bb", "\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3fd"),
        *("\U0010ffff", "\u0130", "\u00df", "\u2028", "\x85"),
        *("<", "&", "&#0;", "&#xD800;", "<br"),
    ]
)
TEXTS = st.lists(
    st.one_of(ODD, st.text(max_size=20), st.sampled_from(["good", " ", "\n"])),
    max_size=30,
).map("".join)
# JSON that lacks only the meaning: schemas alone would never come so near.
NEAR = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        TEXTS,
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(
                st.sampled_from(
                    "text texts id explain sentences min_confidence".split()
                ),
                TEXTS,
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


def check_form(answer: Any) -> dict[str, Any]:
    """Check that an answer is whole and has its form; return what it says."""
    assert answer.status_code in (200, 400, 413, 415, 422), answer.data
    said: dict[str, Any] = json.loads(answer.data)
    wanted = (
        "application/json" if answer.status_code == 200 else "application/problem+json"
    )
    assert answer.content_type == wanted
    assert said["request_id"] == answer.headers["X-Request-Id"]
    if answer.status_code != 200:
        assert said["status"] == answer.status_code
    return said


def check_bytes(client: FlaskClient, body: bytes) -> None:
    check_form(client.post("/predict", data=body, content_type="application/json"))


def check_texts(client: FlaskClient, texts: list[str]) -> None:
    """Check that each text is answered, its tokens and sentences at their places."""
    body = json.dumps({"texts": texts, "explain": True, "sentences": True})
    said = check_form(
        client.post("/predict", data=body, content_type="application/json")
    )
    # Two halves of a character side by side are one again, and of one that stands alone
    # nobody knows what it was.
    texts = [
        text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        for text in texts
    ]
    assert len(said["predictions"]) == len(texts)
    for text, entry in zip(texts, said["predictions"], strict=True):
        if "error" in entry:
            assert entry["error"]["code"] in ("empty_text", "no_tokens")
            continue
        assert sum(entry["probabilities"].values()) == pytest.approx(1)
        for token in entry["tokens"]:
            assert text[token["start"] : token["end"]] == token["text"]
        for sentence in entry["sentences"]:
            assert 0 <= sentence["start"] < sentence["end"] <= len(text)


def check_csv(
    client: FlaskClient, body: bytes, query: str = "", kind: str = "text/csv"
) -> None:
    """Check that a file is refused as a whole, or comes back as CSV with its rows."""
    with client.post(f"/predict/csv?{query}", data=body, content_type=kind) as answer:
        content = answer.get_data()
        if answer.status_code != 200:
            check_form(answer)
            return
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    # In UTF-8 whatever came, and with our columns, whatever delimits them.
    assert "sentiment" in str(rows)


@few
@given(body=st.binary(max_size=400))
@example(body=b"")
@example(body=b'{"text":"\xed\xa0\x80"}')
def test_any_bytes_are_answered(client, body):
    check_bytes(client, body)


@few
@given(value=NEAR)
def test_any_json_is_answered(client, value):
    check_bytes(client, json.dumps(value).encode())


@few
@given(texts=st.lists(TEXTS, min_size=1, max_size=5))
@example(texts=["\ud83d\ude00 good", "\ud83d"])
@example(texts=["e\u0301" * 2000, "\u202egood\u202c", "\x00", "\U0001f469\u200d" * 500])
def test_any_text_is_answered(client, texts):
    check_texts(client, texts)


@few
@given(
    body=st.one_of(
        st.binary(max_size=400), TEXTS.map(lambda text: text.encode("utf-8", "replace"))
    ),
    query=st.sampled_from(
        ["", "encoding=utf-16", "encoding=utf-7", "delimiter=%00", "escape_formulas=1"]
    ),
)
@example(body=b'text\n"', query="")
@example(body=b"\xff\xfe", query="")
def test_any_bytes_are_answered_as_csv(client, body, query):
    check_csv(client, body, query)


# Encodings, codecs that are none, and what is neither.
CHARSETS = st.sampled_from(
    "utf-8 utf-16 utf-7 windows-1251 shift_jis idna punycode zlib unicode_escape "
    '\x00 ; " "utf-8 utf-8"; *'.split()
)


@few
@given(
    body=st.one_of(
        st.binary(max_size=200), TEXTS.map(lambda text: text.encode("utf-7"))
    ),
    charset=st.one_of(CHARSETS, st.text(st.characters(max_codepoint=255), max_size=60)),
    kind=st.sampled_from(["text/csv", "text/tab-separated-values"]),
)
def test_any_charset_is_answered(client, body, charset, kind):
    written = charset.replace("\r", "").replace("\n", "")
    check_csv(client, body, kind=f"{kind}; charset={written}")


NAMES = st.sampled_from(
    "X-Request-Id X-Request-Start Authorization Content-Type Content-Encoding Host "
    "Accept If-None-Match Range Cookie Expect User-Agent X-Forwarded-For Origin".split()
)
# As WSGI has them: Latin-1, and no line's end, which werkzeug itself refuses to send.
VALUES = st.text(
    st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=60
)


@few
@given(headers=st.dictionaries(NAMES, VALUES, max_size=4))
@example(headers={"X-Request-Start": "t=" + "9" * 10 + ".9"})
@example(headers={"Content-Type": "application/json; charset=\xff", "Host": "["})
def test_any_headers_are_answered(client, headers):
    answer = client.post("/predict", data='{"text": "good"}', headers=headers)
    assert answer.status_code in (200, 400, 415)
    check_form(answer)


LAWS = {
    "bytes": (st.binary(max_size=3_000), check_bytes),
    "texts": (st.lists(TEXTS, min_size=1, max_size=8), check_texts),
    "files": (st.binary(max_size=3_000), check_csv),
}


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", LAWS)
def test_bytes_texts_and_files_are_answered_with_many_examples(
    client, name, record_figure
):
    strategy, law = LAWS[name]

    @many
    @given(value=strategy)
    def hold(value: Any) -> None:
        law(client, value)

    hold()
    record_figure(
        "any bytes, any texts, any file",
        "an answer in its form, no 500",
        f"{MANY:,} examples of each, all hold",
    )
