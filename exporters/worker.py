"""The side of a run that sees requests: in each worker, or in the only process of a single-process run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from locust.env import Environment
from locust.runners import WorkerRunner

from exporters.custom import CustomMetrics
from exporters.health import GeneratorHealth
from exporters.mishaps import Mishaps
from exporters.overhead import REPORTS, OwnCost
from exporters.recorder import Recorder
from exporters.snapshot import REPORT_KEY, Snapshot, cells_of


class WorkerSide:
    """Records, and makes snapshots of what it recorded."""

    def __init__(
        self,
        environment: Environment,
        custom: CustomMetrics,
        health: GeneratorHealth,
        mishaps: Mishaps,
        own_cost: OwnCost,
    ) -> None:
        self.recorder = Recorder()
        self._environment = environment
        self._custom = custom
        self._health = health
        self._mishaps = mishaps
        self._own_cost = own_cost
        self._run_id = ""
        self._sequence = 0
        self._final = False

    def attach(self) -> None:
        events = self._environment.events
        events.request.add_listener(self.recorder.on_request)
        events.test_start.add_listener(self._on_test_start)
        events.report_to_master.add_listener(self._on_report_to_master)
        events.test_stop.add_listener(self._on_test_stop)

    def _on_test_start(self, **_: Any) -> None:
        options = self._environment.parsed_options
        self._run_id = options.run_id if options else ""
        self._final = False
        self.recorder.reset()
        self._custom.reset()
        self._mishaps.reset()
        self._own_cost.reset()
        self._own_cost.calibrate()

    def _on_report_to_master(self, data: dict[str, Any], **_: Any) -> None:
        snapshot = self.snapshot()
        with self._own_cost.timed(REPORTS):
            data[REPORT_KEY] = snapshot.to_wire()

    def _on_test_stop(self, **_: Any) -> None:
        self._final = True
        runner = self._environment.runner
        if isinstance(runner, WorkerRunner):
            # The next periodic report may be 3 s away, and the run is not over before the last one came.
            data: dict[str, Any] = {}
            self._environment.events.report_to_master.fire(client_id=runner.client_id, data=data)
            runner.send_message("stats", data)

    def snapshot(self) -> Snapshot:
        """All that was recorded since the run began."""
        with self._own_cost.timed(REPORTS):
            snapshot = self._taken()
            requests = snapshot.requests
        # With what taking this one has cost: a run's last snapshot has no next one.
        cost = self._own_cost
        return replace(snapshot, cpu_seconds=cost.process_seconds(), own_seconds=cost.seconds(requests))

    def _taken(self) -> Snapshot:
        self._sequence += 1
        cpu_ratio, loop_lag_seconds = self._health.read()
        recorder = self.recorder
        return Snapshot(
            run_id=self._run_id,
            sequence=self._sequence,
            final=self._final,
            cells=cells_of(recorder),
            requests=recorder.count,
            overflow=recorder.overflow,
            dropped=recorder.dropped,
            cut_off=recorder.cut_off,
            redirects=recorder.redirects,
            redirects_elsewhere=recorder.redirects_elsewhere,
            mishaps=self._mishaps.count,
            cpu_ratio=cpu_ratio,
            loop_lag_seconds=loop_lag_seconds,
            custom=self._custom.collect(),
            like_seconds=sorted(recorder.like_seconds),
        )
