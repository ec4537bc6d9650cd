import json

import pytest

from training.fitting.history import EpochRecord, History


def record(epoch: int, macro_f1: float, loss: float = 0.6) -> EpochRecord:
    return EpochRecord(
        epoch=epoch,
        train_loss=0.5,
        validation_loss=loss,
        validation_macro_f1=macro_f1,
        seconds=12.5,
        tokens_per_second=90_000.0,
    )


def test_a_history_survives_json():
    history = History().with_epoch(record(1, 0.6), [1.5, 0.25])
    assert History.from_json(json.loads(json.dumps(history.to_json()))) == history


def test_an_epoch_is_added_to_a_new_history_and_the_old_one_stays():
    first = History().with_epoch(record(1, 0.6), [1.0])
    second = first.with_epoch(record(2, 0.7), [2.0, 3.0])
    assert len(first.epochs) == 1
    assert [one.epoch for one in second.epochs] == [1, 2]
    assert second.gradient_norms == [1.0, 2.0, 3.0]


def test_the_best_epoch_is_the_first_of_those_with_the_highest_macro_f1():
    history = History(epochs=[record(1, 0.6), record(2, 0.7), record(3, 0.7)])
    assert history.best().epoch == 2


def test_of_equally_good_epochs_the_best_has_the_lower_loss():
    """Where validation is small, the first epoch may already be right about all."""
    losses = [0.0712, 0.0003, 0.0023]
    history = History(
        epochs=[record(at, 1.0, loss) for at, loss in enumerate(losses, 1)]
    )
    assert history.best().epoch == 2
    worse = record(4, 0.9, 0.0001)
    assert history.with_epoch(worse, []).best().epoch == 2


def test_a_history_without_epochs_has_no_best_one():
    with pytest.raises(ValueError, match="no epoch yet"):
        History().best()
