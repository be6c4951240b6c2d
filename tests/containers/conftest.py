"""One stack for the session; a failing test shows the end of every container's log."""

from collections.abc import Generator, Iterator

import pytest
from testcontainers.core.config import testcontainers_config

from tests.support.stack import Stack, running_stack

testcontainers_config.ryuk_disabled = True
"""Its clean-up container comes from a registry; the tests remove what they start."""


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    stack = getattr(item, "funcargs", {}).get("stack")
    if report.failed and isinstance(stack, Stack):
        report.sections.append(("containers", stack.last_logs()))
    return report
