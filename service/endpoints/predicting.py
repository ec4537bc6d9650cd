"""``POST /predict``: parse the request, call the predictor, format the answer."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from flask import Response, request

from sentiment.errors import TextError
from sentiment.prediction.prediction import Prediction
from sentiment.prediction.predictor import Predictor
from service.endpoints.check_in import check_in
from service.http.answers import JSON, batch_answer, batch_entry, single_answer
from service.http.bodies import read_body, require_type
from service.http.deadlines import Deadline
from service.http.parsing import parse_predict
from service.http.request_models import PredictRequest
from service.queueing.admission import DETAILED_WEIGHT
from service.state import Service, the_account, the_service

_TYPES = frozenset({JSON})

# Characters scored between two checks of the deadline: some tenths of a second's work.
# The cuts depend on the texts alone, so a request gives the same digits each time.
_BLOCK_CHARACTERS = 400_000
_EXPLAINED_BLOCK_CHARACTERS = 40_000
# Cut into sentences, a text may be as many texts as it has words.
_SENTENCES_BLOCK_CHARACTERS = 20_000

_DETAILED_NOTE = f"each of yours counts as {DETAILED_WEIGHT}, with explain or sentences"


def predict() -> Response:
    """Answer one text, or each of several."""
    service, account = the_service(), the_account()
    settings = service.settings
    deadline = check_in(service, settings.deadline_seconds)
    require_type(request, _TYPES)
    body = read_body(request, settings.max_body_bytes, deadline, service.body_watch)
    asked = parse_predict(body, settings.max_texts)
    # Taken once: the whole answer is from this model, even if another takes over.
    predictor = service.model.predictor
    account.model = predictor.version
    texts = asked.plain_texts()
    account.texts = len(texts)
    with _room(service, asked, len(texts)), _place(service, asked, deadline):
        if asked.is_single:
            answer = _single(service, predictor, asked, deadline)
        else:
            answer = _batch(service, predictor, asked, texts, deadline)
    return Response(answer, content_type=JSON)


def _room(
    service: Service, asked: PredictRequest, count: int
) -> AbstractContextManager[None]:
    """Count so many texts as being answered, those with details for several each."""
    if asked.is_detailed:
        return service.text_admission.admit(count * DETAILED_WEIGHT, _DETAILED_NOTE)
    return service.text_admission.admit(count)


def _place(
    service: Service, asked: PredictRequest, deadline: Deadline
) -> AbstractContextManager[None]:
    """Hold a place from the first block to the last, for a request with details."""
    return service.batcher.place(deadline) if asked.is_detailed else nullcontext()


def _single(
    service: Service, predictor: Predictor, asked: PredictRequest, deadline: Deadline
) -> str:
    account = the_account()
    ((answer,),) = _answers(service, predictor, [asked.text], asked, deadline)
    tokens = service.metrics.texts.count_each(predictor.version, [answer])
    if isinstance(answer, TextError):
        raise answer
    account.tokens = tokens
    return single_answer(answer, predictor.version, account.request_id)


def _batch(
    service: Service,
    predictor: Predictor,
    asked: PredictRequest,
    texts: Sequence[str],
    deadline: Deadline,
) -> str:
    account = the_account()
    # Explanations are large: each block becomes JSON before the next is made.
    entries: list[str] = []
    counted: list[Prediction | TextError] = []
    names = asked.names()
    for answers in _answers(service, predictor, texts, asked, deadline):
        named = names[len(entries) : len(entries) + len(answers)]
        entries += map(batch_entry, named, answers)
        counted += map(_without_details, answers)
    # Not block by block: if a later block is too late, no text was answered.
    account.tokens = service.metrics.texts.count_each(predictor.version, counted)
    return batch_answer(entries, predictor.version, account.request_id)


def _answers(
    service: Service,
    predictor: Predictor,
    texts: Sequence[str],
    asked: PredictRequest,
    deadline: Deadline,
) -> Iterator[list[Prediction | TextError]]:
    """Yield the answers block by block; raises DeadlineError between two of them.

    Or within one: a bidirectional model's explanations are quadratic in the tokens.
    """
    for block in _blocks(texts, _block_characters(asked)):
        if not asked.is_detailed:
            yield service.batcher.predict_each(
                predictor, block, deadline, asked.min_confidence
            )
            continue
        with service.batcher.exclusive(deadline) as pause:
            answers = predictor.predict_each(
                block,
                explain=asked.explain,
                sentences=asked.sentences,
                min_confidence=asked.min_confidence,
                pause=pause,
            )
        yield answers


def _block_characters(asked: PredictRequest) -> int:
    if asked.sentences:
        return _SENTENCES_BLOCK_CHARACTERS
    return _EXPLAINED_BLOCK_CHARACTERS if asked.explain else _BLOCK_CHARACTERS


def _blocks(texts: Sequence[str], characters: int) -> Iterator[Sequence[str]]:
    """Cut ``texts`` into runs of at most so many characters, or of one text.

    >>> list(_blocks(["aa", "b", "cccc", "d"], 3))
    [['aa', 'b'], ['cccc'], ['d']]
    """
    start = size = 0
    for position, text in enumerate(texts):
        if position > start and size + len(text) > characters:
            yield texts[start:position]
            start, size = position, 0
        size += len(text)
    yield texts[start:]


def _without_details(answer: Prediction | TextError) -> Prediction | TextError:
    if isinstance(answer, TextError):
        return answer
    return replace(answer, tokens=None, sentences=None)
