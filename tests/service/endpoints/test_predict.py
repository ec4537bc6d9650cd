"""POST /predict as its callers know it."""

import json

import pytest

from service.http.answer_models import BatchAnswer, SingleAnswer

TEXTS = [
    "good",
    "The food was good, but the service was awful!!!",
    "it arrived on tuesday . " * 40,
    "not bad",
    "❤️❤️ love it",
]


def test_one_text_gets_one_answer(ask, predictor):
    answer = ask(text="good film")
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    found = answer.json
    SingleAnswer.model_validate(found, strict=True)
    (expected,) = predictor.predict_each(["good film"])
    assert tuple(found["probabilities"].values()) == expected.probabilities
    assert found["confidence"] == max(found["probabilities"].values())
    assert found["model"] == predictor.version
    assert found["request_id"] == answer.headers["X-Request-Id"]
    assert "tokens" not in found
    assert "sentences" not in found


def test_probabilities_have_all_their_decimals_and_sum_to_one(ask):
    found = ask(text="good film").json["probabilities"]
    assert sum(found.values()) == pytest.approx(1, abs=1e-9)
    assert all(len(repr(value)) > 8 for value in found.values())


def test_several_texts_get_as_many_answers_in_order(ask):
    found = ask(texts=TEXTS).json
    BatchAnswer.model_validate(found, strict=True)
    assert len(found["predictions"]) == len(TEXTS)
    for text, row in zip(TEXTS, found["predictions"], strict=True):
        alone = ask(text=text).json
        assert row["probabilities"] == pytest.approx(alone["probabilities"], abs=1e-5)
        assert row["input"] == alone["input"]


def test_ids_come_back_as_they_were_sent(ask):
    ids = ["a1", "", "ü/\u202e", 7, -(2**53), "7", 3.0]
    found = ask(texts=[{"id": name, "text": "good"} for name in ids]).json
    assert [row["id"] for row in found["predictions"]] == ids


def test_plain_texts_and_named_ones_may_be_mixed(ask):
    rows = ask(texts=["good", {"id": 1, "text": "bad"}]).json["predictions"]
    assert ["id" in row for row in rows] == [False, True]


def test_a_text_that_cannot_be_scored_errs_alone(ask):
    texts = ["good", "", " \n", {"id": "long", "text": "word " * 5000}, "bad"]
    answer = ask(texts=texts)
    assert answer.status_code == 200
    BatchAnswer.model_validate(answer.json, strict=True)
    rows = answer.json["predictions"]
    codes = [row.get("error", {}).get("code") for row in rows]
    assert codes == [None, "empty_text", "empty_text", "text_too_long", None]
    assert rows[3]["id"] == "long"
    assert all(row["error"]["message"] for row in rows if "error" in row)


def test_nothing_but_unscorable_texts_is_answered_all_the_same(ask):
    rows = ask(texts=["", " "]).json["predictions"]
    assert [set(row) for row in rows] == [{"error"}, {"error"}]


def test_as_many_texts_as_are_allowed_are_answered(ask):
    assert len(ask(texts=["good"] * 256).json["predictions"]) == 256


def test_an_explanation_cuts_the_original_and_ends_at_the_answer(ask):
    text = "Sooooo GOOD &amp; cheap!!! <br /> not bad 😀"
    found = ask(text=text, explain=True).json
    SingleAnswer.model_validate(found, strict=True)
    assert all(text[t["start"] : t["end"]] == t["text"] for t in found["tokens"])
    last = found["tokens"][-1]["running"]
    assert last == pytest.approx(found["probabilities"], abs=1e-5)
    assert abs(found["explanation_gap"]) < 1e-4


def test_sentences_are_scored_on_their_own(ask):
    text = "The food was good. I hate the film!"
    rows = ask(text=text, sentences=True).json["sentences"]
    cut = [text[row["start"] : row["end"]] for row in rows]
    assert cut == ["The food was good.", "I hate the film!"]
    alone = ask(text=cut[1]).json
    assert rows[1]["probabilities"] == pytest.approx(alone["probabilities"], abs=1e-5)


def test_options_hold_for_each_text(ask):
    rows = ask(texts=TEXTS, explain=True, sentences=True).json["predictions"]
    assert all("tokens" in row and "sentences" in row for row in rows)


def test_below_the_wanted_confidence_the_label_is_uncertain(ask):
    sure = ask(text="good").json
    unsure = ask(text="good", min_confidence=1).json
    assert unsure["label"] == "uncertain"
    assert unsure["probabilities"] == sure["probabilities"]
    assert unsure["confidence"] == sure["confidence"]


def test_a_rerun_gives_the_same_digits(ask):
    first, second = (ask(texts=TEXTS * 20, explain=True).json for _ in range(2))
    assert first["predictions"] == second["predictions"]


def test_many_long_texts_are_cut_into_blocks_that_change_nothing(make_app):
    """Together they are more than is scored between two looks at the clock."""
    client = make_app(deadline_seconds=120).test_client()
    texts = [f"{word} film . " * 900 for word in ("good", "bad", "great", "awful")] * 3
    answer = client.post("/predict", json={"texts": texts, "explain": True})
    for text, row in zip(texts, answer.json["predictions"], strict=True):
        alone = client.post("/predict", json={"text": text}).json
        assert row["probabilities"] == pytest.approx(alone["probabilities"], abs=1e-5)


@pytest.mark.parametrize(
    "text",
    [
        "\x00",
        "a\x00b",
        "\u202egnihtemos",
        "\u200b\u200b",
        "\U0001f469\u200d\U0001f469\u200d\U0001f467",
        "<script>alert(1)</script>",
        "a" * 19_000,
        "!" * 19_000,
        "中文评论",
        "%s%n{0}${jndi:x}",
        "\ufffe\uffff",
    ],
)
def test_a_strange_text_is_answered_or_refused(ask, text):
    answer = ask(text=text, explain=True, sentences=True)
    assert answer.status_code in (200, 422)
    if answer.status_code == 200:
        SingleAnswer.model_validate(answer.json, strict=True)


def test_the_type_may_name_its_charset(client):
    answer = client.post(
        "/predict",
        data=json.dumps({"text": "good"}),
        content_type="application/json; charset=utf-8",
    )
    assert answer.status_code == 200


def test_a_passed_predictor_keeps_its_own_limit(predictor, make_app):
    """The service's limit is set on a copy."""
    make_app(max_characters=5)
    assert predictor.max_characters is None


def test_limits_can_be_set(make_app, problem):
    client = make_app(max_characters=5, max_texts=2, max_body_bytes=60).test_client()
    problem(client.post("/predict", json={"text": "longer"}), 422, "text_too_long")
    problem(client.post("/predict", json={"texts": list("abc")}), 422, "too_many_texts")
    problem(client.post("/predict", json={"text": "a" * 60}), 413, "body_too_large")
