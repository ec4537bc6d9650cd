"""Ray Data: one task a file finds its parts, and a pool of actors makes them.

Only this file and :mod:`connection` know Ray. Only text travels: positions of rows, and
counts of results.
"""

import json
import logging
import warnings
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any

import ray
import ray.data

from sentiment.errors import DataError, SentimentError
from sentiment.scoring.cluster.input_files import Source
from sentiment.scoring.cluster.part_scorer import ModelFiles, PartScorer
from sentiment.scoring.cluster.parts import FinishedPart, Job, Part
from sentiment.scoring.cluster.plan import CutPlan

# The run ends once this many actors in a row have died while they loaded the model.
_DEATHS_AT_START = 3
# One that is worked on, and one that waits beside it.
_IN_FLIGHT = 2
# The most tasks that look through files; if there are more files, they share tasks.
_MOST_TASKS = 10_000


def find_parts(sources: Sequence[Source], cutting: CutPlan) -> list[Part]:
    """Return the parts of all files, in order; each file is read by a task of its own.

    Raises:
        SentimentError: A file cannot be read, or has other columns.
    """
    items = [
        {"number": number, "source": json.dumps(asdict(source))}
        for number, source in enumerate(sources)
    ]
    found = _dataset(items).flat_map(_find, fn_kwargs={"cutting": cutting})
    return sorted(map(Part.from_json, _answers(found)), key=lambda part: part.key)


def make_parts(
    job: Job, model: ModelFiles, parts: Sequence[Part], workers: int
) -> Generator[FinishedPart]:
    """Yield parts as they are made, by ``workers`` actors, in no order.

    To close it ends the actors. One that dies, with its process or with its node, is
    started again wherever there is room, and what it had begun is begun anew.

    Raises:
        SentimentError: A part cannot be made.
    """
    items = [{"part": part.to_json()} for part in parts]
    if not items:
        return
    made = _dataset(items).map(
        _Actor,
        fn_constructor_kwargs={"job": job, "model": ray.put(model)},
        compute=ray.data.ActorPoolStrategy(
            size=min(workers, len(items)), max_tasks_in_flight_per_actor=_IN_FLIGHT
        ),
        num_cpus=1,
    )
    with closing(_answers(made)) as answers:
        yield from map(FinishedPart.from_json, answers)


class _Actor:
    """A :class:`PartScorer` in a process of Ray's, which answers instead of raising.

    Ray would retry after an exception, and wrap it beyond recognition.
    """

    def __init__(self, job: Job, model: Any) -> None:
        self._scorer: PartScorer | SentimentError
        try:
            self._scorer = PartScorer(job, ray.get(model))
        except SentimentError as error:
            self._scorer = error

    def __call__(self, row: dict[str, str]) -> dict[str, str]:
        try:
            if isinstance(self._scorer, SentimentError):
                raise self._scorer
            made = self._scorer.make(Part.from_json(row["part"]))
        except SentimentError as error:
            return _problem(error)
        return {"answer": made.to_json(), "problem": "", "option": ""}


def _find(row: dict[str, Any], *, cutting: CutPlan) -> list[dict[str, str]]:
    source = Source(**json.loads(row["source"]))
    try:
        parts = list(cutting.parts_of(int(row["number"]), source))
    except SentimentError as error:
        return [_problem(error)]
    return [{"answer": part.to_json(), "problem": "", "option": ""} for part in parts]


def _problem(error: SentimentError) -> dict[str, str]:
    """Return an error as a row, with the option that would help, if it names one."""
    option = getattr(error, "option", None) or ""
    return {"answer": "", "problem": str(error), "option": option}


def _dataset(items: list[dict[str, Any]]) -> Any:
    """Return the items, each of which becomes a task."""
    with warnings.catch_warnings():
        # Ray Data warns of its own settings.
        warnings.simplefilter("ignore", DeprecationWarning)
        context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.max_consecutive_actor_init_deaths = _DEATHS_AT_START
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    return ray.data.from_items(items, override_num_blocks=min(len(items), _MOST_TASKS))


def _answers(dataset: Any) -> Generator[str]:
    # Closing this releases the rows, by which Ray knows that its work is over.
    try:
        for row in dataset.iter_rows():
            if row["problem"]:
                if row["option"]:
                    raise DataError(row["problem"], option=row["option"])
                raise SentimentError(row["problem"])
            yield row["answer"]
    except ray.exceptions.RayTaskError:
        raise  # a bug of this program, to be seen with its traceback
    except ray.exceptions.RayError as error:
        raise SentimentError(
            f"the cluster gave up (with --resume, what is done is kept): {error}"
        ) from error
