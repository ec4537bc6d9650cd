"""POST /predict/csv: rows in, rows and results out."""

import time

import pytest
from csv_requests import ROWS, post, read
from reading_tables import as_csv

RESULTS = ["sentiment", "confidence", "negative", "neutral", "positive", "error"]
LABELLED = [["1", "good"], ["2", "bad"]]


def test_rows_come_back_with_their_results(client, predictor):
    answer = post(client, as_csv(ROWS))
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    found = read(answer)
    assert [row[:3] for row in found] == ROWS
    assert found[0][3:] == RESULTS
    assert [bool(row[-1]) for row in found[1:]] == [False, False, True, False]
    expected = predictor.predict(ROWS[1][1])
    assert found[1][3] == expected.label
    assert float(found[1][4]) == pytest.approx(expected.confidence, abs=1e-6)


def test_a_byte_order_mark_is_no_part_of_a_name_and_comes_back(client):
    marked = post(client, b"\xef\xbb\xbf" + as_csv(ROWS), query="text_column=id")
    plain = post(client, as_csv(ROWS), query="text_column=id")
    assert marked.data == b"\xef\xbb\xbf" + plain.data


def test_the_only_column_needs_no_name(client):
    assert len(read(post(client, b"review\ngood\n", query=""))) == 2


@pytest.mark.parametrize(
    ("body", "query", "told"),
    [
        ("id,review\n1,good\n", "", "(the columns are 'id', 'review') (the query's"),
        ("id,review\n1,good\n", "text_column=reviews", "did you mean 'review'? (the"),
        ("1,It broke\n2,Fine\n", "", "the first line has 2 cells, not shown since"),
        ("It broke.,bad\n", "", "not shown since one may be a text: is it a header?"),
        ("It broke\nFine\n", "text_column=text", "the first line has 1 cell, not"),
        (f"It {'broke ' * 9},bad\n", "text_column=it", "2 cells, not shown since"),
    ],
)
def test_a_body_without_the_column_is_told_its_columns_but_never_a_text(
    client, problem, body, query, told
):
    """Where there is no header, the names are the first row: it was told whole."""
    detail = problem(post(client, body.encode(), query), 422, "invalid_csv")["detail"]
    assert told in detail
    assert "broke" not in detail


def test_a_header_of_a_megabyte_is_refused_soon_and_shortly(client, problem):
    """Comparing each of its names took seconds, telling them megabytes."""
    for name in ("reviw%d", "reviw" * 50_000 + "%d"):
        count = 1_000_000 // len(name)
        body = ",".join(name % n for n in range(count)).encode() + b"\n"
        began = time.process_time()
        refused = problem(post(client, body, "text_column=review"), 422, "invalid_csv")
        assert time.process_time() - began < 4
        assert len(refused["detail"]) < 2_000


def test_json_lines_are_not_scored_as_the_texts_that_they_are_not(client, problem):
    """The first object was the header: 200, with a prediction for each line's JSON."""
    refused = problem(post(client, b'{"text": "good"}\n' * 2, ""), 422, "invalid_csv")
    assert refused["detail"] == "the body contains JSON lines, not CSV"


def test_a_body_without_line_breaks_is_not_answered_as_if_it_had_no_rows(
    client, problem
):
    """`curl -d @reviews.csv` sends it so: the answer was 200, and one line."""
    for body in (b"reviewIt was good.It broke.", b"review"):
        refused = problem(post(client, body, ""), 422, "invalid_csv")
        assert refused["detail"].startswith("the body is one line without a line break")
        assert "with curl, send the file with --data-binary" in refused["detail"]
        assert "broke." not in refused["detail"]
    assert post(client, b"review\n", "").data.count(b"\n") == 1
    assert len(read(post(client, b"It broke.", "header=false"))) == 2


def test_a_prefix_renames_the_results(client):
    answer = post(client, b"text,sentiment\ngood,3\n", query="prefix=model_")
    assert read(answer)[0][2:] == [f"model_{name}" for name in RESULTS]


def test_the_prefix_that_is_advised_is_free(client, problem):
    """It was model_, also where that had just been asked for."""
    body = b"text,sentiment,model_sentiment\ngood,3,4\n"
    for query in ("", "prefix=model_"):
        refused = problem(post(client, body, query=query), 422, "invalid_csv")
        assert "for example model_2_ (the query's prefix)" in refused["detail"]
    answer = post(client, body, query="prefix=model_2_")
    assert read(answer)[0][3:] == [f"model_2_{name}" for name in RESULTS]


def test_formulas_are_disarmed_only_where_that_is_asked_for(client):
    """A spreadsheet would run them: also in a header, and in one that a query makes."""
    body = as_csv([["text", "@b"], ["=1+1 good", "-7"], ["+good", "7"]])
    for query in ("", "escape_formulas=false"):
        kept = read(post(client, body, query=f"text_column=text&{query}"))
        assert [row[:2] for row in kept] == [
            *(["text", "@b"], ["=1+1 good", "-7"], ["+good", "7"])
        ]
    query = "text_column=text&escape_formulas=true&prefix=%3Dx_"
    safe = read(post(client, body, query=query))
    assert [row[:2] for row in safe] == [
        *(["text", "'@b"], ["'=1+1 good", "'-7"], ["'+good", "7"])
    ]
    assert safe[0][2:] == [f"'=x_{name}" for name in RESULTS]
    assert [row[2:] for row in safe[1:]] == [row[2:] for row in kept[1:]]


def test_a_file_may_lack_a_header_or_begin_with_a_title(client, problem):
    body = b"Report\n\n1,good\n2,bad\n"
    query = "header=false&skip_lines=2&text_column=column_2"
    found = read(post(client, body, query=query))
    assert [row[:2] for row in found] == [["column_1", "column_2"], *LABELLED]
    titled = b"My report\n\nid,note\n1,good\n2,bad\n"
    refused = problem(post(client, titled, "text_column=note"), 422, "invalid_csv")
    assert refused["detail"].endswith(
        "Line 3 looks like the header: skip the 2 lines above it (the query's "
        "skip_lines)"
    )
    found = read(post(client, titled, "text_column=note&skip_lines=2"))
    assert [row[:2] for row in found] == [["id", "note"], *LABELLED]


def test_a_spreadsheet_gets_the_decimal_comma_that_it_expects(client, problem):
    answer = post(client, b"id;text\n1.5;good\n", query="decimal=comma")
    row = read(answer, delimiter=";")[1]
    assert (row[0], row[3][:2]) == ("1.5", "0,")
    refused = problem(post(client, b"a\n1\n", "decimal=,"), 422, "invalid_request")
    assert refused["detail"] == "decimal must be 'point' or 'comma'"


def test_a_file_of_many_blocks_keeps_its_rows_in_order(client):
    rows = [["review", "n"]] + [["good film", str(n)] for n in range(5000)]
    found = read(post(client, as_csv(rows)))
    assert [row[:2] for row in found] == rows


def test_the_answer_begins_after_one_block(make_app, predictor, monkeypatch):
    """Two were scored before the first byte left: twice the wait, and the memory."""
    monkeypatch.setattr("sentiment.scoring.blocks.MAX_ROWS", 10)
    scored = []

    def counted(texts):
        scored.append(len(texts))
        return type(predictor).predict_arrays(predictor, texts)

    predictor.predict_arrays = counted
    body = "text\n" + "".join(f"{number} good\n" for number in range(30))
    client = make_app().test_client()
    with client.post("/predict/csv", data=body, content_type="text/csv") as answer:
        assert scored == [10]
        assert len(read(answer)) == 31
    assert scored == [10, 10, 10]


def test_the_upload_is_gone_when_the_answer_is(client, monkeypatch):
    import tempfile

    spools = []
    real = tempfile.TemporaryFile

    def remember(*arguments, **options):
        spools.append(real(*arguments, **options))
        return spools[-1]

    monkeypatch.setattr("tempfile.TemporaryFile", remember)
    post(client, as_csv(ROWS))
    post(client, b"a,b\n1,2\n")
    post(client, b"\x1f\x8bpacked")
    assert [spool.closed for spool in spools] == [True, True, True]


def test_a_full_disk_is_said(client, monkeypatch, problem):
    def full(*_arguments, **_options):
        return open("/dev/full", "wb", buffering=0)

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    problem(post(client, as_csv(ROWS)), 503, "no_room")


def test_a_machine_without_any_place_for_files_says_so(client, monkeypatch, problem):
    """Where all of its disks are full, Python finds no folder for temporary files."""

    def nowhere(*_arguments, **_options):
        raise FileNotFoundError("no usable temporary directory")

    monkeypatch.setattr("tempfile.TemporaryFile", nowhere)
    problem(post(client, as_csv(ROWS)), 503, "no_room")


def test_a_disk_that_is_full_of_the_upload_is_said_to_an_old_client(
    client, monkeypatch, problem
):
    """To HTTP/1.0 the answer waits on the disk, too: that it did not fit was a 500."""
    import tempfile

    places = [
        tempfile.TemporaryFile(),  # noqa: SIM115  closed by the service
        open("/dev/full", "wb", buffering=0),  # noqa: SIM115
    ]
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: places.pop(0))
    old = {"SERVER_PROTOCOL": "HTTP/1.0"}
    answer = client.post(
        "/predict/csv?text_column=review",
        data=as_csv(ROWS),
        content_type="text/csv",
        environ_overrides=old,
    )
    problem(answer, 503, "no_room")
    assert places == []


def test_more_files_at_once_than_are_taken_are_shed(make_app, problem):
    app = make_app(max_csv_requests=1)
    service = app.extensions["sentiment"]
    client = app.test_client()
    with service.file_admission.admit(1):
        found = problem(post(client, as_csv(ROWS)), 503, "overloaded")
        assert found["detail"].startswith("files being scored here: 1, with yours 2")
    assert post(client, as_csv(ROWS)).status_code == 200
    assert service.file_admission.admitted == 0


def test_a_place_is_given_back_whatever_becomes_of_the_file(service, client, predictor):
    for body in (b"a,b\n1,2\n", b"", b"\x1f\x8b", as_csv(ROWS)):
        post(client, body)
    # Never read by its client:
    client.post("/predict/csv?text_column=review", data=as_csv(ROWS)).close()
    assert service.file_admission.admitted == 0


def test_a_file_past_its_deadline_is_refused_before_the_first_row(make_app, problem):
    client = make_app(csv_deadline_seconds=1e-6).test_client()
    problem(post(client, as_csv(ROWS)), 503, "deadline_exceeded")


def test_http_1_0_gets_the_whole_or_a_problem(make_app, predictor, problem):
    """Its answers end with the connection: half a file would look like a whole one."""
    many = as_csv([["review"], *([["good film"]] * 5000), ["boom"]])

    def fail_at_boom(texts):
        if "boom" in texts:
            raise RuntimeError("boom")
        return type(predictor).predict_arrays(predictor, texts)

    old = {"SERVER_PROTOCOL": "HTTP/1.0"}
    path = "/predict/csv?text_column=review"
    client = make_app().test_client()
    with client.post(
        path, data=many, content_type="text/csv", environ_overrides=old
    ) as answer:
        assert len(answer.get_data().splitlines()) == 5002
    predictor.predict_arrays = fail_at_boom
    client = make_app().test_client()
    with client.post(
        path, data=many, content_type="text/csv", environ_overrides=old
    ) as answer:
        problem(answer, 500, "internal_error")


def test_without_quoting_a_stray_delimiter_breaks_no_answer_off(client):
    rows = "".join(f"{number},good film\n" for number in range(3_000))
    body = f'id,text\n{rows}3000,a "bad, film\n3001,ok\n'
    answer = post(client, body, query="quoting=false")
    assert answer.status_code == 200
    lines = answer.get_data(as_text=True).splitlines()
    assert len(lines) == 3_003
    assert lines[-2].startswith(r'3000,a "bad\x2c film,')
