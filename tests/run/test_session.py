"""What a run makes sure of before it begins."""

from __future__ import annotations

import pytest
from rich.console import Console

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.series import Series
from swarmscope.run.options import RunOptions
from swarmscope.run.session import Session


def test_a_run_id_that_a_running_prometheus_holds_already_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def raw(_: PrometheusApi, selector: str, range_seconds: float) -> tuple[Series, ...]:
        assert range_seconds == 3600
        if "down" in selector:
            raise PrometheusUnavailableError
        return (Series({}, ()),) if selector == 'loadtest_run_start_timestamp_seconds{run_id="taken"}' else ()

    monkeypatch.setattr(PrometheusApi, "raw", raw)
    session = Session(RunOptions("smoke", prometheus_url="http://127.0.0.1:9"), Console())
    assert [session._is_known(run_id) for run_id in ("taken", "free", "down")] == [True, False, False]
    assert not Session(RunOptions("smoke"), Console())._is_known("taken")
