"""How torch computes in a fit, and that it computes as before afterwards."""

from dataclasses import replace

import torch
from toy_language import QUICK, encoded, network, words_of_a_language

from training.fitting.device import computing_as
from training.fitting.fit import Fitting
from training.fitting.precision import products_in


def test_a_fit_has_its_threads_and_leaves_the_process_its_own():
    before = torch.get_num_threads()
    seen = []
    train = encoded(words_of_a_language(60, 1))
    config = replace(QUICK, threads=before + 1)
    Fitting(
        network(),
        train,
        train,
        config,
        seed=3,
        on_step=lambda: seen.append(torch.get_num_threads()),
    ).run()
    assert set(seen) == {before + 1}
    assert torch.get_num_threads() == before


def test_without_threads_of_its_own_it_has_those_of_the_process():
    before = torch.get_num_threads()
    with computing_as(replace(QUICK, threads=None)):
        assert torch.get_num_threads() == before


def test_a_gpu_has_its_precision_back():
    found = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    inside = {}
    for precision in ("auto", "float32"):
        with products_in(precision):
            inside[precision] = (
                torch.get_float32_matmul_precision(),
                torch.backends.cudnn.allow_tf32,
            )
        after = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
        assert after == found
    assert inside == {"auto": ("high", True), "float32": ("highest", False)}
