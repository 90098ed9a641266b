"""A locustfile's own metrics, merged over workers."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from swarmscope_exporter import shares, transactions, websocket
from swarmscope_exporter.custom import RECORDED_BY_USERS, CustomMerge, CustomMetrics, reserved_names


class Worker:
    """The metrics of one process, in a registry of their own, and their way to the master."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.metrics = CustomMetrics(self.registry)

    def report(self) -> list[dict[str, Any]]:
        wire: list[dict[str, Any]] = msgpack.loads(msgpack.dumps(self.metrics.collect()), strict_map_key=False)
        return wire


def published(merge: CustomMerge) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in merge.families({})
        for sample in family.samples
    }


def test_counters_and_histograms_are_summed_over_workers_and_reports() -> None:
    merge = CustomMerge()
    for name in ("0", "1"):
        worker = Worker()
        orders = Counter("orders", "Orders.", ["kind"], registry=worker.registry)
        seconds = Histogram("payment_seconds", "Payment.", buckets=(1, 2), registry=worker.registry)
        for _ in range(3):
            orders.labels("gift").inc()
            seconds.observe(1.5)
            merge.update(name, worker.report())
    values = published(merge)
    assert values["orders_total", (("kind", "gift"),)] == 6
    assert [values["payment_seconds_bucket", (("le", le),)] for le in ("1.0", "2.0", "+Inf")] == [0, 6, 6]
    assert (values["payment_seconds_count", ()], values["payment_seconds_sum", ()]) == (6, 9.0)


def test_a_child_that_stands_at_0_is_published() -> None:
    worker, merge = Worker(), CustomMerge()
    Counter("orders", "Orders.", ["kind"], registry=worker.registry).labels("gift")
    merge.update("0", worker.report())
    assert published(merge) == {("orders_total", (("kind", "gift"),)): 0}


def test_gauges_are_combined_as_they_say() -> None:
    merge = CustomMerge()
    for name, values in (("0", (5, 3)), ("1", (4, 4)), ("0", (1, 2))):
        for value in values:
            worker = Worker()
            for mode in ("livesum", "max", "min", "all"):
                Gauge(mode, "A gauge.", multiprocess_mode=mode, registry=worker.registry).set(value)
            merge.update(name, worker.report())
    assert published(merge) == {
        ("livesum", ()): 6,
        ("max", ()): 4,
        ("min", ()): 2,
        ("all", (("worker", "0"),)): 2,
        ("all", (("worker", "1"),)): 4,
    }


def test_a_child_that_a_worker_removed_counts_no_more() -> None:
    merge, worker = CustomMerge(), Worker()
    open_orders = Gauge("open", "Open.", ["kind"], multiprocess_mode="sum", registry=worker.registry)
    latest = Gauge("latest", "Latest.", ["kind"], multiprocess_mode="max", registry=worker.registry)
    for gauge in (open_orders, latest):
        gauge.labels("gift").set(3)
    merge.update("0", worker.report())
    for gauge in (open_orders, latest):
        gauge.remove("gift")
    merge.update("0", worker.report())
    assert published(merge) == {("open", (("kind", "gift"),)): 0}


def test_a_name_of_two_types_is_published_as_the_first_has_it() -> None:
    merge, first, second = CustomMerge(), Worker(), Worker()
    Counter("things", "Things.", registry=first.registry).inc(2)
    Gauge("things", "Things.", registry=second.registry).set(7)
    merge.update("0", first.report())
    merge.update("1", second.report())
    assert published(merge) == {("things_total", ()): 2}


def test_a_run_begins_at_0_in_a_process_that_has_counted_before() -> None:
    merge, worker = CustomMerge(), Worker()
    orders = Counter("orders", "Orders.", registry=worker.registry)
    orders.inc(41.5)
    worker.metrics.reset()
    orders.inc(0.25)
    merge.update("0", worker.report())
    assert published(merge) == {("orders_total", ()): 0.25}


def test_a_label_that_is_no_valid_text_neither_stops_a_report_nor_a_scrape() -> None:
    merge, worker = CustomMerge(), Worker()
    Counter("orders", "Orders.", ["kind"], registry=worker.registry).labels("gift\ud800").inc()
    merge.update("0", worker.report())
    assert published(merge) == {("orders_total", (("kind", "gift?"),)): 1}


RESERVED = (
    "loadtest_requests",
    "loadtest_anything_of_theirs",
    "loadtest:objective",
    "up",
    "ALERTS",
    "prometheus_ready",
)


@pytest.mark.parametrize("name", RESERVED)
def test_a_metric_with_a_reserved_name_is_not_published_and_its_name_is_kept(name: str) -> None:
    worker, merge = Worker(), CustomMerge()
    Gauge(name, "Theirs.", registry=worker.registry).set(3)
    Counter("orders", "Orders.", registry=worker.registry).inc()
    merge.update("0", worker.report())
    assert published(merge) == {("orders_total", ()): 1}
    assert merge.refused == {name}
    assert reserved_names(worker.registry) == (name,)


@pytest.mark.parametrize("name", ["loadtester_orders", "my_loadtest_requests", "uptime", "scraped_pages"])
def test_a_name_that_only_looks_like_one_is_published(name: str) -> None:
    worker, merge = Worker(), CustomMerge()
    Gauge(name, "Theirs.", registry=worker.registry).set(3)
    merge.update("0", worker.report())
    assert published(merge) == {(name, (("worker", "0"),)): 3}
    assert (merge.refused, reserved_names(worker.registry)) == (set(), ())


def test_the_metrics_that_users_record_by_functions_of_ours_may_have_our_prefix() -> None:
    modules = (shares, transactions, websocket)
    families = {m._name for module in modules for m in vars(module).values() if isinstance(m, MetricWrapperBase)}
    families |= {metric._name for metric in websocket.WEBSOCKET_SECONDS.values()}
    assert families == RECORDED_BY_USERS
