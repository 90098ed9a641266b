"""What an objective's interval is worked out from: the rules' counts, by what they are of."""

from __future__ import annotations

import math

import pytest

from swarmscope.objectives import BUILT_IN, Interval, Objective
from swarmscope.prometheus.series import Sample, Series
from swarmscope.verdict.confidence import Counted, Observations, share_interval
from swarmscope.verdict.counts import Counts, CountTable, alternatives, counts_of, interval_of
from tests.verdict.builders import objective

LATENCY = {0.1: 900.0, 0.2: 960.0, 0.3: 1000.0, math.inf: 1000.0}


def row(of: str, value: float, **labels: str) -> Series:
    return Series({"of": of, **labels}, (Sample(0.0, value),))


def buckets(of: str, within: dict[float, float], **labels: str) -> list[Series]:
    return [row(of, count, le="+Inf" if math.isinf(edge) else f"{edge:g}", **labels) for edge, count in within.items()]


def interval(asked: Objective, *rows: Series) -> Interval:
    table, counts = CountTable(rows), counts_of(asked)
    assert counts is not None
    found = next(each for each in alternatives(counts) if table.counted(each, asked) is not None)
    total = table.counted(found, asked)
    assert total is not None
    return interval_of(asked, found, Observations(total, (), 30.0), table)


def asked(objective_name: str, bound: str, threshold: float, **changed: str) -> Objective:
    return objective(objective=objective_name, bound=bound, threshold=threshold, confidence=0.95, **changed)


def test_a_quantile_counts_what_is_slower_than_its_edge() -> None:
    table = CountTable(buckets("latency_bucket", LATENCY))
    p95 = asked("latency_p95_seconds", "max", 0.2)
    assert table.counted(Counts("latency_bucket", buckets=True), p95) == Counted(40.0, 1000.0)
    assert interval(p95, *buckets("latency_bucket", LATENCY)).high == pytest.approx(0.2036, abs=1e-4)


def test_a_threshold_that_is_not_an_edge_was_not_counted() -> None:
    table = CountTable(buckets("latency_bucket", LATENCY))
    assert table.counted(Counts("latency_bucket", buckets=True), asked("latency_p95_seconds", "max", 0.21)) is None


def test_the_latency_of_an_endpoint_is_its_response_time_where_it_has_one() -> None:
    chat = {"method": "POST", "name": "/chat"}
    p95 = asked("endpoint_latency_p95_seconds", "max", 0.2, **chat)
    service = buckets("endpoint_bucket", LATENCY, **chat)
    slower = {edge: count / 2 if edge < 1 else count for edge, count in LATENCY.items()}
    assert interval(p95, *service).high == pytest.approx(0.2036, abs=1e-4)
    assert interval(p95, *service, *buckets("endpoint_response_bucket", slower, **chat)).high is None


def test_a_share_that_has_to_be_high_is_judged_by_the_rest() -> None:
    good = interval(
        asked("citation_ratio", "min", 0.8),
        row("share", 100.0, objective="citation_ratio"),
        row("share_counted", 90.0, objective="citation_ratio"),
    )
    bad = share_interval(Observations(Counted(10.0, 100.0), (), 30.0), 0.2, 0.95)
    assert bad.low is not None
    assert bad.high is not None
    assert (good.low, good.high) == pytest.approx((1 - bad.high, 1 - bad.low))


def test_availability_is_judged_by_the_requests_that_were_not_answered() -> None:
    found = interval(asked("availability_ratio", "min", 0.95), row("unavailable", 0.0), row("requests", 59.0))
    assert found.low is not None
    assert found.low >= 0.95
    assert found.high == 1.0


def test_shares_of_several_instances_are_added_up() -> None:
    table = CountTable(
        row(of, value, objective="cache_hit_ratio", instance=instance)
        for instance in ("a", "b")
        for of, value in (("share", 50.0), ("share_counted", 40.0))
    )
    assert table.counted(Counts("share_counted", "share"), asked("cache_hit_ratio", "min", 0.7)) == Counted(80, 100)


def test_connections_that_were_never_opened_cannot_be_dropped() -> None:
    table = CountTable(
        [
            row("websocket_connect_drops", 2.0),
            row("websocket_connect_count", 50.0),
            row("websocket_connect_failures", 10.0),
        ]
    )
    drops = asked("websocket_drop_ratio", "max", 0.05)
    counts = counts_of(drops)
    assert counts is not None
    assert table.counted(counts, drops) == Counted(2.0, 40.0)


@pytest.mark.parametrize(
    ("name", "bound", "threshold"),
    [
        ("error_ratio", "max", 0.0),
        ("availability_ratio", "min", 1.0),
        ("latency_max_seconds", "max", 0.2),
        ("endpoint_error_ratio", "max", 0.5),
    ],
)
def test_what_no_number_of_samples_would_show_has_no_interval(name: str, bound: str, threshold: float) -> None:
    assert counts_of(asked(name, bound, threshold)) is None


#: What is neither a share of counted events, a quantile, a mean nor a rate.
WITHOUT = {"latency_drift_ratio", "target_memory_growth_ratio", "target_pool_in_use_ratio", "recovery_seconds"}


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_objective_of_the_product_is_counted_or_has_no_interval_for_a_reason(name: str) -> None:
    endpoint = {"method": "GET", "name": "/x"} if name.startswith("endpoint_") else {}
    counts = counts_of(asked(name, BUILT_IN[name].bound, 0.2, **endpoint))
    if name in WITHOUT or name.endswith("_max_seconds"):
        assert counts is None or counts.part == "share_counted"  # which the rules do not count for it
    elif name != "ramp_error_ratio":
        assert counts is not None
        assert counts.part != "share_counted"
