"""Puts the sides under load in turn, on one Locust master, and reads what each block has come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from swarmscope.compare.summary import Conditions, RunSummary
from swarmscope.processes.signals import Interruptions
from swarmscope.prometheus.rule_files import FileRule
from swarmscope.run.ab.plan import Plan, SideName
from swarmscope.run.ab.read_block import block_summary
from swarmscope.run.details import machine
from swarmscope.run.environment import RunEnvironment
from swarmscope.run.loads import Load, LoadRunner
from swarmscope.run.locust_api import RunStatus
from swarmscope.run.options import RunOptions
from swarmscope.verdict.decide import decide


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
        self._loads = LoadRunner(environment, rules, interruptions)
        self._options = options
        self._plan = plan
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
        load = Load.of(block.run_id, replace(self._options, host=block.host), self._plan.load_seconds)
        try:
            return self._read(block, load, self._loads.run(load, seen))
        except KeyboardInterrupt:
            return None

    def _read(self, block: Block, load: Load, status: RunStatus | None) -> RunSummary:
        """Return what was measured in a block, and whether it was measured well; raise KeyboardInterrupt."""
        evidence, now = self._loads.evidence(load, status)
        begin = evidence.run.start_seconds - 1.0
        series = self._loads.series(block.run_id, begin, now, block.metrics or None)
        return block_summary(decide(evidence), self._conditions, series, self._plan.warm_up_seconds)
