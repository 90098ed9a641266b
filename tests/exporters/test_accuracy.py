"""Exported quantiles against exact ones, as a real Prometheus computes them."""

from __future__ import annotations

import math
import random
import time
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, start_http_server

from swarmscope.processes.ports import PortPicker
from swarmscope.processes.probes import http_ok
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.stack.programs.prometheus import find_prometheus
from swarmscope.stack.prometheus_server import PrometheusServer
from swarmscope_exporter.buckets import EDGES_SECONDS
from swarmscope_exporter.collector import RunCollector, RunnerState
from swarmscope_exporter.endpoints import EndpointCatalogue
from swarmscope_exporter.merge import Merge
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.run import Run
from tests.exporters.test_merge import RUN, snapshot
from tests.exporters.test_recorder import send

pytestmark = pytest.mark.real

CHANCE = random.Random(20260131)
SAMPLES_MS: dict[str, list[float]] = {
    "normal": [max(0.5, CHANCE.gauss(180, 25)) for _ in range(4000)],
    "lognormal": [CHANCE.lognormvariate(4.5, 0.7) for _ in range(4000)],
    "bimodal": [CHANCE.gauss(20, 3) if CHANCE.random() < 0.93 else CHANCE.gauss(900, 80) for _ in range(4000)],
    "heavy_tailed": [8 * CHANCE.paretovariate(1.1) for _ in range(4000)],
    # 95 of 100 sit exactly on an edge: on the right side of it, whatever an interpolation rounds to
    "on_an_edge": [200.0] * 95 + [225.0] * 5,
    "one_over_an_edge": [200.0] * 94 + [200.1] * 6,
}
QUANTILES = (0.5, 0.95, 0.99)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusApi]:
    """Yield a real Prometheus that scrapes an exporter with one request name for each distribution."""
    recorder, run = Recorder(), Run(RUN, "smoke", 1, Merge(RUN))
    for name, samples in SAMPLES_MS.items():
        for sample in samples:
            send(recorder, name=name, response_time=sample)
    run.merge.update("0", snapshot(recorder, 1))
    registry = CollectorRegistry()
    registry.register(RunCollector(lambda: (run, RunnerState(), []), EndpointCatalogue(), "test"))
    picker, folder = PortPicker(print), tmp_path_factory.mktemp("prometheus")
    exporter_port, port = picker.pick("exporter"), picker.pick("Prometheus")
    server, _ = start_http_server(exporter_port, addr="127.0.0.1", registry=registry)
    program = PrometheusServer(
        find_prometheus().prometheus, folder, rules_dir=Path(tmp_path_factory.mktemp("no-rules"))
    )
    program.write_config({"loadtest": [f"127.0.0.1:{exporter_port}"]})
    process = program.process(port, folder / "log")
    process.start()
    try:
        process.wait_ready(http_ok(port, "/-/ready"), 30)
        api = PrometheusApi(f"http://127.0.0.1:{port}")
        deadline = time.monotonic() + 20
        while api.value("sum(loadtest_requests_total)") is None:
            assert time.monotonic() < deadline, "Prometheus never scraped the exporter"
            time.sleep(0.1)
        yield api
    finally:
        process.stop()
        server.shutdown()


def exact_seconds(samples_ms: list[float], quantile: float) -> float:
    """Return the smallest observation that at least this share of all does not exceed."""
    ordered = sorted(samples_ms)
    return ordered[math.ceil(round(quantile * len(ordered), 9)) - 1] / 1000


def exported(prometheus: PrometheusApi, name: str, quantile: float) -> float:
    value = prometheus.value(
        f'histogram_quantile({quantile}, loadtest_request_duration_seconds_bucket{{name="{name}"}})'
    )
    assert value is not None
    return value


@pytest.mark.parametrize("name", SAMPLES_MS)
@pytest.mark.parametrize("quantile", QUANTILES)
def test_an_exported_quantile_lies_within_one_bucket_of_the_exact_one(
    prometheus: PrometheusApi, name: str, quantile: float
) -> None:
    exact = exact_seconds(SAMPLES_MS[name], quantile)
    measured = exported(prometheus, name, quantile)
    assert abs(bisect_left(EDGES_SECONDS, measured) - bisect_left(EDGES_SECONDS, exact)) <= 1


@pytest.mark.parametrize("name", SAMPLES_MS)
@pytest.mark.parametrize("quantile", QUANTILES)
def test_an_exported_quantile_is_on_the_right_side_of_every_threshold(
    prometheus: PrometheusApi, name: str, quantile: float
) -> None:
    measured = exported(prometheus, name, quantile)
    samples = SAMPLES_MS[name]
    for edge in EDGES_SECONDS:
        share_within = sum(sample <= edge * 1000 for sample in samples) / len(samples)
        is_over = measured > edge * (1 + 1e-12)
        assert is_over == (share_within < quantile), f"threshold {edge} s, measured {measured} s"
