"""Puts the sides under load in turn, on one Locust master, and reads what each block has come to."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from swarmscope.compare.summary import Conditions, RunSummary
from swarmscope.errors import CommandError
from swarmscope.processes.signals import Interruptions
from swarmscope.prometheus.rule_files import FileRule, ungated_alerts, watched_groups
from swarmscope.run import follow as following
from swarmscope.run import preflight
from swarmscope.run.ab.plan import Plan, SideName
from swarmscope.run.ab.read_block import block_summary
from swarmscope.run.details import details_of, machine
from swarmscope.run.environment import RunEnvironment
from swarmscope.run.locust_api import RunStatus
from swarmscope.run.options import RunOptions
from swarmscope.run.start_form import start_form
from swarmscope.run.wait_until_final import settle
from swarmscope.verdict.decide import decide
from swarmscope.verdict.read import RunReader
from swarmscope.verdict.user_facts import completed
from swarmscope_exporter.phases import StopOrder
from swarmscope_exporter.run_ids import escaped, series_of

_POLL_SECONDS = 0.25
#: What a target used, as it publishes that and as rules record it.
_OF_TARGET = '__name__=~"process_cpu_seconds_total|loadtest:target_.+"'
_WATCHED_TIMEOUT_SECONDS = 20.0
_SETTLE_TIMEOUT_SECONDS = 20.0
_START_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Block:
    """A stretch of load on one side; ``number`` counts from 1, and ``metrics`` is where its target publishes them."""

    number: int
    side: SideName
    host: str
    run_id: str
    metrics: str = ""


class BlockRunner:
    """Runs blocks; raises CommandError, LocustUnavailableError and PrometheusUnavailableError where that cannot be."""

    def __init__(
        self,
        environment: RunEnvironment,
        options: RunOptions,
        plan: Plan,
        rules: tuple[FileRule, ...],
        interruptions: Interruptions,
    ) -> None:
        self._environment = environment
        self._options = options
        self._plan = plan
        self._rules = rules
        self._interruptions = interruptions
        self._conditions = Conditions(
            scenario=options.scenario,
            machine=machine(),
            workers=environment.workers,
            users=options.users,
            rate=options.rate,
            think_time_scale=options.think_time_scale,
            load_seconds=plan.block_seconds,
            locustfile=options.locustfile_title,
        )

    def run(self, block: Block, seen: Callable[[RunStatus], None]) -> RunSummary | None:
        """Return what was measured in a block; None when it was interrupted. ``seen`` is given each status."""
        try:
            with self._interruptions.let_through():
                self._start(block)
                self._follow(seen)
        except KeyboardInterrupt:
            self._stop(StopOrder.EARLY)
            return None
        return self._read(block, self._stop(StopOrder.STOP))

    def _start(self, block: Block) -> None:
        options = replace(self._options, host=block.host)
        form = start_form(options, block.run_id, block.host, details_of(options))
        locust, deadline = self._environment.locust, time.monotonic() + _START_TIMEOUT_SECONDS
        while True:  # after a run its workers are away for a moment
            try:
                locust.swarm(form)
                break
            except CommandError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_SECONDS)
        preflight.wait_until_watched(
            self._environment.prometheus, block.run_id, _WATCHED_TIMEOUT_SECONDS, self._require_started
        )

    def _require_started(self) -> None:
        self._environment.require_alive()
        if refused := self._environment.locust.status().refused:
            raise CommandError(refused)

    def _follow(self, seen: Callable[[RunStatus], None]) -> None:
        load_began: float | None = None
        while True:
            self._environment.require_alive()
            status = self._environment.locust.status()
            seen(status)
            if status.phase == following.DONE:
                if status.ended_because:
                    raise CommandError(status.ended_because)
                return
            if load_began is None and status.phase != following.PREPARE:
                load_began = time.monotonic()
            if (
                load_began is not None
                and not status.planned_seconds
                and time.monotonic() - load_began >= self._plan.load_seconds
            ):
                return
            time.sleep(_POLL_SECONDS)

    def _stop(self, order: StopOrder) -> RunStatus | None:
        timeout_seconds = self._options.stop_timeout_seconds + 30.0
        return following.stop(self._environment.locust, timeout_seconds, self._interruptions, order=order)

    def _read(self, block: Block, status: RunStatus | None) -> RunSummary | None:
        """Return what was measured in a block, and whether it was measured well; None when that was interrupted."""
        prometheus = self._environment.prometheus
        count = status.exporter_requests if status is not None else None
        try:
            with self._interruptions.let_through():
                missing = settle(prometheus, block.run_id, count, _SETTLE_TIMEOUT_SECONDS)
        except KeyboardInterrupt:
            return None
        now = prometheus.value("time()") or time.time()
        groups, ungated = watched_groups(self._rules), ungated_alerts(self._rules)
        reader = RunReader(prometheus, block.run_id, groups, ungated, as_of_seconds=now)
        known = tuple(filter(None, (missing,)))
        evidence = reader.read(self._options.scenario, count, known_problems=known)
        if status is not None:
            evidence = replace(evidence, users=completed(evidence.users, status.told))
        if evidence.ledger.target is None:  # what a side uses is read where it publishes that; its count is a bonus
            evidence = replace(evidence, ledger=replace(evidence.ledger, target_expected=False))
        verdict = decide(evidence)
        begin = evidence.run.start_seconds - 1.0
        series = prometheus.stored(series_of(block.run_id), begin, now)
        if block.metrics:
            series += prometheus.stored(f'{{{_OF_TARGET},instance="{escaped(block.metrics)}"}}', begin, now)
        return block_summary(verdict, self._conditions, series, self._plan.warm_up_seconds)
