"""What no client is at fault for, and the table from errors to refusals."""

import pytest

from service.app import create_app
from service.http import problems
from service.settings import Settings

SECRET = "zanzibar"


def test_a_bug_is_a_problem_without_its_traceback(predictor, caplog, problem):
    def broken(*_arguments, **_options):
        raise RuntimeError(SECRET)

    predictor.probabilities = broken
    app = create_app(predictor, Settings())
    answer = app.test_client().post("/predict", json={"text": "good"})
    detail = problem(answer, 500, "internal_error")["detail"]
    assert SECRET not in detail
    (record,) = [found for found in caplog.records if found.levelname == "ERROR"]
    assert "RuntimeError" in record.getMessage()
    assert "in broken" in record.getMessage()
    assert SECRET not in record.getMessage()


@pytest.mark.parametrize(
    "error",
    [MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: not enough")],
    ids=["of Python", "of torch"],
)
def test_a_lack_of_memory_is_the_machines_and_passes(predictor, caplog, problem, error):
    def exhausted(*_arguments, **_options):
        raise error

    predictor.probabilities = exhausted
    client = create_app(predictor, Settings()).test_client()
    answer = client.post("/predict", json={"text": "good"})
    assert "no memory" in problem(answer, 503, "no_room")["detail"]
    assert answer.headers["Retry-After"]
    assert "no memory for a request" in caplog.text


def test_every_error_of_the_service_has_its_row():
    """One that is forgotten would be answered as a bug."""
    own = [
        kind
        for kind in vars(problems).values()
        if isinstance(kind, type)
        and issubclass(kind, problems.SentimentError)
        and kind.__module__ == problems.__name__
    ]
    assert len(own) > 10
    assert [kind for kind in own if kind not in problems.REFUSALS] == []
    assert problems.refusal_of(ZeroDivisionError()) == problems.BUG


def test_no_two_rows_of_the_table_share_a_code():
    codes = [refusal.code for refusal in problems.REFUSALS.values()]
    assert len(codes) == len(set(codes))
