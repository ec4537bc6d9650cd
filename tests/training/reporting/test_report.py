"""A report tells a run from command to verdict, and says what is missing."""

import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from reported_answers import answers, held_out

from training.commands.evaluate import summary
from training.data.cleaning import DuplicateReport
from training.data.examples import Example
from training.data.feedback import FeedbackReport
from training.data.splitting import Splits, count_examples
from training.evaluation.evaluate import evaluate
from training.evaluation.gains import gains_over
from training.fitting.config import FitConfig
from training.fitting.history import History
from training.language_model.folder import Pretraining
from training.recipes.config import TrainingConfig, read_recipe
from training.reporting.page import render
from training.reporting.record import RunRecord
from training.reporting.report import write_report

PICTURES = {
    "confusion.png",
    "gradient-flow.png",
    "gradient-norms.png",
    "learning-curve.png",
    "reliability.png",
}


def test_a_model_that_does_worse_than_a_baseline_is_told_of(record: RunRecord, page):
    """The figures stood side by side in a table, and nothing was said of them."""
    assert "**Warning**" not in page
    few = {"shop": {"test": {"neutral": 1}}}
    worse = replace(
        record,
        data=replace(record.data, counts=few),
        baselines={"vader": record.evaluation},
        evaluation=(record.baselines["tfidf"]),
    )
    said, told = worse.warnings()
    assert f"\n\n**Warning**: {said}.\n\n**Warning**: {told}.\n\n" in render(worse)


def test_a_report_is_a_page_its_figures_and_pictures(folder: Path):
    names = {path.name for path in folder.iterdir()}
    assert names == {"report.md", "report.json", *PICTURES}
    for name in PICTURES:
        assert (folder / name).read_bytes().startswith(b"\x89PNG")


def test_the_page_shows_every_picture_that_lies_beside_it(page: str):
    assert set(re.findall(r"!\[[^]]+\]\(([^)]+)\)", page)) == PICTURES


def test_the_page_tells_the_run_from_command_to_verdict_in_order(page: str):
    headings = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    assert headings == [
        "shop-1",
        "What was run",
        "The data",
        "How it learned",
        "Gradient health",
        "How well it does",
        "By source",
        "Against the baselines",
        "By label",
        "What its confidence is worth",
        "Kinds of text",
        "The gate",
        "The recipe",
    ]


@pytest.mark.parametrize(
    "figure",
    [
        "sentiment-train run shop.toml",
        "seed 7",
        "12 min 34 s",
        "Rows that are not examples: 21",
        "- `shop.csv:7: there is no label 'goood'`",
        "Texts left out: 6",
        "| films | 3 | 0 | 1 |",
        "- `films: positive, shop|eu: negative`",
        "12,345 tokens",
        "1.00% of train, 2.50% of test",
        "| **2** | 0.5000 | 0.9000 | 70.0 | 1 min 1 s | 90,000 |",
        "4 steps",
        "50.0%",
        "| steps before the last | 0 | 1 | 2 |",
        "| texts that reach so far | 32 | 32 | 5 |",
        "| cell state | 0.2 | 0.1 | 0.03 |",
        "Temperature 1.500",
    ],
)
def test_the_page_shows_the_figures_of_the_run(figure: str, page: str):
    assert figure in page


def test_the_page_gives_the_verdict_of_the_gate(page: str, record: RunRecord):
    assert f"Gate: passed: {record.comparison.reason}" in page


def test_the_page_holds_the_figures_of_the_evaluation(page: str, record: RunRecord):
    def mean_of(one: object) -> str:
        return f"{100 * one.mean_source_macro_f1:.1f} ("  # type: ignore[attr-defined]

    assert f"| **shop-1** | {mean_of(record.evaluation)}" in page
    assert f"| published shop-0 | {mean_of(record.published)}" in page
    assert f"| tfidf | {mean_of(record.baselines['tfidf'])}" in page
    neutral = record.evaluation.per_class["neutral"]
    assert f"| neutral | 30 | {100 * neutral.precision:.1f} |" in page
    assert f"| as the network says | {record.uncalibrated.ece:.3f} |" in page
    assert f"| with temperature | {record.evaluation.ece:.3f} |" in page


def test_every_table_has_as_many_cells_in_each_row(page: str):
    tables = re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE)
    assert len(tables) >= 10
    for table in tables:
        widths = {
            len(re.findall(r"(?<!\\)\|", line)) for line in table.strip().split("\n")
        }
        assert len(widths) == 1, table


def test_a_two_class_source_is_marked_and_has_its_unmasked_figure(
    page: str, record: RunRecord
):
    unmasked = record.evaluation.of_sources()["films"].three_way_macro_f1
    (row,) = re.findall(r"^\| films \* \|.*$", page, re.MULTILINE)
    assert f"| {100 * unmasked:.1f} |" in row
    assert "shop\\|eu |" in page


def test_confidence_is_told_as_served_by_source_and_by_answer(
    page: str, record: RunRecord
):
    source = record.evaluation.of_sources()["films"]
    assert f"| {source.ece:.3f} | {source.masked_ece:.3f} |" in page
    assert f"{record.evaluation.three_way.calibration.ece:.3f}. Beside it" in page
    assert len(record.evaluation.served.answered) == 3
    for one in record.evaluation.served.answered:
        confidence, right = 100 * one.confidence, 100 * one.accuracy
        row = f"| {one.label} | {one.count} | {confidence:.1f} | {right:.1f} |"
        assert row in page


def test_kinds_of_text_compare_by_macro_f1_only_over_the_same_labels(page: str):
    """Texts that were all positive stood at 96.6 beside 29.0 of three labels."""
    (header,) = re.findall(r"^\| negation \|.*$", page, re.MULTILINE)
    assert header.startswith("| negation | texts | negative / neutral / positive |")
    # The film reviews, where no text is neutral, all have a "not".
    (present,) = re.findall(r"^\| present \|.*$", page, re.MULTILINE)
    assert re.match(r"\| present \| 60 \| \d+ / 0 / \d+ \| too few \| \d", present)
    (absent,) = re.findall(r"^\| absent \|.*$", page, re.MULTILINE)
    assert re.match(r"\| absent \| 90 \| 30 / 30 / 30 \| \d+\.\d \(", absent)


@pytest.mark.parametrize(("texts", "told"), [(30, True), (29, False)])
def test_a_kind_of_few_texts_has_no_macro_f1_in_the_report(
    record: RunRecord, texts: int, told: bool
):
    one = replace(
        next(one for one in record.evaluation.slices if one.name == "absent"),
        examples=texts,
        confusion=((9, 0, 0), (0, 10, 0), (0, 0, texts - 19)),
    )
    assert one.compares({0, 1, 2}) == told


def test_the_figures_are_whole_in_json(folder: Path, record: RunRecord):
    told = json.loads((folder / "report.json").read_text())
    assert told["evaluation"] == json.loads(json.dumps(record.evaluation.to_json()))
    assert told["history"] == record.history.to_json()
    assert told["clipped_share"] == 0.5
    assert told["comparison"]["passed"] is True
    assert told["recipe"]["sources"][0]["path"] == "f.csv"


def test_what_became_of_corrections_adds_up(record: RunRecord, tmp_path: Path):
    """Those of texts that other sources had were said to be in train, too."""
    train = {"negative": 40, "neutral": 0, "positive": 8}
    data = replace(
        record.data,
        counts={**record.data.counts, "users": {"train": train}},
        duplicates=DuplicateReport(
            repeated={"users": 30, "films": 7},
            equal_to_test={"users": 3},
            conflicting={"users": 20},
        ),
        feedback={"users": FeedbackReport(corrections=180, superseded=60, held_out=19)},
    )
    page = write_report(tmp_path, replace(record, data=data)).read_text()
    (told,) = re.findall(r"^`users` .*$", page, re.MULTILINE)
    # All, corrected again later, held out, of another source too, in train alone.
    assert re.findall(r"\d+", told) == ["180", "60", "19", "53", "48"]


@pytest.mark.parametrize(("sources", "told"), [(1, False), (2, True)])
def test_one_source_has_no_mean_of_its_own(
    record: RunRecord, tmp_path: Path, sources: int, told: bool
):
    examples = held_out()[-90 if sources == 1 else -120 :]
    found = evaluate(answers(examples, 2.0, 1), examples)
    alone = replace(record, evaluation=found, baselines={}, published=None)
    page = write_report(tmp_path, alone).read_text()
    assert (f"{len(examples)} test texts, the mean over 2 sources; " in page) is told
    assert (f"{len(examples)} test texts; accuracy" in page) is not told
    assert ("mean of sources" in summary(found, "test")) is told


def test_a_language_model_is_told_with_what_it_came_to_and_what_it_says(
    record: RunRecord, tmp_path: Path
):
    passes = [
        {
            "epoch": epoch,
            "train_perplexity": worse,
            "validation_perplexity": perplexity,
            "seconds": 61.0,
            "tokens_per_second": 41_000.2,
            "clipped_share": 0.0,
        }
        # One that overflowed is null in the card.
        for epoch, worse, perplexity in ((1, None, 1_234.56), (2, 90.0, 81.04))
    ]
    card = {
        "texts": 1_200,
        "texts_of": ["films", "forum"],
        "tokens": 98_765,
        "passes": passes,
        "samples": ["i would buy it again .", "the acting is * fine * !"],
    }
    recipe = replace(record.recipe, pretrained="language-models/shop")
    made = replace(record, recipe=recipe, pretraining=Pretraining.of(card))
    page = write_report(tmp_path, made).read_text()
    (told,) = re.findall(r"^`language-models/shop` .*$", page, re.MULTILINE)
    assert "from 1,200 texts of films, forum, 98,765 tokens an epoch." in told
    assert "| 1 | inf | 1,234.6 | 1 min 1 s | 41,000 |" in page
    assert "| 2 | 90.0 | 81.0 | 1 min 1 s | 41,000 |" in page
    said = "i would buy it again .\nthe acting is * fine * !"
    assert f"Sentences that it made up:\n\n```text\n{said}\n```\n" in page
    silent = Pretraining.of({**card, "samples": []})
    page = write_report(tmp_path, replace(made, pretraining=silent)).read_text()
    assert "made up" not in page


def test_without_a_language_model_nothing_is_told_of_one(page: str):
    assert "language model" not in page


def test_a_first_run_has_no_gate_and_no_published_model(
    record: RunRecord, tmp_path: Path
):
    first = replace(record, compared_with=None, published=None, comparison=None)
    page = write_report(tmp_path, first).read_text()
    assert "Gate: this is the first published model" in page
    assert "shop-0" not in page


def test_a_refusal_and_its_override_are_told(record: RunRecord, tmp_path: Path):
    comparison = replace(record.comparison, passed=False, reason="worse: by 0.1")
    refused = replace(record, comparison=comparison)
    assert (
        "Gate: refused: worse: by 0.1.\n" in write_report(tmp_path, refused).read_text()
    )
    forced = replace(refused, published_anyway=True)
    assert (
        "worse: by 0.1. Published all the same, as was asked."
        in write_report(tmp_path, forced).read_text()
    )


def test_a_gradient_that_ran_away_does_not_cost_the_report(
    record: RunRecord, tmp_path: Path
):
    history = replace(record.history, gradient_norms=[1.0, float("inf"), 2.0])
    write_report(tmp_path, replace(record, history=history))
    told = json.loads((tmp_path / "report.json").read_text())
    assert told["history"]["gradient_norms"] == [1.0, None, 2.0]


def test_the_flow_of_the_gradient_is_whole_in_json(folder: Path):
    told = json.loads((folder / "report.json").read_text())
    assert told["gradient_flow"]["norms"]["hidden state"] == [0.5, 0.25, 1e-7, 0.0]


def test_a_record_without_gradients_has_no_section_of_them(
    record: RunRecord, tmp_path: Path
):
    bare = replace(record, history=History(), gradient_flow=None)
    assert "Gradient" not in write_report(tmp_path, bare).read_text()


def test_a_run_that_clips_nothing_says_so(record: RunRecord, tmp_path: Path):
    recipe = replace(record.recipe, training=FitConfig(clip_norm=0.0))
    page = write_report(tmp_path, replace(record, recipe=recipe)).read_text()
    assert "nothing was clipped." in page


def test_examples_are_counted_by_source_split_and_label():
    one = Example(text="a", target=(0.2, 0.5, 0.3), source="b")
    other = replace(one, source="a", target=(1.0, 0.0, 0.0))
    counts = count_examples(Splits([one, one, other], [], [other]))
    assert list(counts) == ["a", "b"]
    assert counts["b"]["train"] == {"negative": 0, "neutral": 2, "positive": 0}
    assert counts["a"]["test"] == {"negative": 1, "neutral": 0, "positive": 0}
    assert counts["a"]["validation"]["negative"] == 0


def test_gains_over_the_baselines_have_intervals(record, tmp_path):
    page = write_report(tmp_path, record).read_text()
    gains = record.gains["tfidf"]
    for row, gain in (
        ("mean of sources", gains.mean),
        ("texts of sources with neutral ones, pooled", gains.pooled["texts"]),
        ("films", gains.sources["films"]),
    ):
        found = f"{100 * gain.difference:+.1f} ({100 * gain.interval.low:+.1f} to "
        assert f"| {row} | {gain.examples} | {found}" in page
    assert "beyond chance" not in page


def test_a_source_that_a_baseline_wins_is_named(record, tmp_path):
    examples = held_out()
    worse, better = (answers(examples, skill, 3) for skill in (0.0, 6.0))
    lost = replace(record, gains={"tfidf": gains_over(worse, better, examples)})
    page = write_report(tmp_path, lost).read_text()
    assert "Below tfidf beyond chance: films, shop|eu." in page


@pytest.mark.parametrize("name", ["default", "bundled"])
def test_the_recipe_at_the_end_holds_what_differs_and_is_the_same_when_read(
    name: str, record: RunRecord
):
    """All defaults as JSON were half of the report, before any result."""
    recipe = read_recipe(name)
    page = render(replace(record, recipe=recipe))
    text = page.rpartition("```toml\n")[2].removesuffix("\n```\n")
    assert TrainingConfig.from_dict(tomllib.loads(text)) == recipe
    assert "batch_texts = 128" not in text
    assert "```json" not in page


def test_a_first_model_was_compared_with_none(record: RunRecord):
    page = render(replace(record, comparison=None, published=None, compared_with=None))
    assert page.count("this is the first published model") == 1
    assert "## The gate" not in page
