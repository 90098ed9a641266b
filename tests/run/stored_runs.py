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
    load: Load = Load(),
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
    folder: Path = results / run_id
    place = folder / "evidence"
    (place / "rules").mkdir(parents=True)
    (place / "rules" / "sli.yml").write_text("groups: []\n")
    with gzip.open(place / "series.gz", "wt", encoding="utf-8", newline="\n") as file:
        writer = SeriesWriter(file)
        for each in series(list(_Recorded(run_id, scenario, start, load).series())):
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


class _Recorded:
    """What an exporter and the rules would have left, which were evaluated right at each scrape."""

    def __init__(self, run_id: str, scenario: str, start: int, load: Load) -> None:
        self._own = {"run_id": run_id, "scenario": scenario}
        self._load, self._start = load, start
        self._steps = (load.seconds + STOPPING_SECONDS) // STEP_SECONDS
        self._loaded = load.seconds // STEP_SECONDS
        self._times = tuple((start + STEP_SECONDS * step) * 1000 for step in range(self._steps + 1))
        self._random = Random(load.seed)
        self._of_all: dict[tuple[str, str], list[float]] = {}

    def series(self) -> Iterator[StoredSeries]:
        for name in self._load.endpoints:
            yield from self._endpoint(name)
        for (of, edge), at in self._of_all.items():
            yield self._one("loadtest:count", at, of=of, **({"le": edge} if edge else {}))
        yield from self._marks()
        requests = self._of_all["requests", ""]
        if self._load.responses is not None:
            yield self._one("loadtest_response_time_seconds_sum", requests, method="GET", name="(all)")
            yield self._one("loadtest_arrivals_scheduled_total", [50.0 * each for each in self._clock(0)])
        yield self._of_target("process_cpu_seconds_total", [0.002 * each for each in requests], job="api")
        yield self._of_target("loadtest:target_requests_total", requests)
        yield self._of_target("loadtest:target_memory_bytes", [1e6 + 1000 * step for step in range(self._steps + 1)])
        yield self._of_target("loadtest:target_pool_in_use_ratio", [0.25] * len(self._times))

    def _endpoint(self, name: str) -> Iterator[StoredSeries]:
        load, chance = self._load, self._random
        by_step = [round(load.per_step * chance.uniform(0.8, 1.2)) for _ in range(self._loaded)]
        requests = list(accumulate([0.0, *by_step, *[0.0] * (self._steps - self._loaded)]))
        failures = [float(round(load.failed * each)) for each in requests]
        labels = {"method": "GET", "name": name, "category": "", "job": "loadtest"}
        successes = [all_of - failed for all_of, failed in zip(requests, failures, strict=True)]
        for outcome, values in (("success", successes), ("failure", failures)):
            yield self._one("loadtest_requests_total", values, **labels, outcome=outcome, status="200")
        self._add("requests", requests)
        self._add("failures", failures)
        longer = (load.responses or {}).get(name)
        yield from self._times_of("loadtest_request_duration_seconds", requests, 1.0, labels, is_latency=longer is None)
        if longer is not None:
            yield from self._times_of("loadtest_response_time_seconds", requests, longer, labels, is_latency=True)

    def _times_of(
        self, metric: str, requests: Sequence[float], longer: float, labels: Mapping[str, str], *, is_latency: bool
    ) -> Iterator[StoredSeries]:
        shares = {_edge(edge): _share_below(self._load, edge, longer * self._load.slower) for edge in self._load.edges}
        for edge, share in {**shares, "+Inf": 100.0}.items():
            cumulative = [float(round(each * share / 100)) for each in requests]
            yield self._one(f"{metric}_bucket", cumulative, **labels, outcome="success", le=edge)
            if is_latency:
                self._add("latency_bucket", cumulative, edge)
        sums = [each * 0.01 * longer * self._load.slower for each in requests]
        yield self._one(f"{metric}_sum", sums, **labels, outcome="success")
        if is_latency:
            self._add("latency_sum", sums)

    def _marks(self) -> Iterator[StoredSeries]:
        begun, ended = [float(self._start + after) for after in (RAMP_SECONDS, self._load.seconds)]
        yield self._one("loadtest:count", self._clock(self._start), of="clock_seconds")
        yield self._one("loadtest:begun_seconds", [begun] * len(self._times), RAMP_SECONDS // STEP_SECONDS)
        yield self._one("loadtest:ended_seconds", [ended] * len(self._times), self._steps)

    def _clock(self, start: float) -> list[float]:
        return [float(start + STEP_SECONDS * min(step, self._loaded)) for step in range(self._steps + 1)]

    def _one(self, metric: str, values: Sequence[float], first: int = 0, /, **labels: str) -> StoredSeries:
        found = {"__name__": metric, **self._own, **labels}
        return StoredSeries(found, self._times[first:], tuple(f"{each:.12g}" for each in values[first:]))

    def _of_target(self, metric: str, values: Sequence[float], **labels: str) -> StoredSeries:
        found = {"__name__": metric, "instance": "127.0.0.1:8000", **labels}
        return StoredSeries(found, self._times, tuple(f"{each:.12g}" for each in values))

    def _add(self, of: str, at: Sequence[float], edge: str = "") -> None:
        before = self._of_all.get((of, edge), [0.0] * len(at))
        self._of_all[of, edge] = [a + b for a, b in zip(before, at, strict=True)]


def _share_below(load: Load, edge: float, slower: float) -> float:
    """Return the share of times below an edge, in percent, when all are longer by a factor: of a lower edge before."""
    places = (0.0, *load.edges)
    shares = (0.0, *accumulate(load.shares))
    before = edge / slower
    for index in range(1, len(places)):
        if before <= places[index]:
            part = (before - places[index - 1]) / (places[index] - places[index - 1])
            return shares[index - 1] + part * (shares[index] - shares[index - 1])
    return shares[-1]


def _edge(edge: float) -> str:
    return f"{edge:g}"


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
