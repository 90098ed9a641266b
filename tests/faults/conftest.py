"""A target for each test that needs one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.target import Target


@pytest.fixture
def target() -> Iterator[Target]:
    with Target() as running:
        yield running
