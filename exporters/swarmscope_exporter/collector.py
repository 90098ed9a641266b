"""Renders a run as prometheus-client metric families: the metrics contract, in one place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from swarmscope_exporter.cells import Cell, CellKey
from swarmscope_exporter.endpoints import EndpointCatalogue
from swarmscope_exporter.errors import ErrorKind
from swarmscope_exporter.families import counter, gauge, histogram, with_run
from swarmscope_exporter.health import Health
from swarmscope_exporter.overhead import RECORDER, REPORTS, SCRAPES
from swarmscope_exporter.phases import Ending, Phase
from swarmscope_exporter.recorder import ACCEPTED_UNANSWERED
from swarmscope_exporter.run import Run
from swarmscope_exporter.saturation import (
    MAX_WORKER_SERIES,
    OTHER_WORKERS,
    busiest,
    latest_loops,
    longest_silent,
    most_blocked,
)
from swarmscope_exporter.snapshot import Snapshot
from swarmscope_exporter.start_families import start_families
from swarmscope_exporter.user_families import user_families
from swarmscope_exporter.verdict_family import verdict_family

OUTCOMES = ("success", "failure")
WORKER_STATES = ("ready", "spawning", "running", "missing", "stopped")
AUTH_FAILURE_REASONS = ("bad_credentials", "unauthorized", "forbidden")


@dataclass(frozen=True)
class RunnerState:
    """What Locust's runner knows and the merge does not."""

    users: Mapping[str, int] = field(default_factory=dict)
    users_target: Mapping[str, int] = field(default_factory=dict)
    workers: Mapping[str, int] = field(default_factory=dict)
    locust_requests: int = 0
    master_health: Health = field(default_factory=Health)
    master_unhandled_exceptions: int = 0
    master_cpu_seconds: float | None = None  #: None where the users run in the same process
    master_own_seconds: Mapping[str, float] = field(default_factory=dict)
    user_classes: tuple[str, ...] = ()
    exit_code: int = 0  #: set by the locustfile, see `swarmscope_exporter.exit_code`


class RunCollector(Collector):
    """Yields every series of the run that ``current`` returns; nothing while there is none.

    ``current`` returns the run, its runner's state and the master's own custom metrics.
    """

    def __init__(
        self,
        current: Callable[[], tuple[Run, RunnerState, list[dict[str, Any]]] | None],
        catalogue: EndpointCatalogue,
        version: str,
    ) -> None:
        self._current = current
        self._catalogue = catalogue
        self._version = version

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        current = self._current()
        if current is None:
            return
        run, state, own_custom = current
        yield from self._run_families(run)
        yield from _plan_families(run)
        yield from _runner_families(run, state)
        yield from _worker_families(run, state)
        yield from _cost_families(run, state)
        yield from _time_families(run)
        yield from _name_families(run)
        yield from user_families(run, state.user_classes, state.exit_code)
        cells = self._with_declared(run.merge.cells)
        yield from self._request_families(run, cells)
        yield from start_families(run, cells, self._labels_of)
        # The master runs no users, so its counters stand at 0: they make the series exist before the first report.
        own_counters = [entry for entry in own_custom if entry["type"] != "gauge"]
        run.merge.custom.update("master", own_counters)
        yield from run.merge.custom.families(run.labels)
        yield _refused_metrics(run)

    def _run_families(self, run: Run) -> Iterator[Metric]:
        yield self._info(run)
        if run.planned_seconds:
            yield gauge(run, "loadtest_run_planned_seconds", "Length that the run should have.", run.planned_seconds)
        yield gauge(run, "loadtest_workers_expected", "Workers that the run began with.", run.workers_expected)
        yield gauge(run, "loadtest_run_start_timestamp_seconds", "When the run began.", run.start_timestamp_seconds)
        if run.end_timestamp_seconds is not None:
            yield gauge(
                run, "loadtest_run_end_timestamp_seconds", "When the totals became final.", run.end_timestamp_seconds
            )
        if run.verdict is not None:
            yield verdict_family(run.run_id, run.scenario, run.verdict.outcome)
        phases = GaugeMetricFamily("loadtest_phase", "1 for the phase the run is in, else 0.", labels=with_run("phase"))
        starts = GaugeMetricFamily(
            "loadtest_phase_start_timestamp_seconds", "When a phase first began.", labels=with_run("phase")
        )
        for phase in Phase:
            phases.add_metric([run.run_id, run.scenario, phase], 1 if run.phase is phase else 0)
            if phase in run.phase_start_timestamps_seconds:
                starts.add_metric([run.run_id, run.scenario, phase], run.phase_start_timestamps_seconds[phase])
        yield phases
        yield starts

    def _info(self, run: Run) -> Metric:
        """Return the one series that carries what the run was told of itself: labels of others would be too many."""
        details = run.details
        fixed = {"host": details.host, "version": self._version, "workers_expected": str(run.workers_expected)}
        labels = fixed | details.info_labels
        info = GaugeMetricFamily(
            "loadtest_run_info", "The run under way or the last one; always 1.", labels=with_run(*labels)
        )
        info.add_metric([run.run_id, run.scenario, *labels.values()], 1)
        return info

    def _with_declared(self, cells: Mapping[CellKey, Cell]) -> dict[CellKey, Cell]:
        """Return the merged cells, and an empty one for each outcome of a declared endpoint that was not yet seen."""
        empty = Cell()
        declared: dict[CellKey, Cell] = {}
        for endpoint in self._catalogue.endpoints:
            declared[CellKey(endpoint.method, endpoint.name, endpoint.status, "")] = empty
            for kind in ErrorKind:
                declared[CellKey(endpoint.method, endpoint.name, _usual_status(kind), kind)] = empty
        return {**declared, **cells}

    def _request_families(self, run: Run, cells: Mapping[CellKey, Cell]) -> Iterator[Metric]:
        by_status: dict[tuple[str, ...], int] = defaultdict(int)
        errors: dict[tuple[str, ...], int] = defaultdict(int)
        sizes: dict[tuple[str, ...], int] = defaultdict(int)
        limited: dict[tuple[str, ...], int] = defaultdict(int)
        accepted: dict[tuple[str, ...], int] = defaultdict(int)
        auth: dict[tuple[str, ...], int] = {(reason,): 0 for reason in AUTH_FAILURE_REASONS}
        for key, cell in cells.items():
            count = cell.count
            category = self._catalogue.category(key.name)
            by_status[key.method, key.name, category, str(max(0, key.status)), _outcome(key)] += count
            accepted[key.method, key.name] += count if key.status == ACCEPTED_UNANSWERED else 0
            sizes[key.method, key.name] += cell.bytes
            limited[key.method, key.name] += count if key.status == 429 else 0
            if key.error:
                errors[key.method, key.name, key.error] += count
            reason = _auth_failure_reason(key.status, category)
            if reason:
                auth[reason,] += count
        yield counter(
            run,
            "loadtest_requests",
            "Requests by status and outcome.",
            ("method", "name", "category", "status", "outcome"),
            by_status,
        )
        yield counter(
            run, "loadtest_request_errors", "Failed requests by kind of error.", ("method", "name", "error"), errors
        )
        text = "HTTP requests without an answer that a task called a success."
        yield counter(run, "loadtest_accepted_unanswered", text, ("method", "name"), accepted)
        yield counter(run, "loadtest_response_bytes", "Bytes of response bodies.", ("method", "name"), sizes)
        yield counter(run, "loadtest_rate_limited", "Responses with status 429.", ("method", "name"), limited)
        yield counter(run, "loadtest_auth_failures", "Responses with status 401 or 403.", ("reason",), auth)
        yield histogram(
            run,
            "loadtest_request_duration_seconds",
            "Service time: how long a request took from when it was sent.",
            ("method", "name", "category", "outcome"),
            ((self._labels_of(key), cell) for key, cell in cells.items()),
        )

    def _labels_of(self, key: CellKey) -> tuple[str, ...]:
        return (key.method, key.name, self._catalogue.category(key.name), _outcome(key))


def _plan_families(run: Run) -> Iterator[Metric]:
    """Return whether the run was what was asked for: as long, and with as many users."""
    text = "How long a condition may last before it voids the run."
    yield gauge(run, "loadtest_hold_seconds", text, run.hold_seconds)
    ended = GaugeMetricFamily("loadtest_run_ended", "1 for how the load ended, else 0.", labels=with_run("reason"))
    for ending in Ending:
        ended.add_metric([run.run_id, run.scenario, ending], 1 if run.ending is ending else 0)
    yield ended
    due, missing = run.user_seconds.due, run.user_seconds.missing
    yield counter(run, "loadtest_user_seconds_due", "Users that were asked for, times seconds.", (), {(): due})
    yield counter(run, "loadtest_user_seconds_missing", "Those of them that did not run.", (), {(): missing})


def _runner_families(run: Run, state: RunnerState) -> Iterator[Metric]:
    for name, text, figures in (
        ("loadtest_users", "Virtual users running.", state.users),
        ("loadtest_users_target", "Virtual users that should be running.", state.users_target),
    ):
        family = GaugeMetricFamily(name, text, labels=with_run("user_class"))
        for user_class, count in figures.items():
            family.add_metric([run.run_id, run.scenario, user_class], count)
        yield family
    workers = GaugeMetricFamily("loadtest_workers", "Locust workers by state.", labels=with_run("state"))
    for worker_state in WORKER_STATES:
        workers.add_metric([run.run_id, run.scenario, worker_state], state.workers.get(worker_state, 0))
    yield workers
    yield counter(run, "loadtest_locust_requests", "Requests by Locust's own count.", (), {(): state.locust_requests})
    merge = run.merge
    yield counter(
        run, "loadtest_series_overflow", "Observations folded into the name (overflow).", (), {(): merge.overflow}
    )
    yield counter(
        run,
        "loadtest_observations_dropped",
        "Impossible response times, and events not recorded.",
        (),
        {(): merge.dropped},
    )
    yield counter(run, "loadtest_inflight_at_stop", "Requests cut off by the stop.", (), {(): merge.cut_off})
    yield counter(
        run,
        "loadtest_redirects",
        "Redirects that users followed, by where they led from the origin of the request.",
        ("to",),
        {("same_origin",): merge.redirects, ("other_origin",): merge.redirects_elsewhere},
    )


def _time_families(run: Run) -> Iterator[Metric]:
    yield counter(
        run,
        "loadtest_requests_untimed",
        "Requests without a response time, or with an impossible one: in no bucket.",
        (),
        {(): run.merge.untimed},
    )
    suspects = GaugeMetricFamily(
        "loadtest_times_like_seconds",
        "1 for a request type whose times look like seconds: Locust expects milliseconds.",
        labels=with_run("method"),
    )
    for method in run.merge.like_seconds:
        suspects.add_metric([run.run_id, run.scenario, method], 1)
    yield suspects


def _name_families(run: Run) -> Iterator[Metric]:
    templates = GaugeMetricFamily(
        "loadtest_name_template",
        "1 for a request name and the template that it shares with other names.",
        labels=with_run("name", "template"),
    )
    for name, template in run.merge.name_templates.items():
        templates.add_metric([run.run_id, run.scenario, name, template], 1)
    yield templates
    folded = GaugeMetricFamily(
        "loadtest_folded_name",
        "1 for some of the names that were folded into a template because there were too many.",
        labels=with_run("name", "template"),
    )
    for template, names in run.merge.folded_names.items():
        for name in names:
            folded.add_metric([run.run_id, run.scenario, name, template], 1)
    yield folded


def _refused_metrics(run: Run) -> Metric:
    family = GaugeMetricFamily(
        "loadtest_metrics_refused",
        "1 for a metric of the locustfile that has a reserved name: it is not published.",
        labels=with_run("name"),
    )
    for name in sorted(run.merge.custom.refused):
        family.add_metric([run.run_id, run.scenario, name], 1)
    return family


def _worker_families(run: Run, state: RunnerState) -> Iterator[Metric]:
    cpu = GaugeMetricFamily(
        "loadtest_generator_cpu_ratio", "CPU of one Locust process; 1 is one core.", labels=with_run("worker")
    )
    lag = GaugeMetricFamily(
        "loadtest_generator_loop_lag_seconds",
        "Worst event-loop lag since the last report.",
        labels=with_run("worker"),
    )
    late = GaugeMetricFamily(
        "loadtest_generator_loop_late_ratio",
        "Share of the time since the last report that the event loop was late.",
        labels=with_run("worker"),
    )
    last = GaugeMetricFamily(
        "loadtest_worker_last_report_timestamp_seconds",
        "When a worker's last report came.",
        labels=with_run("worker"),
    )
    reports = run.merge.workers
    cpu.add_metric([run.run_id, run.scenario, "master"], state.master_health.cpu_ratio)
    lag.add_metric([run.run_id, run.scenario, "master"], state.master_health.loop_lag_seconds)
    late.add_metric([run.run_id, run.scenario, "master"], state.master_health.loop_late_ratio)
    for worker in busiest(reports):
        cpu.add_metric([run.run_id, run.scenario, worker], reports[worker].snapshot.cpu_ratio)
    for worker in latest_loops(reports):
        lag.add_metric([run.run_id, run.scenario, worker], reports[worker].snapshot.loop_lag_seconds)
    for worker in most_blocked(reports):
        late.add_metric([run.run_id, run.scenario, worker], reports[worker].snapshot.loop_late_ratio)
    for worker in longest_silent(reports):
        last.add_metric([run.run_id, run.scenario, worker], reports[worker].received_timestamp_seconds)
    yield from (cpu, lag, late, last)
    yield from _report_time_families(run)
    requests: dict[tuple[str, ...], float] = defaultdict(float)
    unhandled_exceptions: dict[tuple[str, ...], float] = defaultdict(
        float, {("master",): state.master_unhandled_exceptions}
    )
    for worker, snapshot in _counted(run):
        requests[worker,] += snapshot.requests
        unhandled_exceptions[worker,] += snapshot.unhandled_exceptions
    yield counter(run, "loadtest_worker_requests", "Requests by each worker's own count.", ("worker",), requests)
    yield counter(
        run, "loadtest_unhandled_exceptions", "Exceptions that Locust only logged.", ("worker",), unhandled_exceptions
    )


def _report_time_families(run: Run) -> Iterator[Metric]:
    """Of all workers, however many have series of their own; nothing before the first report."""
    times = [report.received_timestamp_seconds for report in run.merge.workers.values()]
    if times:
        yield gauge(run, "loadtest_workers_reporting", "Workers that have reported in this run.", len(times))
        text = "When the last reports of all workers came: the oldest, the newest, and their mean."
        family = GaugeMetricFamily("loadtest_last_reports_timestamp_seconds", text, labels=with_run("of"))
        for which, value in (("oldest", min(times)), ("newest", max(times)), ("mean", fmean(times))):
            family.add_metric([run.run_id, run.scenario, which], value)
        yield family


def _cost_families(run: Run, state: RunnerState) -> Iterator[Metric]:
    cpu: dict[tuple[str, ...], float] = defaultdict(float)
    own: dict[tuple[str, ...], float] = defaultdict(float)
    if state.master_cpu_seconds is not None:
        cpu["master",] = state.master_cpu_seconds
        own.update({("master", part): state.master_own_seconds.get(part, 0.0) for part in (REPORTS, SCRAPES)})
    for worker, snapshot in _counted(run):
        cpu[worker,] += snapshot.cpu_seconds
        for part, seconds in {RECORDER: 0.0, REPORTS: 0.0, **snapshot.own_seconds}.items():
            own[worker, part] += seconds
    yield counter(run, "loadtest_generator_cpu_seconds", "CPU of one Locust process.", ("worker",), cpu)
    yield counter(
        run,
        "loadtest_generator_overhead_seconds",
        "CPU of one Locust process spent on observing the run; of the recorder an estimate: calls times cost of one.",
        ("worker", "part"),
        own,
    )


def _counted(run: Run) -> Iterator[tuple[str, Snapshot]]:
    """Under which label each worker is counted: who came first has one, the rest share one, so that sums are of all."""
    for number, (worker, report) in enumerate(run.merge.workers.items()):
        yield worker if number < MAX_WORKER_SERIES else OTHER_WORKERS, report.snapshot


def _outcome(key: CellKey) -> str:
    return "failure" if key.error else "success"


def _usual_status(kind: ErrorKind) -> int:
    return {ErrorKind.HTTP_4XX: 400, ErrorKind.HTTP_5XX: 500, ErrorKind.VALIDATION: 200}.get(kind, 0)


def _auth_failure_reason(status: int, category: str) -> str | None:
    if status == 403:
        return "forbidden"
    if status != 401:
        return None
    return "bad_credentials" if category == "auth" else "unauthorized"
