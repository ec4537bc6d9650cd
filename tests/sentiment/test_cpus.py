"""A container's processes are no more than the CPUs that it may use."""

import os

import pytest

from sentiment.cpus import available_cpus


@pytest.mark.parametrize(
    ("limit", "cpus"),
    [("max 100000", None), ("100000 100000", 1), ("50000 100000", 1), ("", None)],
)
def test_a_containers_quota_counts(tmp_path, limit, cpus):
    quota = tmp_path / "cpu.max"
    quota.write_text(limit)
    all_of_them = len(os.sched_getaffinity(0))
    assert available_cpus(quota) == (cpus or all_of_them)
