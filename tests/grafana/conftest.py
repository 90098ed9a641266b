"""What several tests of the dashboards share: playing the runs takes longer than all of their questions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.grafana.stage import Stage, staged


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("prometheus")) as ready:
        yield ready
