"""The side of a run that sees requests: in each worker, or in the only process of a single-process run."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import WorkerRunner

from swarmscope_exporter.custom import CustomMetrics
from swarmscope_exporter.exit_code import exit_code_of, forget_exit_code
from swarmscope_exporter.health import GeneratorHealth
from swarmscope_exporter.intended_starts import WAITS
from swarmscope_exporter.iterations import Iterations
from swarmscope_exporter.listeners import listen_first, stop_listening, taken_from_locust
from swarmscope_exporter.names import DEFAULT_NAMING, Naming
from swarmscope_exporter.overhead import REPORTS, OwnCost
from swarmscope_exporter.paces import Paces
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.requests_begun import BegunRequests
from swarmscope_exporter.snapshot import REPORT_KEY, Snapshot, cells_of, pack_waits
from swarmscope_exporter.task_exceptions import TaskExceptions
from swarmscope_exporter.unhandled_exceptions import UnhandledExceptions
from swarmscope_exporter.virtual_users import VirtualUsers

_LOOK_SECONDS = 0.05


class WorkerSide:
    """Records, and makes snapshots of what it recorded."""

    def __init__(
        self,
        environment: Environment,
        custom: CustomMetrics,
        health: GeneratorHealth,
        unhandled_exceptions: UnhandledExceptions,
        own_cost: OwnCost,
        naming: Naming = DEFAULT_NAMING,
    ) -> None:
        self.recorder = Recorder(naming)
        self.users = VirtualUsers(self.recorder.seen)
        self.recorder.on_failure = self.users.note_failure
        self.requests = BegunRequests(self.recorder.on_cut_off)
        self._exceptions = TaskExceptions()
        self._iterations = Iterations(self.users, self._exceptions)
        self.intended_starts = self.recorder.intended_starts
        self._paces = Paces(self.intended_starts)
        self._are_users_there = False
        self._stop_seconds = 0.0  #: when users were told to stop
        self._silent_at_stop: dict[str, int] | None = None  #: silent users by class, once users are told to stop
        self._environment = environment
        self._custom = custom
        self._health = health
        self._unhandled_exceptions = unhandled_exceptions
        self._own_cost = own_cost
        self._run_id = ""
        self._sequence = 0
        self._final = False

    def attach(self) -> None:
        events = self._environment.events
        self._hear_requests()
        self.recorder.on_recorded = taken_from_locust(events.request)  # right behind, whatever the locustfile adds
        listen_first(events.test_start, self._on_test_start)
        listen_first(events.report_to_master, self._on_report_to_master)
        listen_first(events.spawning_complete, self._on_spawning_complete)
        listen_first(events.test_stopping, self._on_test_stopping)
        events.test_stop.add_listener(self._on_test_stop)  # last: what a listener still requests is in the last report
        self._iterations.watch(events)
        self._paces.watch()
        gevent.spawn(self._settle_each_second)

    def _hear_requests(self) -> None:
        """Once in a run: what ends after its last snapshot, in greenlets that outlive their users, is in no figure."""
        stop_listening(self._environment.events.request, self.recorder.on_request)
        listen_first(self._environment.events.request, self.recorder.on_request)

    def _settle_each_second(self) -> None:
        while True:
            gevent.sleep(1)
            self.recorder.settle()

    def _on_test_start(self, **_: Any) -> None:
        options = self._environment.parsed_options
        self._run_id = options.loadtest_run_id if options else ""
        if self._silent_at_stop is not None:
            forget_exit_code(self._environment)
        self._final, self._are_users_there, self._silent_at_stop = False, False, None
        self._hear_requests()
        self.recorder.reset()
        self.requests.reset()
        self._paces.reset()
        self._exceptions.reset()
        self._iterations.reset()
        self._custom.reset()
        self._unhandled_exceptions.reset()
        self._own_cost.reset()
        self._own_cost.calibrate()

    def _on_report_to_master(self, data: dict[str, Any], **_: Any) -> None:
        snapshot = self.snapshot()
        with self._own_cost.timed(REPORTS):
            data[REPORT_KEY] = snapshot.to_wire()

    def _on_spawning_complete(self, **_: Any) -> None:
        if not self._are_users_there:
            self._are_users_there = True
            self.users.begin_counting()

    def _on_test_stopping(self, **_: Any) -> None:
        self._silent_at_stop = self._silent_users()
        self._stop_seconds = time.monotonic()
        self._paces.close()

    def _silent_users(self) -> dict[str, int]:
        """By class, those of now; none while the users are still arriving."""
        self.users.look()
        after_seconds = getattr(self._environment.parsed_options, "loadtest_silent_seconds", 0.0)
        return self.users.silent(after_seconds) if after_seconds and self._are_users_there else {}

    def _exit_code(self) -> int:
        """Return that of this worker; in a single process it is the master's side that reads it, to the end."""
        return exit_code_of(self._environment) if isinstance(self._environment.runner, WorkerRunner) else 0

    def _on_test_stop(self, **_: Any) -> None:
        self._await_greenlets()
        self._final = True
        self.intended_starts.close()
        runner = self._environment.runner
        if isinstance(runner, WorkerRunner):
            # The next periodic report may be 3 s away, and the run is not over before the last one came.
            data: dict[str, Any] = {}
            self._environment.events.report_to_master.fire(client_id=runner.client_id, data=data)
            runner.send_message("stats", data)

    def _await_greenlets(self) -> None:
        """Wait for requests in greenlets that outlive the users that spawned them: until those of users had to end."""
        deadline = self._stop_seconds + float(self._environment.stop_timeout or 0.0)
        while self.requests.under_way > 0 and time.monotonic() < deadline:
            gevent.sleep(_LOOK_SECONDS)

    def snapshot(self) -> Snapshot:
        """Return all that was recorded since the run began."""
        with self._own_cost.timed(REPORTS):
            snapshot = self._taken()
            requests = snapshot.requests
        if self._final:  # and so in Locust's own: the two would differ by what ends between two looks at them
            stop_listening(self._environment.events.request, self.recorder.on_request)
        # With what taking this one has cost: a run's last snapshot has no next one.
        cost = self._own_cost
        return replace(snapshot, cpu_seconds=cost.process_seconds(), own_seconds=cost.seconds(requests))

    def _taken(self) -> Snapshot:
        self._sequence += 1
        health = self._health.read()
        recorder, requests = self.recorder, self.requests
        starts = self.intended_starts
        silent = self._silent_users()  # each time: it is also a look at the users
        self._iterations.settle(is_over=self._final)
        return Snapshot(
            run_id=self._run_id,
            sequence=self._sequence,
            final=self._final,
            cells=cells_of(recorder),
            requests=recorder.count,
            overflow=recorder.overflow,
            dropped=recorder.dropped,
            cut_off=recorder.cut_off + (requests.under_way if self._final else 0),
            redirects=recorder.redirects,
            redirects_elsewhere=recorder.redirects_elsewhere,
            unhandled_exceptions=self._unhandled_exceptions.count,
            begun=requests.begun,
            without_event=[[*key, count] for key, count in requests.without_event().items()],
            iterations=self._iterations.counts(),
            task_exceptions=self._exceptions.counts(),
            tracebacks=self._exceptions.tracebacks(),
            failures=recorder.failures.rows(),
            users_cut_off=dict(self._iterations.users_cut_off),
            users_silent=silent if self._silent_at_stop is None else self._silent_at_stop,
            has_intended_starts=starts.exist,
            missed_starts=dict(starts.missed),
            arrivals=list(starts.read_arrivals()) if starts.read_arrivals is not None else [],
            waits={name: pack_waits(getattr(starts, name)) for name in WAITS},
            exit_code=self._exit_code(),
            **health._asdict(),
            custom=self._custom.collect(),
            like_seconds=sorted(recorder.like_seconds),
            folded_names={template: list(names) for template, names in recorder.folded_names.items()},
        )
