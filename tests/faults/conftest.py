"""A target for each test that needs one, and no run that outlives its test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.from_evidence import assert_same_from_evidence
from tests.faults.target import Target
from tests.runs.command import RunCommand


@pytest.fixture(autouse=True)
def _end_runs(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    over = []
    while RunCommand.started:
        over.append(RunCommand.started.pop())
        over[-1].end()
    if any(request.node.get_closest_marker(mark) for mark in ("faults", "nightly")):
        for run in over:
            assert_same_from_evidence(run)


@pytest.fixture
def target() -> Iterator[Target]:
    with Target() as running:
        yield running
