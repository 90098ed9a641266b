"""A Prometheus on the data that a run has left, to ask it what the dashboards would ask."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from swarmscope.processes.ports import PortPicker
from swarmscope.processes.probes import http_ok
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.stack.programs.prometheus import find_prometheus
from swarmscope.stack.prometheus_server import PrometheusServer
from tests.grafana.stage import Stage

#: Why a panel may show nothing of a run of smoke on the embedded stack that is short and passes, by dashboard.
_REASONS: dict[str, dict[str, tuple[str, ...]]] = {
    "the run is shorter than the minute over which alerts judge live": {
        "comparison": ("Throughput",),
        "domain-signals": ("Cache hit ratio", "Rate-limited requests", "Refused credentials"),
        "soak": ("Connection pool in use", "Drift of the p95", "Throughput", "Worst pool use"),
    },
    "the run may be over before anything was measured after its reference": {
        "soak": ("Latency drift", "Memory growth", "Growth of the target's memory"),
    },
    "nothing of the kind may have been seen to occur in a run that passes": {
        # The only upload of the only administrator may come before the first report: a counter born at 1.
        "domain-signals": ("Rate limits hit", "Knowledge-base operations"),
        "endpoints": ("Errors by kind", "Rate-limited requests"),
        "run-overview": ("First breach",),
        "spike": ("Errors by kind",),
        "system-under-test": ("Answers with 4xx and 5xx", "Injected faults", "Refusals"),
    },
    "the run is not a step of a search for the capacity": {
        "capacity": (
            *("Verdict of the latest step", "Latest step", "Phase", "Load", "p95 latency", "Throughput", "Error ratio"),
            *("Latency against load", "Throughput against load", "Steps of the search"),
            *("Load over time", "Users over time", "p95 over time", "CPU of the load generator"),
        ),
    },
    "the run was compared with no baseline": {"comparison": ("p95 against the baseline",)},
    "the run is over, and its users are gone": {"run-overview": ("Users",)},
    "the scenario has no such phase, and no such users": {
        "domain-signals": ("Journeys: p95",),
        "generator-health": ("Arrivals", "Arrivals that wait", "Lateness of arrivals", "Missed starts"),
        "spike": ("Recovered", "Recovery time"),
    },
    "the embedded stack has no exporters of PostgreSQL and Redis": {
        "system-under-test": (
            *("Buffer hit ratio", "Connections", "Database size", "Deadlocks", "Locks", "Transactions"),
            *("Clients", "Commands", "Evicted and expired keys", "Keys", "Keyspace hit ratio", "Memory"),
        ),
    },
}


@contextmanager
def prometheus_of(state_dir: Path, log: Path) -> Iterator[PrometheusApi]:
    """Serve the data in the state folder of a stack that is over, and scrape nothing."""
    port = PortPicker(print).pick("Prometheus")
    server = PrometheusServer(find_prometheus().prometheus, state_dir / "prometheus")
    server.write_config({})
    process = server.process(port, log)
    process.start()
    try:
        process.wait_ready(http_ok(port, "/-/ready"), 30)
        yield PrometheusApi(f"http://127.0.0.1:{port}")
    finally:
        process.stop()


def stage_of(prometheus: PrometheusApi, run_id: str) -> Stage:
    """From the beginning of the run until it was judged, with nothing to compare it with."""
    begin, end = (
        prometheus.value(f'last_over_time(loadtest_run_{what}_timestamp_seconds{{run_id="{run_id}"}}[1h])')
        for what in ("start", "end")
    )
    assert begin is not None
    assert end is not None
    judged = end + 4
    values = {
        "run_id": run_id,
        "other_run_id": "",
        "third_run_id": "",
        "other_shift": "0",
        "third_shift": "0",
        "search": "",
        "scenario": ".*",
        "endpoint": ".*",
        "worker": ".*",
        "__range": f"{math.ceil(judged - begin)}s",
        "__interval": "2s",
        "__rate_interval": "12s",
    }
    return Stage(prometheus, values, begin, judged)


def reason_for_no_data(dashboard: str, panel: str) -> str | None:
    """Return none for a panel that must have data."""
    return next((reason for reason, of in _REASONS.items() if panel in of.get(dashboard, ())), None)


def panels_with_a_reason() -> set[tuple[str, str]]:
    """Dashboard and panel."""
    return {(dashboard, panel) for of in _REASONS.values() for dashboard, names in of.items() for panel in names}
