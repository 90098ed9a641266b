"""Times from the intended start, and the books of arrivals, as they are published."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgpack
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from swarmscope_exporter.arrival_plan import ArrivalPlan
from swarmscope_exporter.collector import RunnerState
from swarmscope_exporter.intended_starts import Start
from swarmscope_exporter.merge import Merge
from swarmscope_exporter.phases import Ending, Phase
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.run import Run
from swarmscope_exporter.run_details import RunDetails
from swarmscope_exporter.snapshot import Snapshot, pack_waits
from tests.exporters.test_collector import registry_of, value
from tests.exporters.test_merge import RUN, snapshot
from tests.exporters.test_recorder import send

RESPONSE, SERVICE = "loadtest_response_time_seconds", "loadtest_request_duration_seconds"


@pytest.fixture
def run() -> Run:
    return Run(RUN, "smoke", 1, Merge(RUN))


def report(run: Run, recorder: Recorder, worker: str = "0", **figures: Any) -> None:
    waits = {"unserved": pack_waits(recorder.intended_starts.unserved)}
    given = {"has_intended_starts": True, "waits": waits} | figures
    wire = snapshot(recorder, 1, **given).to_wire()
    run.merge.update(worker, Snapshot.from_wire(msgpack.loads(msgpack.dumps(wire), strict_map_key=False)))


def registry(run: Run) -> CollectorRegistry:
    return registry_of(run, RunnerState())


def of(name: str, category: str = "shop") -> dict[str, str]:
    return {"method": "GET", "name": name, "category": category, "outcome": "success"}


def seen() -> Recorder:
    """Return what a process saw: a delayed request, one on time, and one start that never took place."""
    recorder = Recorder()
    recorder.intended_starts.begin(Start(990.0))
    send(recorder, name="/api/shop/a", response_time=10.0)
    send(recorder, name="/api/shop/b", response_time=10.0)
    recorder.intended_starts.not_served([3000.0])
    return recorder


def test_all_names_together_are_the_response_times_of_all_requests(run: Run) -> None:
    report(run, seen())
    published = registry(run)
    assert value(published, f"{RESPONSE}_count", **of("(all)")) == 2
    assert value(published, f"{RESPONSE}_sum", **of("(all)")) == pytest.approx(1.01)
    assert value(published, f"{SERVICE}_sum", **of("/api/shop/a")) == pytest.approx(0.01), "the service time stays"
    never = {"method": "(not started)", "name": "(all)", "category": "", "outcome": "failure"}
    assert value(published, f"{RESPONSE}_sum", **never) == pytest.approx(3.0)


def test_endpoints_have_series_of_their_own_where_a_threshold_speaks_of_them(run: Run) -> None:
    report(run, seen())
    run.details = RunDetails(timed=frozenset({("GET", "/api/shop/a")}))
    published = registry(run)
    assert value(published, f"{RESPONSE}_sum", **of("/api/shop/a")) == pytest.approx(1.0)
    assert published.get_sample_value(f"{RESPONSE}_sum", run.labels | of("/api/shop/b")) is None
    run.details = replace(run.details, timed=None)
    assert value(registry(run), f"{RESPONSE}_sum", **of("/api/shop/b")) == pytest.approx(0.01), "it is not known which"


def test_only_categories_that_are_judged_apart_have_a_sum_of_their_own(run: Run) -> None:
    recorder = seen()
    send(recorder, name="/api/ads/c", response_time=10.0)
    report(run, recorder)
    run.details = RunDetails(apart=frozenset({"ads"}))
    published = registry(run)
    assert value(published, f"{RESPONSE}_count", **of("(all)", "")) == 2
    assert value(published, f"{RESPONSE}_count", **of("(all)", "ads")) == 1


def test_what_was_never_timed_is_not_in_the_sum(run: Run) -> None:
    recorder = seen()
    send(recorder, name="/api/shop/untimed", response_time=0.0)
    report(run, recorder)
    assert value(registry(run), f"{RESPONSE}_count", **of("(all)")) == 2


def test_a_run_without_intended_starts_publishes_none_of_it(run: Run) -> None:
    report(run, Recorder(), has_intended_starts=False)
    text = generate_latest(registry(run)).decode()
    for metric in (RESPONSE, "loadtest_missed_starts", "loadtest_arrivals", "loadtest_arrival_lateness"):
        assert metric not in text


def test_missed_starts_are_added_up_by_user_class(run: Run) -> None:
    report(run, Recorder(), missed_starts={"Reader": 3})
    report(run, Recorder(), "1", missed_starts={"Reader": 4})
    assert value(registry(run), "loadtest_missed_starts_total", user_class="Reader") == 7


def test_the_books_of_arrivals_are_published_in_all_and_for_each_worker(run: Run) -> None:
    run.arrival_plan = ArrivalPlan(("0", "1"))
    run.arrival_plan.total = 40
    report(run, Recorder(), arrivals=[20, 17, 2, 1, 0, 40], final=True)
    report(run, Recorder(), "1", arrivals=[12, 12, 0, 0, 0, 24])
    published = registry(run)
    assert value(published, "loadtest_arrivals_scheduled_total") == 32
    run.ending = Ending.PLANNED
    run.enter(Phase.DONE)  # and the other worker has not sent a last report
    published = registry(run)
    assert value(published, "loadtest_arrivals_scheduled_total") == 40
    outcomes = {"started": 29, "dropped": 2, "cut_off": 1, "lost": 8}
    for outcome, count in outcomes.items():
        assert value(published, "loadtest_arrivals_total", outcome=outcome) == count
    assert value(published, "loadtest_worker_arrivals_total", worker="0", outcome="started") == 17
    assert value(published, "loadtest_worker_arrivals_scheduled_total", worker="1") == 12
