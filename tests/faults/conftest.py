"""A target for each test that needs one, and no run that outlives its test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.target import Target
from tests.runs.command import RunCommand


@pytest.fixture(autouse=True)
def _end_runs() -> Iterator[None]:
    yield
    while RunCommand.started:
        RunCommand.started.pop().end()


@pytest.fixture
def target() -> Iterator[Target]:
    with Target() as running:
        yield running
