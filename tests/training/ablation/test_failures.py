"""A variant that cannot be trained is a row, and not the end of the others."""

import itertools

import pytest
import torch

from training.ablation.ablate import ablate
from training.recipes.changes import with_settings
from training.recipes.config import read_recipe
from training.start import prepared


def test_exploding_gradients_are_a_row_and_not_the_end(toy, options, trained):
    config = read_recipe(toy)
    changes = ("training.learning_rate=1e30,training.clip_norm=0", "model.layers=2")
    found, written = ablate(config, options(*changes))
    own, failed, other = found.rows
    assert failed.failed.startswith("failed with seed 3: the loss is")
    assert "| failed with seed 3: the loss is" in written.page.read_text()
    assert "failed" in written.picture.read_text()
    assert other.difference is not None
    assert own.macro_f1 > 0
    again, _ = ablate(config, options(*changes, resume=True))
    assert again == found
    assert len(trained) == 3
    kept = [one.read_text() for one in written.page.parent.glob("trainings/*.json")]
    assert len(kept) == 3
    assert not any("NaN" in one for one in kept)


def test_a_failed_seed_hides_no_other(toy, options, monkeypatch):
    whole = prepared.Fitting

    def fitting(classifier, *rest, **options):
        if classifier.config.layers == 2 and options["seed"] == 4:
            raise FloatingPointError("the loss is nan: the gradients exploded. A")
        return whole(classifier, *rest, **options)

    monkeypatch.setattr(prepared, "Fitting", fitting)
    found, written = ablate(read_recipe(toy), options("model.layers=2", seeds=3))
    own, other = found.rows
    assert (len(own.figures), len(other.figures)) == (3, 2)
    assert other.difference.seeds == 2
    shared = (own.figures[0] + own.figures[2]) / 2
    assert other.difference.value == pytest.approx(other.macro_f1 - shared)
    said = "model.layers=2: failed with seed 4: the loss is nan"
    assert f"- {said}" in written.page.read_text()


def test_where_the_recipe_fails_nothing_is_held_against_it(toy, options):
    config = with_settings(
        read_recipe(toy), {"training.learning_rate": 1e30, "training.clip_norm": 0.0}
    )
    found, written = ablate(config, options("training.learning_rate=0.01"))
    assert found.rows[0].failed
    assert found.rows[1].difference is None
    assert found.rows[1].macro_f1 > 0
    for file in (written.page, written.table, written.picture):
        assert "not compared" in file.read_text()


def test_a_full_gpu_is_a_row_that_is_tried_again(toy, options, monkeypatch):
    config = read_recipe(toy)
    full = torch.OutOfMemoryError("CUDA out of memory.\nMore")
    with monkeypatch.context() as patch:
        whole = prepared.Fitting
        calls = itertools.count()

        def fitting(*rest, **options):
            if next(calls):
                raise full
            return whole(*rest, **options)

        patch.setattr(prepared, "Fitting", fitting)
        found, _ = ablate(config, options("model.layers=2"))
    assert found.rows[1].failed == "failed with seed 3: CUDA out of memory."
    again, _ = ablate(config, options("model.layers=2", resume=True))
    assert not again.rows[1].failed


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (
            "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't "
            "allocate memory: you tried to allocate 800000000000 bytes.",
            "DefaultCPUAllocator: can't allocate memory",
        ),
        ("Storage size calculation overflowed with sizes=[9]", "Storage size"),
    ],
)
def test_a_network_beyond_the_memory_is_a_row(
    toy, options, monkeypatch, message, reason
):
    whole = prepared.starting_network

    def begin(config, examples, folders):
        if config.model.embedding_dim > 1_000:
            raise RuntimeError(message)
        return whole(config, examples, folders)

    monkeypatch.setattr(prepared, "starting_network", begin)
    found, written = ablate(read_recipe(toy), options("model.embedding_dim=1000000000"))
    assert found.rows[1].failed.startswith(f"failed with seed 3: {reason}")
    assert reason in written.page.read_text()
    assert "nan" not in written.table.read_text()
    assert len(list(written.page.parent.glob("trainings/*"))) == 1  # tried again


def test_an_error_of_another_kind_is_no_row(toy, options, monkeypatch):
    def fitting(*_, **__):
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(prepared, "Fitting", fitting)
    with pytest.raises(RuntimeError, match="mistake of ours"):
        ablate(read_recipe(toy), options("model.layers=2"))
