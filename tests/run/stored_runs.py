"""Folders of runs with evidence that a comparison reads, made through the real writer of series."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

from swarmscope.prometheus.series import StoredSeries
from swarmscope.prometheus.series_file import SeriesWriter
from swarmscope.verdict.integrity import digest_of, sums_of
from tests.report.runs_of_the_past import BEGAN, document

MACHINE = "Linux x86_64, 2 cores"
EDGES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
#: Of a hundred requests, how many are in each bucket.
SHARES = (10, 30, 30, 15, 8, 4, 2, 1, 0, 0)
STEP_SECONDS, RAMP_SECONDS, STOPPING_SECONDS = 2, 10, 4
_LOAD_AFTER_SECONDS = 4


@dataclass(frozen=True)
class Load:
    """What a run is made of: requests per step and endpoint, with some chance in it; ``slower`` multiplies times."""

    endpoints: Sequence[str] = ("/chat", "/login")
    seconds: int = 60
    per_step: int = 100
    slower: float = 1.0
    failed: float = 0.0
    edges: Sequence[float] = EDGES
    shares: Sequence[float] = SHARES
    responses: Mapping[str, float] | None = None  #: by endpoint, by what response times are longer
    seed: int = 1


def write_run(
    results: Path,
    load: Load = Load(),  # noqa: B008  # frozen
    *,
    began: int = BEGAN,
    scenario: str = "smoke",
    context: Mapping[str, Any] | None = None,
    series: Callable[[list[StoredSeries]], list[StoredSeries]] = lambda made: made,
    **changed: Any,
) -> Path:
    """Return the folder of a run that left its verdict and its evidence in a results folder."""
    start = began + _LOAD_AFTER_SECONDS
    run = {
        "load_start_seconds": float(start),
        "phases": {"ramp": _iso(start), "steady": _iso(start + RAMP_SECONDS), "stopping": _iso(start + load.seconds)},
        "end": _iso(start + load.seconds + STOPPING_SECONDS),
        "commit": "1b07124aa0b7e9f1c2d3e4f5a6b7c8d9e0f1a2b3",
        "peak_users": 10.0,
    }
    told = {"machine": MACHINE, "workers": 1, "rate": None, "locustfile": "locustfile.py", "think_time_scale": None}
    written = document(began, scenario, **(run | {"context": told | dict(context or {})} | changed))
    run_id = written["run"]["run_id"]
    folder = results / run_id
    place = folder / "evidence"
    (place / "rules").mkdir(parents=True)
    (place / "rules" / "sli.yml").write_text("groups: []\n")
    with gzip.open(place / "series.gz", "wt", encoding="utf-8", newline="\n") as file:
        writer = SeriesWriter(file)
        for each in series(list(_series(run_id, scenario, start, load))):
            writer.add(each)
        extent = writer.end()
    manifest = {"format": 1, "run_id": run_id, "scenario": scenario, "begin_seconds": began, "end_seconds": start + 99}
    manifest |= {"judged_seconds": start + 99, "lookback_seconds": 6.0, "evaluation_seconds": 2.0}
    (place / "manifest.json").write_text(json.dumps(manifest))
    written["evidence"] = {"series": extent.series, "samples": extent.samples, "bytes": 3, "files": sums_of(place)}
    rewrite(folder, written)
    return folder


def rewrite(folder: Path, written: Mapping[str, Any]) -> None:
    """Write a verdict.json with the digest that it has to have."""
    content = {key: value for key, value in written.items() if key != "digest"}
    (folder / "verdict.json").write_text(json.dumps(content | {"digest": digest_of(content)}))


def _series(run_id: str, scenario: str, start: int, load: Load) -> Iterator[StoredSeries]:
    """Yield what an exporter and the rules would have left: evaluated right after each scrape."""
    steps = (load.seconds + STOPPING_SECONDS) // STEP_SECONDS
    times = tuple((start + STEP_SECONDS * step) * 1000 for step in range(steps + 1))
    loaded = load.seconds // STEP_SECONDS
    own = {"run_id": run_id, "scenario": scenario}
    random = Random(load.seed)
    below: dict[tuple[str, float], list[float]] = {}
    totals: dict[str, list[float]] = {}

    def series(metric: str, values: Sequence[float], first: int = 0, /, **labels: str) -> StoredSeries:
        return StoredSeries({"__name__": metric, **own, **labels}, times[first:], tuple(f"{v:.12g}" for v in values[first:]))

    def add(of: str, at: Sequence[float]) -> None:
        totals[of] = [a + b for a, b in zip(totals.get(of, [0.0] * len(at)), at, strict=True)]

    for name in load.endpoints:
        counted = [0] + [round(load.per_step * random.uniform(0.8, 1.2)) if s <= loaded else 0 for s in range(1, steps + 1)]
        requests = list(accumulate(counted))
        failures = [round(load.failed * each) for each in requests]
        labels = {"method": "GET", "name": name, "category": "", "job": "loadtest"}
        for outcome, values in (("success", [r - f for r, f in zip(requests, failures, strict=True)]), ("failure", failures)):
            yield series("loadtest_requests_total", values, **labels, outcome=outcome, status="200")
        add("requests", requests)
        add("failures", failures)
        for metric, slower in _metrics(load, name):
            for edge, share in zip((*load.edges, float("inf")), (*accumulate(load.shares), 100.0), strict=True):
                scaled = share if edge == float("inf") else _scaled(load, share, edge, slower)
                cumulative = [round(r * scaled / 100) for r in requests]
                yield series(f"{metric}_bucket", cumulative, **labels, outcome="success", le=_edge(edge))
                if metric == _latency_of(load, name):
                    add_to = below.setdefault(("latency_bucket", edge), [0.0] * len(times))
                    below["latency_bucket", edge] = [a + b for a, b in zip(add_to, cumulative, strict=True)]
            sums = [r * 0.01 * slower for r in requests]
            yield series(f"{metric}_sum", sums, **labels, outcome="success")
            if metric == _latency_of(load, name):
                add("latency_sum", sums)
    for of, at in totals.items():
        yield series("loadtest:count", at, of=of)
    for (of, edge), at in below.items():
        yield series("loadtest:count", at, of=of, le=_edge(edge))
    if load.responses is not None:
        yield series("loadtest_response_time_seconds_sum", totals["latency_sum"], method="GET", name="(all)")
        yield series("loadtest_arrivals_scheduled_total", [50.0 * STEP_SECONDS * min(s, loaded) for s in range(steps + 1)])
    yield series("loadtest:count", [float(start + STEP_SECONDS * min(s, loaded)) for s in range(steps + 1)], of="clock_seconds")
    yield series("loadtest:begun_seconds", [start + RAMP_SECONDS] * len(times), RAMP_SECONDS // STEP_SECONDS)
    yield series("loadtest:ended_seconds", [start + load.seconds] * len(times), steps)
    for name, values, labels in (
        ("process_cpu_seconds_total", [0.002 * each for each in totals["requests"]], {"job": "api"}),
        ("loadtest:target_requests_total", totals["requests"], {}),
        ("loadtest:target_memory_bytes", [1e6 + 1000 * step for step in range(steps + 1)], {}),
        ("loadtest:target_pool_in_use_ratio", [0.25] * len(times), {}),
    ):
        yield StoredSeries(
            {"__name__": name, "instance": "127.0.0.1:8000", **labels}, times, tuple(f"{v:.12g}" for v in values)
        )


def _metrics(load: Load, name: str) -> Iterator[tuple[str, float]]:
    yield "loadtest_request_duration_seconds", load.slower
    if load.responses is not None and name in load.responses:
        yield "loadtest_response_time_seconds", load.slower * load.responses[name]


def _latency_of(load: Load, name: str) -> str:
    has_response = load.responses is not None and name in load.responses
    return "loadtest_response_time_seconds" if has_response else "loadtest_request_duration_seconds"


def _scaled(load: Load, share: float, edge: float, slower: float) -> float:
    """Return the share below an edge when all times are longer by a factor: that below a lower edge before."""
    if slower == 1:
        return share
    places = (0.0, *load.edges)
    shares = (0.0, *accumulate(load.shares))
    before = edge / slower
    for index in range(1, len(places)):
        if before <= places[index]:
            part = (before - places[index - 1]) / (places[index] - places[index - 1])
            return shares[index - 1] + part * (shares[index] - shares[index - 1])
    return shares[-1]


def _edge(edge: float) -> str:
    return "+Inf" if edge == float("inf") else f"{edge:g}"


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
