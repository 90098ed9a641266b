"""Puts a target under one load after the other on one Locust master: each is a run of its own, with its own id."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from swarmscope.errors import CommandError
from swarmscope.processes.signals import Interruptions
from swarmscope.prometheus.names import TARGET_JOB
from swarmscope.prometheus.rule_files import FileRule, ungated_alerts, watched_groups
from swarmscope.prometheus.series import StoredSeries
from swarmscope.run import follow as following
from swarmscope.run import preflight
from swarmscope.run.details import details_of
from swarmscope.run.environment import RunEnvironment
from swarmscope.run.locust_api import RunStatus
from swarmscope.run.options import RunOptions
from swarmscope.run.start_form import start_form
from swarmscope.run.wait_until_final import settle
from swarmscope.verdict.evidence import Evidence
from swarmscope.verdict.read import RunReader
from swarmscope.verdict.user_facts import completed
from swarmscope_exporter.phases import StopOrder
from swarmscope_exporter.run_details import RunDetails
from swarmscope_exporter.run_ids import escaped, series_of

_POLL_SECONDS = 0.25
#: What a target used, as it publishes that and as rules record it.
_OF_TARGET = '__name__=~"process_cpu_seconds_total|loadtest:target_.+"'
_WATCHED_TIMEOUT_SECONDS = 20.0
_SETTLE_TIMEOUT_SECONDS = 20.0
_START_TIMEOUT_SECONDS = 30.0
_STOP_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Load:
    """A load of ``options``; it ends after ``seconds`` of it at the latest. ``details`` are what its series say."""

    run_id: str
    options: RunOptions
    seconds: float
    details: RunDetails = field(default_factory=RunDetails)

    @classmethod
    def of(cls, run_id: str, options: RunOptions, seconds: float) -> Load:
        """Return a load whose series say what those of any run say."""
        return cls(run_id, options, seconds, details_of(options))


@dataclass(frozen=True)
class LoadRunner:
    """Runs loads; raises CommandError, LocustUnavailableError and PrometheusUnavailableError where that cannot be."""

    environment: RunEnvironment
    rules: tuple[FileRule, ...]
    interruptions: Interruptions

    def run(
        self, load: Load, seen: Callable[[RunStatus], None], is_over: Callable[[float], bool] = lambda _: False
    ) -> RunStatus | None:
        """Run one; return what the master said of it last, None when it no longer answers.

        ``seen`` is given each status, and ``is_over`` how many seconds the load has lasted: it ends the load when it
        returns True. Raise KeyboardInterrupt after Ctrl-C, when the users are gone.
        """
        try:
            with self.interruptions.let_through():
                self._start(load)
                is_decided = self._follow(load, seen, is_over)
        except BaseException:
            self._stop(load, StopOrder.EARLY)
            raise
        return self._stop(load, StopOrder.DECIDED if is_decided else StopOrder.STOP)

    def _start(self, load: Load) -> None:
        host = None if load.options.class_hosts else load.options.host or self.environment.host or None
        form = start_form(load.options, load.run_id, host, load.details)
        locust, deadline = self.environment.locust, time.monotonic() + _START_TIMEOUT_SECONDS
        while True:  # after a run its workers are away for a moment
            try:
                locust.swarm(form)
                break
            except CommandError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_SECONDS)
        preflight.wait_until_watched(
            self.environment.prometheus, load.run_id, _WATCHED_TIMEOUT_SECONDS, self._require_started
        )

    def _require_started(self) -> None:
        self.environment.require_alive()
        if refused := self.environment.locust.status().refused:
            raise CommandError(refused)

    def _follow(self, load: Load, seen: Callable[[RunStatus], None], is_over: Callable[[float], bool]) -> bool:
        """Wait for the end of the load; return whether ``is_over`` was it."""
        load_began: float | None = None
        while True:
            self.environment.require_alive()
            status = self.environment.locust.status()
            seen(status)
            if status.phase == following.DONE:
                if status.ended_because:
                    raise CommandError(status.ended_because)
                return False
            if load_began is None and status.phase != following.PREPARE:
                load_began = time.monotonic()
            if load_began is not None:
                lasted = time.monotonic() - load_began
                if is_over(lasted):
                    return True
                if not status.planned_seconds and lasted >= load.seconds:
                    return False
            time.sleep(_POLL_SECONDS)

    def _stop(self, load: Load, order: StopOrder) -> RunStatus | None:
        timeout_seconds = load.options.stop_timeout_seconds + _STOP_TIMEOUT_SECONDS
        return following.stop(self.environment.locust, timeout_seconds, self.interruptions, order=order)

    def evidence(self, load: Load, status: RunStatus | None, *, looks: int = 1) -> tuple[Evidence, float]:
        """Return what Prometheus holds of a load that has ended, all of it, and as of when.

        Raise KeyboardInterrupt, and PrometheusUnavailableError.
        """
        prometheus = self.environment.prometheus
        count = status.exporter_requests if status is not None else None
        with self.interruptions.let_through():
            missing = settle(prometheus, load.run_id, count, _SETTLE_TIMEOUT_SECONDS)
        now = prometheus.value("time()") or time.time()
        groups, ungated = watched_groups(self.rules), ungated_alerts(self.rules)
        reader = RunReader(prometheus, load.run_id, groups, ungated, looks=looks, as_of_seconds=now)
        known = tuple(filter(None, (missing,)))
        found = reader.read(load.options.scenario, count, known_problems=known)
        if status is not None:
            found = replace(found, users=completed(found.users, status.told))
        if found.ledger.target is None:  # what a target counts is read where it publishes that
            found = replace(found, ledger=replace(found.ledger, target_expected=False))
        return found, now

    def series(self, run_id: str, begin: float, end: float, metrics: str | None = "") -> tuple[StoredSeries, ...]:
        """Return the stored series of a load, and what its target used.

        ``metrics`` is where the target publishes that: its host:port, empty for each that is scraped, None for nowhere.
        """
        prometheus = self.environment.prometheus
        found = prometheus.stored(series_of(run_id), begin, end)
        if metrics is None:
            return tuple(found)
        if metrics:
            return (*found, *prometheus.stored(f'{{{_OF_TARGET},instance="{escaped(metrics)}"}}', begin, end))
        of_process = f'process_cpu_seconds_total{{job="{TARGET_JOB}"}}'
        records = '{__name__=~"loadtest:target_.+"}'
        return (*found, *(each for text in (of_process, records) for each in prometheus.stored(text, begin, end)))
