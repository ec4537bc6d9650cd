"""The record of a run that never was, and the report on it."""

from pathlib import Path

import numpy as np
import pytest
from reported_answers import answers, held_out

from training.data.cleaning import DuplicateReport
from training.data.source import SourceConfig
from training.data.splitting import Splits, count_examples
from training.evaluation.calibration import calibration
from training.evaluation.evaluate import evaluate
from training.evaluation.gains import gains_over
from training.fitting.config import FitConfig
from training.fitting.history import EpochRecord, History
from training.gradients.flow import GradientFlow
from training.publishing.gate import compare
from training.recipes.config import TrainingConfig
from training.reporting.record import DataRecord, RunRecord
from training.reporting.report import write_report


@pytest.fixture(scope="module")
def record() -> RunRecord:
    examples = held_out()
    rows, before = answers(examples, 2.0, 1), answers(examples, 1.0, 2)
    labels = np.array([one.label for one in examples])
    epochs = [
        EpochRecord(
            epoch=epoch,
            train_loss=1 / epoch,
            validation_loss=0.9,
            validation_macro_f1=score,
            seconds=61.0,
            tokens_per_second=90_000.4,
        )
        for epoch, score in enumerate((0.5, 0.7, 0.6), 1)
    ]
    return RunRecord(
        version="shop-1",
        command="sentiment-train run shop.toml",
        created="2026-03-01T00:00:00Z",
        seconds=754.0,
        recipe=TrainingConfig(
            name="shop",
            description="Reviews of a shop.",
            seed=7,
            sources=(SourceConfig(name="films", path="f.csv"),),
            training=FitConfig(clip_norm=1.0),
        ),
        data=DataRecord(
            counts=count_examples(Splits(examples, examples[:10], examples)),
            duplicates=DuplicateReport(
                repeated={"films": 3},
                conflicting={"films": 1, "shop|eu": 2},
                conflicts=["films: positive, shop|eu: negative"],
            ),
            bad_row_count=21,
            bad_rows=["shop.csv:7: there is no label 'goood'"],
            vocabulary_size=12_345,
            unknown_share={"train": 0.01, "test": 0.025},
        ),
        history=History(epochs=epochs, gradient_norms=[0.5, 2.0, 1.5, 0.25]),
        temperature=1.5,
        uncalibrated=calibration(before, labels),
        evaluation=evaluate(rows, examples),
        baselines={"tfidf": evaluate(answers(examples, 0.5, 3), examples)},
        gains={"tfidf": gains_over(rows, answers(examples, 0.5, 3), examples)},
        compared_with="shop-0",
        published=evaluate(before, examples),
        comparison=compare(rows, before, examples),
        gradient_flow=GradientFlow(
            texts=[32, 32, 5, 4],
            norms={
                "hidden state": [0.5, 0.25, 1e-7, 0.0],
                "cell state": [0.2, 0.1, 0.03, 0.02],
            },
        ),
    )


@pytest.fixture(scope="module")
def folder(record: RunRecord, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "shop-1"
    assert write_report(folder, record) == folder / "report.md"
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return (folder / "report.md").read_text(encoding="utf-8")
