"""Tests that need a program beyond pip: skipped where it is missing, or failed."""

from collections.abc import Generator

import pytest

OPTION = "--system"


def add_option(parser: pytest.Parser) -> None:
    parser.addoption(
        OPTION,
        action="store_true",
        help="fail, not skip, the tests marked `system` where a program is missing",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Take a skipped test that is marked `system` for a failure, if asked to."""
    report = yield
    asked = item.config.getoption(OPTION) and item.get_closest_marker("system")
    if asked and report.skipped:
        report.outcome = "failed"
        # Where it was skipped, the line, and why.
        report.longrepr = report.longrepr[2]  # type: ignore[index]
    return report
