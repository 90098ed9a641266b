"""How sure each objective is, as read from Prometheus: totals, windows, and what each threshold asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from swarmscope.objectives import Objective
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.series import Sample, Series
from swarmscope.verdict.evidence import RunFacts
from swarmscope.verdict.read_confidence import ConfidenceReader
from tests.verdict.builders import objective

BEGIN, END = 1000.0, 1060.0
FACTS = RunFacts("r", "s", 990.0, 995.0, END + 2, phases={"steady": BEGIN, "stopping": END})
Labels = dict[str, str]
Counter = tuple[Labels, float, Mapping[int, float]]


class Holding(PrometheusApi):
    """Holds counters that grow from their birth on, each with a value at any time; remembers what was asked."""

    def __init__(self, confidences: list[tuple[Labels, float]], counts: list[Counter]):
        super().__init__("http://127.0.0.1:9")
        self.confidences, self.counts = confidences, counts
        self.ranges: list[tuple[str, float, float, float]] = []

    def instant(self, query: str, at_seconds: float | None = None) -> tuple[Series, ...]:  # noqa: ARG002
        rows = self.confidences if "run_confidence" in query else [(labels, total) for labels, total, _ in self.counts]
        return tuple(Series(labels, (Sample(END, value),)) for labels, value in rows)

    def over_time(self, query: str, begin: float, end: float, step_seconds: float) -> tuple[Series, ...]:
        self.ranges.append((query, begin, end, step_seconds))
        return tuple(
            Series(labels, tuple(Sample(begin + step * step_seconds, value) for step, value in steps.items()))
            for labels, _, steps in self.counts
            if steps
        )


def evenly(total: float, windows: int = 20) -> dict[int, float]:
    return {step: total * step / windows for step in range(windows + 1)}


def read(holding: Holding, *objectives: Objective) -> tuple[Objective, ...]:
    reader = ConfidenceReader(holding, FACTS, 120.0)
    return reader.with_intervals(reader.required(objectives))


P95 = objective(threshold=0.2, measured=0.15)
ERRORS = objective(objective="error_ratio", threshold=0.05, measured=0.02)
RATE = objective(objective="throughput_requests_per_second", bound="min", threshold=10.0, measured=20.0)
ASKED: list[tuple[Labels, float]] = [
    ({"objective": "latency_p95_seconds", "severity": "critical"}, 0.99),
    ({"objective": "error_ratio", "severity": "critical", "undecided": "warns"}, 0.95),
]


def test_each_threshold_asks_for_its_own_confidence_and_those_that_say_nothing_for_the_default() -> None:
    p95, errors, rate = ConfidenceReader(Holding(ASKED, []), FACTS, 120.0).required((P95, ERRORS, RATE))
    assert [(each.confidence, each.only_warns) for each in (p95, errors, rate)] == [
        (0.99, False),
        (0.95, True),
        (0.95, False),
    ]


def test_each_of_several_looks_is_stricter_but_what_is_off_stays_off() -> None:
    off: list[tuple[Labels, float]] = [({"objective": "latency_p95_seconds", "severity": "critical"}, 0.0)]
    p95, errors = ConfidenceReader(Holding(off, []), FACTS, 120.0).required((P95, ERRORS), looks=5)
    assert p95.confidence == 0.0
    assert errors.confidence == pytest.approx(0.99)


def test_rules_that_know_of_no_confidence_ask_for_none() -> None:
    assert read(Holding([], []), P95, ERRORS) == (P95, ERRORS)


def test_twenty_windows_of_the_judged_part_say_how_many_samples_are_independent() -> None:
    burst = {step: 0.0 if step < 10 else 20.0 for step in range(21)}
    counts: list[Counter] = [
        ({"of": "failures"}, 20.0, burst),
        ({"of": "requests"}, 1000.0, evenly(1000.0)),
    ]
    holding = Holding(ASKED, counts)
    (errors,) = read(holding, ERRORS)
    assert errors.interval is not None
    assert errors.interval.effective_samples < 100  # all failures are in one window of twenty
    ((query, begin, end, step),) = holding.ranges
    assert (begin, end, step) == (BEGIN, END, 3.0)
    assert 'of=~"failures|requests"' in query
    (spread,) = read(Holding(ASKED, [(counts[0][0], 20.0, evenly(20.0)), counts[1]]), ERRORS)
    assert spread.interval is not None
    assert spread.interval.effective_samples > 800


def test_a_quantile_is_read_at_the_edge_of_its_threshold() -> None:
    counts: list[Counter] = [
        ({"of": "latency_bucket", "le": "0.2"}, 990.0, evenly(990.0)),
        ({"of": "latency_bucket", "le": "0.3"}, 1000.0, {}),
        ({"of": "latency_bucket", "le": "+Inf"}, 1000.0, evenly(1000.0)),
    ]
    holding = Holding(ASKED, counts)
    (p95,) = read(holding, P95)
    assert p95.interval is not None
    assert (p95.interval.effective_samples, p95.is_undecided) == (1000, False)
    assert r'le=~"|\\+Inf|0\\.2"' in holding.ranges[0][0]


def test_where_other_edges_alone_were_kept_each_observation_counts_as_one() -> None:
    counts: list[Counter] = [
        ({"of": "latency_bucket", "le": "0.2"}, 990.0, {20: 990.0}),
        ({"of": "latency_bucket", "le": "+Inf"}, 1000.0, evenly(1000.0)),
    ]
    (p95,) = read(Holding(ASKED, counts), P95)
    assert p95.interval is not None
    assert p95.interval.effective_samples == 1000


def test_a_rate_leaves_out_the_time_before_the_first_report() -> None:
    clock = {step: 1e9 + 3.0 * step for step in range(1, 21)}
    counts: list[Counter] = [
        ({"of": "requests"}, 1200.0, evenly(1200.0)),
        ({"of": "clock_seconds"}, 60.0, clock),
    ]
    (rate,) = read(Holding(ASKED, counts), RATE)
    assert rate.interval is not None
    assert rate.interval.low == pytest.approx(20.0)
    assert rate.interval.effective_samples == 19


def test_a_short_run_has_no_windows_and_a_mean_says_how_much_longer_it_has_to_be() -> None:
    short = replace(FACTS, phases={"steady": BEGIN, "stopping": BEGIN + 9})
    counts: list[Counter] = [
        ({"of": "requests"}, 180.0, {}),
        ({"of": "clock_seconds"}, 9.0, {}),
    ]
    holding = Holding(ASKED, counts)
    reader = ConfidenceReader(holding, short, 120.0)
    (rate,) = reader.with_intervals(reader.required((RATE,)))
    assert rate.interval is not None
    assert (rate.interval.low, rate.interval.more_seconds, rate.is_undecided) == (None, 6.0, True)
    assert holding.ranges == []


def test_what_was_not_counted_is_undecided() -> None:
    (p95,) = read(Holding(ASKED, []), P95)
    assert p95.interval is not None
    assert (p95.interval.method, p95.is_undecided) == ("no counts", True)
