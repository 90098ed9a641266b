"""What is published, value by value."""

from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from swarmscope_exporter.collector import RunCollector, RunnerState
from swarmscope_exporter.custom import CustomMetrics
from swarmscope_exporter.endpoints import Endpoint, EndpointCatalogue
from swarmscope_exporter.health import Health
from swarmscope_exporter.merge import Merge
from swarmscope_exporter.names import Naming
from swarmscope_exporter.phases import Ending, Phase
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.run import Run
from swarmscope_exporter.run_details import RunDetails
from swarmscope_exporter.snapshot import Snapshot
from tests.exporters.test_merge import RUN, snapshot
from tests.exporters.test_recorder import Response, send

LABELS = {"run_id": RUN, "scenario": "smoke"}


@pytest.fixture
def run() -> Run:
    ticks = iter(range(1000, 2000))
    details = RunDetails("http://api.test", "staging", "1b07124", {"build": "123"})
    return Run(RUN, "smoke", 2, Merge(RUN, clock=lambda: 1500.0), details, clock=lambda: float(next(ticks)))


def registry_of(
    run: Run | None, state: RunnerState | None = None, endpoints: tuple[Endpoint, ...] = ()
) -> CollectorRegistry:
    catalogue = EndpointCatalogue()
    catalogue.declare(endpoints)
    registry = CollectorRegistry()
    registry.register(RunCollector(lambda: (run, state or RunnerState(), []) if run else None, catalogue, "2.47.0"))
    return registry


def value(registry: CollectorRegistry, metric: str, **labels: str) -> float | None:
    return registry.get_sample_value(metric, LABELS | labels)


def test_without_a_run_nothing_is_published() -> None:
    assert generate_latest(registry_of(None)) == b""


def test_each_child_of_a_declared_endpoint_exists_at_0_before_the_load(run: Run) -> None:
    registry = registry_of(run, endpoints=(Endpoint("POST", "/api/auth/register", "auth", 201),))
    endpoint = {"method": "POST", "name": "/api/auth/register"}
    for outcome, status in (("success", "201"), ("failure", "500"), ("failure", "0")):
        labels = {**endpoint, "category": "auth", "outcome": outcome}
        assert value(registry, "loadtest_requests_total", **labels, status=status) == 0
        assert value(registry, "loadtest_request_duration_seconds_count", **labels) == 0
        assert value(registry, "loadtest_request_duration_seconds_bucket", **labels, le="0.2") == 0
    for error in ("timeout", "connection", "http_4xx", "http_5xx", "validation", "other"):
        assert value(registry, "loadtest_request_errors_total", **endpoint, error=error) == 0
    assert value(registry, "loadtest_rate_limited_total", **endpoint) == 0
    for reason in ("bad_credentials", "unauthorized", "forbidden"):
        assert value(registry, "loadtest_auth_failures_total", reason=reason) == 0


def test_requests_of_two_workers_are_published_as_one_histogram_in_seconds(run: Run) -> None:
    first, second = Recorder(), Recorder()
    for recorder, response_time in ((first, 150.0), (first, 200.0), (second, 201.0)):
        send(recorder, response_time=response_time)
    run.merge.update("0", snapshot(first, 1))
    run.merge.update("1", snapshot(second, 1))
    registry = registry_of(run)
    labels = {"method": "GET", "name": "/api/chat", "category": "chat", "outcome": "success"}
    histogram = "loadtest_request_duration_seconds"
    assert value(registry, f"{histogram}_bucket", **labels, le="0.14") == 0
    assert value(registry, f"{histogram}_bucket", **labels, le="0.2") == 2
    assert value(registry, f"{histogram}_bucket", **labels, le="0.225") == 3
    assert value(registry, f"{histogram}_bucket", **labels, le="+Inf") == 3
    assert value(registry, f"{histogram}_count", **labels) == 3
    assert value(registry, f"{histogram}_sum", **labels) == pytest.approx(0.551)
    assert value(registry, "loadtest_worker_requests_total", worker="0") == 2
    assert value(registry, "loadtest_worker_last_report_timestamp_seconds", worker="1") == 1500
    assert value(registry, "loadtest_response_bytes_total", method="GET", name="/api/chat") == 300


def test_429_401_and_403_are_counted_from_the_status_whatever_the_task_made_of_them(run: Run) -> None:
    recorder = Recorder()
    send(recorder, response=Response(429))
    send(recorder, response=Response(429), exception=RuntimeError())
    send(recorder, name="/api/auth/login", response=Response(401))
    send(recorder, response=Response(401), exception=RuntimeError())
    send(recorder, response=Response(403))
    run.merge.update("0", snapshot(recorder, 1))
    registry = registry_of(run)
    assert value(registry, "loadtest_rate_limited_total", method="GET", name="/api/chat") == 2
    assert value(registry, "loadtest_rate_limited_total", method="GET", name="/api/auth/login") == 0
    reasons = ("bad_credentials", "unauthorized", "forbidden")
    assert [value(registry, "loadtest_auth_failures_total", reason=reason) for reason in reasons] == [1, 1, 1]


def test_http_requests_without_an_answer_that_a_task_called_a_success_are_counted_beside_their_status(run: Run) -> None:
    recorder = Recorder()
    for status in (200, 0, 0):
        send(recorder, response=Response(status))
    run.merge.update("0", snapshot(recorder, 1))
    registry = registry_of(run)
    labels = {"method": "GET", "name": "/api/chat"}
    of_status = {"category": "chat", "status": "0", "outcome": "success"}
    assert value(registry, "loadtest_requests_total", **labels, **of_status) == 2
    assert value(registry, "loadtest_accepted_unanswered_total", **labels) == 2


def test_requests_without_a_possible_time_are_in_the_count_and_not_in_the_histogram(run: Run) -> None:
    assert value(registry_of(run), "loadtest_requests_untimed_total") == 0
    first, second = Recorder(), Recorder()
    for recorder, response_time in ((first, 150.0), (first, None), (second, -1.0), (second, 150.0)):
        send(recorder, response_time=response_time)
    run.merge.update("0", snapshot(first, 1))
    run.merge.update("1", snapshot(second, 1))
    registry = registry_of(run)
    labels = {"method": "GET", "name": "/api/chat", "category": "chat", "outcome": "success"}
    assert value(registry, "loadtest_requests_total", **labels, status="200") == 4
    assert value(registry, "loadtest_request_duration_seconds_count", **labels) == 2
    assert value(registry, "loadtest_requests_untimed_total") == 2
    assert value(registry, "loadtest_observations_dropped_total") == 1


def test_request_types_whose_times_look_like_seconds_are_named(run: Run) -> None:
    run.merge.update("0", snapshot(Recorder(), 1, like_seconds=["grpc"]))
    run.merge.update("1", snapshot(Recorder(), 1, like_seconds=["grpc", "ws"]))
    registry = registry_of(run)
    assert [value(registry, "loadtest_times_like_seconds", method=method) for method in ("grpc", "ws")] == [1, 1]


def test_names_that_share_a_template_and_some_of_those_folded_into_one_are_published(run: Run) -> None:
    recorder = Recorder(Naming(max_names=2))
    for number in range(4):
        send(recorder, name=f"/items/{number}")
    run.merge.update("0", snapshot(recorder, 1, folded_names=recorder.folded_names))
    registry = registry_of(run)
    shared = {"template": "/items/{id}"}
    names = [f"/items/{number}" for number in range(4)]
    assert [value(registry, "loadtest_name_template", name=name, **shared) for name in names] == [1, 1, None, None]
    assert [value(registry, "loadtest_folded_name", name=name, **shared) for name in names] == [None, None, 1, 1]


def test_a_metric_of_the_locustfile_with_our_name_is_named_and_does_not_change_ours(run: Run) -> None:
    theirs = CollectorRegistry()
    Gauge("loadtest_requests_total", "Mine.", registry=theirs).set(500)
    recorder = Recorder()
    send(recorder)
    run.merge.update("0", snapshot(recorder, 1, custom=CustomMetrics(theirs).collect()))
    text = generate_latest(registry_of(run)).decode()
    assert text.count("# TYPE loadtest_requests_total") == 1
    assert value(registry_of(run), "loadtest_metrics_refused", name="loadtest_requests_total") == 1


def test_redirects_of_all_workers_are_published_from_0_on_by_where_they_led(run: Run) -> None:
    metric = "loadtest_redirects_total"
    targets = ("same_origin", "other_origin")
    assert [value(registry_of(run), metric, to=to) for to in targets] == [0, 0]
    for worker, figures in enumerate(({"redirects": 3}, {"redirects": 2, "redirects_elsewhere": 1})):
        report = snapshot(Recorder(), 1, **figures)
        run.merge.update(str(worker), Snapshot.from_wire(report.to_wire()))
    assert [value(registry_of(run), metric, to=to) for to in targets] == [5, 1]


def test_the_phase_and_its_beginnings_are_published(run: Run) -> None:
    run.enter(Phase.RAMP)
    run.enter(Phase.STEADY)
    registry = registry_of(run)
    assert [phase for phase in Phase if value(registry, "loadtest_phase", phase=phase) == 1] == [Phase.STEADY]
    starts = "loadtest_phase_start_timestamp_seconds"
    assert [value(registry, starts, phase=phase) for phase in ("prepare", "ramp", "steady")] == [1000, 1001, 1002]
    assert value(registry, starts, phase="spike") is None
    assert value(registry, "loadtest_run_end_timestamp_seconds") is None


def test_a_run_that_is_done_stays_done_and_has_its_end(run: Run) -> None:
    run.enter(Phase.DONE)
    run.enter(Phase.STEADY)
    registry = registry_of(run)
    assert value(registry, "loadtest_phase", phase="done") == 1
    assert value(registry, "loadtest_run_end_timestamp_seconds") == 1001


def test_whether_the_run_was_what_was_asked_for_is_published(run: Run) -> None:
    names = ("loadtest_user_seconds_due_total", "loadtest_user_seconds_missing_total", "loadtest_hold_seconds")
    run.planned_seconds = 200
    assert [value(registry_of(run), name) for name in names] == [0, 0, 20]
    assert [value(registry_of(run), "loadtest_run_ended", reason=reason) for reason in Ending] == [0, 0, 0, 0]
    run.user_seconds.due, run.user_seconds.missing, run.ending = 90.5, 4.5, Ending.QUIT
    assert [value(registry_of(run), name) for name in names] == [90.5, 4.5, 20]
    ended = {reason: value(registry_of(run), "loadtest_run_ended", reason=reason) for reason in Ending}
    assert ended == {"planned": 0, "stopped": 0, "decided": 0, "quit": 1}


def test_what_locust_knows_is_published_beside_what_was_merged(run: Run) -> None:
    state = RunnerState({"Shopper": 3}, {"Shopper": 5}, {"running": 2, "missing": 1}, 1234, Health(0.5, 0.02, 0.1))
    registry = registry_of(run, state)
    assert value(registry, "loadtest_generator_loop_late_ratio", worker="master") == 0.1
    assert value(registry, "loadtest_users", user_class="Shopper") == 3
    assert value(registry, "loadtest_users_target", user_class="Shopper") == 5
    assert value(registry, "loadtest_workers", state="running") == 2
    assert value(registry, "loadtest_workers", state="missing") == 1
    assert value(registry, "loadtest_locust_requests_total") == 1234
    assert value(registry, "loadtest_generator_cpu_ratio", worker="master") == 0.5


def test_a_request_name_cannot_inject_labels_or_lines(run: Run) -> None:
    evil = 'x",le="+Inf"} 1\nloadtest_requests_total{a="b\\'
    recorder = Recorder()
    send(recorder, name=evil)
    run.merge.update("0", snapshot(recorder, 1))
    families: list[Any] = list(text_string_to_metric_families(generate_latest(registry_of(run)).decode()))
    (requests,) = [family for family in families if family.name == "loadtest_requests"]
    assert [sample.labels["name"] for sample in requests.samples] == [evil]


def test_every_series_carries_the_run_and_the_scenario(run: Run) -> None:
    recorder = Recorder()
    send(recorder)
    run.merge.update("0", snapshot(recorder, 1))
    text = generate_latest(registry_of(run, RunnerState({"U": 1}, {"U": 1}, {"running": 1}))).decode()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            assert {name: sample.labels.get(name) for name in LABELS} == LABELS, sample.name


def test_what_a_run_says_of_itself_is_on_its_info_series_alone(run: Run) -> None:
    registry = registry_of(run)
    info = {"host": "http://api.test", "version": "2.47.0", "workers_expected": "2"}
    assert value(registry, "loadtest_run_info", **info, environment="staging", commit="1b07124", build="123") == 1
    others = [family for family in registry.collect() if family.name != "loadtest_run_info"]
    assert not {"host", "environment", "commit", "build"} & {
        label for family in others for sample in family.samples for label in sample.labels
    }
    run.details = RunDetails("http://api.test")
    assert value(registry, "loadtest_run_info", **info) == 1
