"""A run by hand: the real recorder, merge and collector, fed with requests that nobody sent."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics import MetricWrapperBase

from swarmscope_exporter import shares, transactions, websocket
from swarmscope_exporter.arrival_plan import ArrivalPlan
from swarmscope_exporter.collector import RunCollector, RunnerState
from swarmscope_exporter.custom import CustomMetrics
from swarmscope_exporter.endpoints import Endpoint, EndpointCatalogue
from swarmscope_exporter.errors import ValidationFailure
from swarmscope_exporter.health import Health
from swarmscope_exporter.intended_starts import WAITS, Start
from swarmscope_exporter.merge import Merge
from swarmscope_exporter.phases import Phase
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.run import Run, RunVerdict
from swarmscope_exporter.run_details import RunDetails
from swarmscope_exporter.snapshot import Snapshot, cells_of, pack_waits
from tests.exporters.test_recorder import Response, send
from users import metrics

WORKERS = ("0", "1")
ENDPOINTS = (
    Endpoint("POST", "/api/auth/login", "auth"),
    Endpoint("POST", "/api/chat", "chat"),
    Endpoint("POST", "/api/admin/kb/documents", "admin", status=201),
    Endpoint("GET", "/health", "health"),
    Endpoint("WS", "/api/realtime/ws", "websocket"),
)
REQUESTS_A_TICK = 40


class StagedRun:
    """What two workers would report of a run, and the exporter's page of it.

    ``latency_ms`` is what most requests take. Every kind of outcome that a dashboard draws occurs.
    """

    def __init__(self, run_id: str, scenario: str, journeys: list[str]) -> None:
        self.latency_ms = 50.0
        self._lock = threading.Lock()
        # One endpoint has response times of its own, as it would with a threshold.
        details = RunDetails(host="http://target", timed=frozenset({("POST", "/api/chat")}))
        self._run = Run(run_id, scenario, len(WORKERS), Merge(run_id), details=details, planned_seconds=12)
        self._run.arrival_plan = ArrivalPlan(WORKERS)
        self._recorders = {worker: Recorder() for worker in WORKERS}
        self._journeys = journeys
        self._sequence = 0
        self._chance = random.Random(5)
        own = CollectorRegistry()
        for metric in _domain_metrics():
            own.register(metric)
        self._custom = CustomMetrics(own)
        transactions.declare_transactions(journeys)
        self._custom.reset()
        self._registry = CollectorRegistry()
        catalogue = EndpointCatalogue()
        catalogue.declare(ENDPOINTS)
        self._registry.register(RunCollector(self._current, catalogue, "test"))

    @property
    def run_id(self) -> str:
        return self._run.run_id

    def judge(self, outcome: str) -> None:
        """Publish a verdict, as the master does when its runner tells it."""
        with self._lock:
            self._run.verdict = RunVerdict(outcome)

    def enter(self, phase: Phase) -> None:
        with self._lock:
            self._run.enter(phase)

    def tick(self) -> None:
        """Record some requests on each worker, then its report."""
        with self._lock:
            self._sequence += 1
            for worker, recorder in self._recorders.items():
                self._requests(recorder)
                custom = self._signals() if worker == WORKERS[0] else []
                self._run.merge.update(worker, self._snapshot(recorder, custom))

    def report(self) -> None:
        """Report again from each worker, with nothing new."""
        with self._lock:
            self._sequence += 1
            for worker, recorder in self._recorders.items():
                custom = self._custom.collect() if worker == WORKERS[0] else []
                self._run.merge.update(worker, self._snapshot(recorder, custom))

    def page(self) -> bytes:
        """Return the exporter's exposition."""
        with self._lock:
            return generate_latest(self._registry)

    def _requests(self, recorder: Recorder) -> None:
        for _ in range(REQUESTS_A_TICK):
            endpoint = self._chance.choice(ENDPOINTS)
            request = {"request_type": endpoint.method, "name": endpoint.name, "response": Response(endpoint.status)}
            recorder.intended_starts.begin(Start(1.0))
            send(recorder, **request, response_time=self._chance.gauss(self.latency_ms, self.latency_ms / 10))
        send(recorder, name="/api/chat", request_type="POST", response=Response(429), response_time=5.0)
        send(recorder, name="/health", response=Response(503), exception=RuntimeError(), response_time=30.0)
        lookup = {"name": "lookup", "request_type": "DNS", "response": None, "response_time": 3.0}
        send(recorder, **lookup)
        send(recorder, **lookup, exception=TimeoutError())
        login = {"name": "/api/auth/login", "request_type": "POST"}
        send(recorder, **login, response=Response(401), exception=ValidationFailure("refused"), response_time=9.0)

    def _signals(self) -> list[dict[str, Any]]:
        websocket.websocket_opened()
        for citations in (0, 1, 3):
            metrics.record_answer(citations)
        metrics.record_document("upload", "small", success=True)
        for measure in ("connect", "first_token", "message"):
            websocket.observe_websocket(measure, 0.2, success=True)
        websocket.websocket_failed("receive")
        for journey in self._journeys:
            transactions.observe_transaction(journey, 0.3, success=True)
        return self._custom.collect()

    def _snapshot(self, recorder: Recorder, custom: list[dict[str, Any]]) -> Snapshot:
        recorder.intended_starts.lateness.add(0.7)
        recorder.intended_starts.not_served([20.0])
        became = [count * self._sequence for count in (10, 8, 1, 1)]
        return Snapshot(
            run_id=self.run_id,
            sequence=self._sequence,
            final=self._run.phase is Phase.STOPPING,
            cells=cells_of(recorder),
            cut_off=1,
            unhandled_exceptions=1,
            begun=sum(cell.count for cell in recorder.cells.values()),
            iterations={"RegularUser": 10 * self._sequence},
            has_intended_starts=True,
            missed_starts={"RegularUser": self._sequence},
            arrivals=[*became, 0, 2 * became[0], 0],
            waits={name: pack_waits(getattr(recorder.intended_starts, name)) for name in WAITS},
            task_exceptions=[["RegularUser", "KeyError", False, self._sequence]],
            cpu_ratio=0.4,
            loop_lag_seconds=0.01,
            cpu_seconds=0.4 * self._sequence,
            own_seconds={"recorder": 0.01 * self._sequence, "reports": 0.002 * self._sequence},
            custom=custom,
        )

    def _current(self) -> tuple[Run, RunnerState, list[dict[str, Any]]]:
        state = RunnerState(
            users={"RegularUser": 7},
            users_target={"RegularUser": 7},
            workers={"running": len(WORKERS)},
            locust_requests=1,
            user_classes=("RegularUser",),
            master_health=Health(0.1, 0.001),
            master_cpu_seconds=0.1 * self._sequence,
            master_own_seconds={"reports": 0.001 * self._sequence, "scrapes": 0.02 * self._sequence},
        )
        return self._run, state, []


def play(run: StagedRun, until: Callable[[], bool], what: str, deadline_seconds: float = 40.0) -> None:
    """Go on with the run until the condition holds."""
    deadline = time.monotonic() + deadline_seconds
    while not until():
        assert time.monotonic() < deadline, f"not within {deadline_seconds:g} s: {what}"
        run.tick()
        time.sleep(0.2)


def _domain_metrics() -> list[MetricWrapperBase]:
    modules = (metrics, shares, transactions, websocket)
    found = [value for module in modules for value in vars(module).values() if isinstance(value, MetricWrapperBase)]
    return [*found, *websocket.WEBSOCKET_SECONDS.values()]
