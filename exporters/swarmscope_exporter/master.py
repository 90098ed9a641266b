"""The side of a run that merges and publishes: on the master, or in the only process of a single-process run."""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import MasterRunner

from swarmscope_exporter.addresses import masked, without_passwords
from swarmscope_exporter.collector import RunCollector, RunnerState
from swarmscope_exporter.custom import CustomMetrics
from swarmscope_exporter.ending import ending_of
from swarmscope_exporter.endpoints import EndpointCatalogue
from swarmscope_exporter.exit_code import exit_code_of, forget_exit_code, say_exit_code
from swarmscope_exporter.health import GeneratorHealth, Health
from swarmscope_exporter.listeners import listen_first
from swarmscope_exporter.merge import Merge
from swarmscope_exporter.names import DEFAULT_NAMING, Naming
from swarmscope_exporter.overhead import REPORTS, OwnCost
from swarmscope_exporter.own_shape import OwnShape
from swarmscope_exporter.phases import LOAD_PHASES, Phase, StopOrder, refusal, set_phase
from swarmscope_exporter.run import Run
from swarmscope_exporter.run_details import from_text
from swarmscope_exporter.run_ids import new_run_id, numbered
from swarmscope_exporter.server import ExporterServer
from swarmscope_exporter.snapshot import REPORT_KEY, Snapshot
from swarmscope_exporter.starts import StartGate
from swarmscope_exporter.unhandled_exceptions import UnhandledExceptions
from swarmscope_exporter.verdicts import AwaitedVerdicts
from swarmscope_exporter.worker import WorkerSide

logger = logging.getLogger(__name__)

_LOCAL_WORKER = "0"
_SCRAPES_BEFORE_LOAD = 2
_LAST_REPORT_GRACE_SECONDS = 10.0
_HEALTH_INTERVAL_SECONDS = 2.0
_USERS_INTERVAL_SECONDS = 1.0


class MasterSide:
    """Follows Locust's runner through a run, and keeps what `RunCollector` renders."""

    def __init__(
        self,
        environment: Environment,
        custom: CustomMetrics,
        health: GeneratorHealth,
        local: WorkerSide | None,
        unhandled_exceptions: UnhandledExceptions,
        own_cost: OwnCost,
        naming: Naming = DEFAULT_NAMING,
    ) -> None:
        self.run: Run | None = None
        self._environment = environment
        self._custom = custom
        self._health = health
        self._master_health = Health()
        self._local = local
        self._unhandled_exceptions = unhandled_exceptions
        self._own_cost = own_cost
        self._naming = naming
        self._server: ExporterServer | None = None
        self._workers_at_stop: dict[str, int] | None = None
        self._users_asked: tuple[int, float] | None = None
        self._own_details: str = environment.parsed_options.loadtest_run_details if environment.parsed_options else ""
        self._own_shape = OwnShape(environment)
        self.verdicts = AwaitedVerdicts()
        self.starts = StartGate(environment, lambda: self.run, self.verdicts)

    def serve(
        self, catalogue: EndpointCatalogue, host: str, port: int, version: str, extra_hosts: Iterable[str] = ()
    ) -> None:
        """Start the exporter; raise OSError when the port cannot be bound."""
        collector = RunCollector(self._current, catalogue, version)
        self._server = ExporterServer(collector, host, port, self._own_cost, extra_hosts)
        if self._local is None:
            gevent.spawn(self._watch_own_health)

    def attach(self) -> None:
        self._follow_orders()
        self._own_shape.hold_while(lambda: self.run is not None and self.run.phase is Phase.PREPARE)
        events = self._environment.events
        listen_first(events.test_start, self._begin_run)
        events.test_start.add_listener(self._begin_load)  # last: the load does not begin before others are ready
        listen_first(events.worker_report, self._on_worker_report)
        listen_first(events.spawning_complete, self._on_spawning_complete)
        listen_first(events.test_stopping, self._on_test_stopping)
        events.test_stop.add_listener(self._on_test_stop)
        events.quitting.add_listener(self._on_quitting)
        events.quit.add_listener(
            lambda **_: say_exit_code(self._environment, has_raised=self._unhandled_exceptions.count > 0)
        )

    @property
    def _options(self) -> Any:
        return self._environment.parsed_options

    def _watch_own_health(self) -> None:
        while True:
            gevent.sleep(_HEALTH_INTERVAL_SECONDS)
            self._master_health = self._health.read()

    def _begin_run(self, **_: Any) -> None:
        options = self._options
        if self.run is not None:
            self.run.exit_code = exit_code_of(self._environment)
            forget_exit_code(self._environment)
        scenario = options.loadtest_scenario
        is_named = bool(options.loadtest_run_id)
        run_id = options.loadtest_run_id or self._new_run_id(scenario)
        options.loadtest_run_id = run_id  # travels to the workers with the first spawn message
        self._workers_at_stop = None
        self._custom.reset()
        self._unhandled_exceptions.reset()
        self._own_cost.reset()
        self.run = Run(
            run_id=run_id,
            scenario=scenario,
            workers_expected=self._workers_expected(),
            merge=Merge(run_id, self._naming),
            details=replace(from_text(options.loadtest_run_details), host=masked(", ".join(self.hosts()))),
            planned_seconds=self._planned_seconds(),
            is_named=is_named,
            judged_by=self.starts.judged_by,
            arrival_plan=getattr(self._environment.shape_class, "arrival_plan", None),
        )
        # Travels to the workers with the first spawn message, as the run id does.
        options.loadtest_silent_seconds = silent_seconds(
            options.loadtest_silent_after_seconds, self.run.planned_seconds
        )
        self.verdicts.begin(self.run)
        self._environment.loadtest_run = self.run  # type: ignore[attr-defined]  # read by set_phase

    def _begin_load(self, **_: Any) -> None:
        assert self.run is not None
        prepare_seconds = self._options.loadtest_prepare_seconds
        self._restart_run_time(prepare_seconds)  # it must not be over before the load begins
        self._wait_until_watched(prepare_seconds)
        self._restart_run_time()
        self._enter_ramp(self.run)

    def _enter_ramp(self, run: Run) -> None:
        if self._environment.shape_class is None and not self._is_timed_by_web:
            # Without the web interface nothing holds Locust's timer back until the load begins.
            run.planned_seconds = max(0.0, run.planned_seconds - (run.clock() - run.start_timestamp_seconds))
        run.enter(Phase.RAMP)
        self._own_shape.restart_clock()
        if self._users_asked is not None:
            run.user_seconds.ask(*self._users_asked)
        gevent.spawn(self._count_users, run)

    def _follow_orders(self) -> None:
        """Take note of how many users the runner is told to run: what it makes of that may be less."""
        runner: Any = self._environment.runner
        start = runner.start

        def noted_start(user_count: int, spawn_rate: float, *args: Any, **kwargs: Any) -> Any:
            self._users_asked = (user_count, spawn_rate)
            if self.run is not None and self.run.phase in LOAD_PHASES:
                self.run.user_seconds.ask(user_count, spawn_rate)
            return start(user_count, spawn_rate, *args, **kwargs)

        runner.start = noted_start

    def _count_users(self, run: Run) -> None:
        while run.phase in LOAD_PHASES:
            users = self._environment.runner.user_count  # type: ignore[union-attr]
            run.user_seconds.count(users)
            self._own_shape.follow(run, users, self._users_asked)
            gevent.sleep(_USERS_INTERVAL_SECONDS)

    def _planned_seconds(self) -> float:
        """Return how long the load is to last; 0 where it is not known.

        Locust keeps the run time of an earlier form: it is that of this run where a timer goes with it, or where the
        command line starts the first run by itself. A shape has its own end, which only ours tells beforehand.
        """
        options, shape = self._options, self._environment.shape_class
        if shape is not None:
            return float(getattr(shape, "planned_seconds", 0.0))
        is_first = self.run is None and (options.headless or options.autostart)
        return float(options.run_time or 0.0) if is_first or self._is_timed_by_web else 0.0

    @property
    def _is_timed_by_web(self) -> bool:
        return getattr(self._environment.web_ui, "_run_time_greenlet", None) is not None

    def _new_run_id(self, scenario: str) -> str:
        """Return an id that the run before, started within the same second, does not have."""
        fresh, last = new_run_id(scenario), self.run.run_id if self.run is not None else ""
        return next(run_id for number in (1, 2, 3) if (run_id := numbered(fresh, number)) != last)

    def _workers_expected(self) -> int:
        runner = self._environment.runner
        if not isinstance(runner, MasterRunner):
            return 1
        return max(int(self._options.expect_workers), runner.worker_count)

    def _wait_until_watched(self, timeout_seconds: float) -> None:
        """Hold the load back until Prometheus has seen the series at 0: a counter born at 1 has no increase."""
        wanted = self._scrapes() + _SCRAPES_BEFORE_LOAD
        deadline = time.monotonic() + timeout_seconds
        while self._scrapes() < wanted:
            if time.monotonic() >= deadline:
                logger.warning("No Prometheus has scraped this run within %g s: it is not watched", timeout_seconds)
                return
            gevent.sleep(0.05)

    def _restart_run_time(self, extra_seconds: float = 0.0) -> None:
        """Locust's web interface counts the run time from the click, and the load was held back since then."""
        web_ui: Any = self._environment.web_ui
        if self._is_timed_by_web and self._options.run_time:
            web_ui._cancel_run_time_timer()  # noqa: SLF001  # there is no other way to it
            seconds = self._options.run_time + extra_seconds
            web_ui._run_time_greenlet = gevent.spawn_later(seconds, web_ui._stop_runners)  # noqa: SLF001

    def _scrapes(self) -> int:
        return self._server.scrapes if self._server is not None else 0

    def _on_worker_report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        runner, run = self._environment.runner, self.run
        if run is None or REPORT_KEY not in data or not isinstance(runner, MasterRunner):
            return
        with self._own_cost.timed(REPORTS):
            run.merge.update(str(runner.get_worker_index(client_id)), Snapshot.from_wire(data[REPORT_KEY]))

    def _on_spawning_complete(self, **_: Any) -> None:
        if self._environment.shape_class is None and self.run is not None and self.run.phase is Phase.RAMP:
            set_phase(self._environment, Phase.STEADY)

    def _on_test_stopping(self, **_: Any) -> None:
        self._workers_at_stop = self._workers()  # from here on Locust drops the workers and takes them back when idle
        if self.run is not None:
            self._end_load(self.run)

    def _end_load(self, run: Run) -> None:
        if run.ending is None and run.phase is not Phase.DONE:
            run.ending = ending_of(self._environment, run.planned_seconds, run.load_seconds, run.stop_order)
            if run.phase in LOAD_PHASES:
                run.user_seconds.count(self._environment.runner.user_count)  # type: ignore[union-attr]
        run.enter(Phase.STOPPING)

    def _on_test_stop(self, **_: Any) -> None:
        self._options.loadtest_run_id = ""  # the next run started in the web form is another one
        self._options.loadtest_run_details = self._own_details
        if self.run is not None:
            gevent.spawn(self._finish, self.run)

    def _on_quitting(self, **_: Any) -> None:
        if self.run is not None:
            self._take_local_snapshot(self.run)
            self._end_load(self.run)
            self.run.enter(Phase.DONE)

    def _finish(self, run: Run) -> None:
        """Declare the run done when each worker that is still there has sent its last report."""
        deadline = time.monotonic() + _LAST_REPORT_GRACE_SECONDS + float(self._environment.stop_timeout or 0)
        while time.monotonic() < deadline and self._unreported(run):
            gevent.sleep(0.05)
        self._mark_missing(self._unreported(run))
        run.enter(Phase.DONE)

    def _unreported(self, run: Run) -> int:
        """Return how many of the workers that were there at the stop have not sent their last report."""
        self._take_local_snapshot(run)
        expected = self._workers_at_stop or {}
        awaited = sum(count for state, count in expected.items() if state != "missing")
        return max(0, awaited - sum(snapshot.final for snapshot in run.merge.snapshots()))

    def _mark_missing(self, count: int) -> None:
        # One that died just before the stop was not missed by Locust any more.
        if count and self._workers_at_stop is not None:
            logger.warning("%d worker(s) did not send a last report: what they saw is missing", count)
            self._workers_at_stop = {**self._workers_at_stop}
            self._workers_at_stop["missing"] = self._workers_at_stop.get("missing", 0) + count

    def _take_local_snapshot(self, run: Run) -> None:
        if self._local is not None:
            run.merge.update(_LOCAL_WORKER, self._local.snapshot())

    def _current(self) -> tuple[Run, RunnerState, list[dict[str, Any]]] | None:
        if self.run is None:
            return None
        if self.run.phase in LOAD_PHASES | {Phase.STOPPING}:
            self._take_local_snapshot(self.run)
        # Before the load a single process has nothing of this run to merge yet, and its metrics have to be there at 0.
        is_own = self._local is None or self.run.phase is Phase.PREPARE
        return self.run, self._runner_state(), self._custom.collect() if is_own else []

    def _runner_state(self) -> RunnerState:
        runner: Any = self._environment.runner
        users = runner.reported_user_classes_count if isinstance(runner, MasterRunner) else runner.user_classes_count
        return RunnerState(
            users=dict(users),
            users_target=dict(runner.target_user_classes_count),
            workers=self._workers_at_stop or self._workers(),
            locust_requests=runner.stats.total.num_requests,
            master_health=self._master_health,
            master_unhandled_exceptions=self._unhandled_exceptions.count if self._local is None else 0,
            master_cpu_seconds=self._own_cost.process_seconds() if self._local is None else None,
            master_own_seconds=self._own_cost.seconds() if self._local is None else {},
            user_classes=tuple(user.__name__ for user in self._environment.user_classes),
            exit_code=exit_code_of(self._environment),
        )

    def _workers(self) -> dict[str, int]:
        runner = self._environment.runner
        if not isinstance(runner, MasterRunner):
            return {"running": 1}
        return dict(Counter(client.state for client in runner.clients.all))

    def note_stop(self, order: StopOrder) -> None:
        """Take note that the web interface is told to stop the run."""
        if self.run is not None:
            self.run.stop_order = order

    def workers_to_show(self) -> int:
        """Return the number of workers for Locust's page, whose START needs one: a stop sends them away for a while."""
        runner = self._environment.runner
        if not isinstance(runner, MasterRunner):
            return 0
        at_stop = self._workers_at_stop or {}
        return runner.worker_count or sum(count for state, count in at_stop.items() if state != "missing")

    def runs_to_judge(self) -> list[dict[str, Any]]:
        """Return the runs that wait for a verdict, each like the status of the run under way."""
        return [self._document(run) for run in self.verdicts.judge_asks()]

    def status(self) -> dict[str, Any]:
        """Return the run in plain words, for a runner that drives Locust over HTTP."""
        return self._document(self.run)

    def _document(self, run: Run | None) -> dict[str, Any]:
        """Return a run in plain words, with what Locust's runner says now."""
        state = self._runner_state()
        figures: dict[str, Any] = {
            "pid": os.getpid(),
            "state": self._environment.runner.state,  # type: ignore[union-attr]
            "workers": sum(count for name, count in self._workers().items() if name != "missing"),
            "users": sum(state.users.values()),
            "locust_requests": state.locust_requests,
            "exporter_scrapes": self._scrapes(),
            "run_id": None,
            "refused": refusal(self._environment),
        }
        if run is not None:
            cells = list(run.merge.cells.values())
            figures |= {
                "run_id": run.run_id,
                "scenario": run.scenario,
                "phase": run.phase,
                "phase_start_timestamps_seconds": run.phase_start_timestamps_seconds,
                "start_timestamp_seconds": run.start_timestamp_seconds,
                "end_timestamp_seconds": run.end_timestamp_seconds,
                "planned_seconds": run.planned_seconds,
                "exporter_requests": sum(cell.count for cell in cells),
                "workers_expected": run.workers_expected,
                "ended_because": run.ended_because,
                "awaits_verdict": self.verdicts.is_judging(run),
                "verdict": asdict(run.verdict) if run.verdict is not None else None,
                "locustfile_exit_code": (state.exit_code if run is self.run else run.exit_code) or run.merge.exit_code,
                "task_exceptions": self._exceptions(run),
                "failures": self._failures(run),
            }
        return figures

    def _exceptions(self, run: Run) -> list[dict[str, Any]]:
        hosts = self.hosts()
        rows = run.merge.users.exception_rows()
        return [{**row, "traceback": without_passwords(row["traceback"], hosts)} for row in rows]

    def _failures(self, run: Run) -> list[dict[str, Any]]:
        hosts = self.hosts()
        rows = run.merge.users.failure_rows()
        return [{**row, "message": without_passwords(row["message"], hosts)} for row in rows]

    def hosts(self) -> tuple[str, ...]:
        """Return what is tested: the host given, else those that the user classes name; a password is in them still."""
        environment = self._environment
        hosts = (environment.host,) if environment.host else (user.host for user in environment.user_classes)
        return tuple(dict.fromkeys(host for host in hosts if isinstance(host, str)))


def silent_seconds(setting: float, planned_seconds: float) -> float:
    """Return the seconds without an event that make a user silent, at most half of the load; 0 for none."""
    return min(setting, planned_seconds / 2) if planned_seconds else max(0.0, setting)
