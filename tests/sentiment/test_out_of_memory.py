"""A full memory is told from any other error, by what torch says of it."""

import pytest
import torch

from sentiment.errors import DataError
from sentiment.out_of_memory import gpu_is_full, lacks_memory


def too_much():
    torch.empty(2**62, dtype=torch.float64)


def far_too_much():
    torch.empty(2**48, dtype=torch.float64)


@pytest.mark.parametrize("ask", [too_much, far_too_much])
def test_what_does_not_fit_into_memory_is_told(ask):
    with pytest.raises(RuntimeError) as refused:
        ask()
    assert lacks_memory(refused.value)
    assert not gpu_is_full(refused.value)


def test_a_full_gpu_is_told_from_a_full_memory():
    full = torch.OutOfMemoryError("CUDA out of memory")
    assert lacks_memory(full)
    assert gpu_is_full(full)


QUOTED = DataError("there is no 'DefaultCPUAllocator: ' here")


@pytest.mark.parametrize(
    "error", [RuntimeError("shapes differ"), ValueError("no"), QUOTED]
)
def test_other_errors_are_not_taken_for_lack_of_memory(error):
    assert not lacks_memory(error)
