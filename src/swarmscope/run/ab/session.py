"""An A/B run from preflight to its answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial

from rich.console import Console

from swarmscope.compare.comparison import Comparison, Side
from swarmscope.compare.judge import compare_pairs
from swarmscope.compare.summary import RunSummary
from swarmscope.errors import CommandError, PrometheusUnavailableError
from swarmscope.processes.ports import PortPicker
from swarmscope.processes.signals import Interruptions
from swarmscope.project.settings import project
from swarmscope.prometheus.loaded_rules import require_loaded
from swarmscope.prometheus.own_metrics import by_prometheus, require_readable
from swarmscope.prometheus.rule_checks import checked_rule_set
from swarmscope.prometheus.rule_confidence import with_confidence
from swarmscope.prometheus.rule_sets import RuleSet
from swarmscope.run import preflight
from swarmscope.run.ab.blocks import Block, BlockRunner
from swarmscope.run.ab.options import AbOptions
from swarmscope.run.ab.pairs import obstacles_of, valid_pairs
from swarmscope.run.ab.progress import AbProgress
from swarmscope.run.ab.targets import picked, start, with_metrics
from swarmscope.run.environment import environment_of
from swarmscope.run.inspect_locustfile import require_runnable
from swarmscope.run.kept_evidence import LOGS_FOLDER, copied_rules
from swarmscope.run.locust_api import LocustUnavailableError
from swarmscope.run.options import RunOptions
from swarmscope.run.run_folders import claim_folder
from swarmscope.run.steady_load import require_steady, scenario_of
from swarmscope.run.targets import require_targets

_WORKERS_TIMEOUT_SECONDS = 30.0


@dataclass
class Measured:
    """The blocks so far, in the order of time; ``ended`` says why there are no more, empty when all were run."""

    blocks: list[RunSummary] = field(default_factory=list)
    ended: str = ""


class AbSession:
    """One A/B run, in the stretch in which its ``interruptions`` are held; its results go into ``folder``."""

    def __init__(self, options: AbOptions, console: Console, interruptions: Interruptions) -> None:
        self._options = options
        self._console = console
        self._interruptions = interruptions
        self._rules = RuleSet(())
        self.folder = options.run.results
        self.measured = Measured()

    def run(self) -> Comparison:
        """Bring up what is missing, put both sides under load in turn, and compare them.

        Raise CommandError when it cannot begin, or ends before a block was measured. What was measured until a side has
        ended, or a person has, is shown, and nothing can be told of it.
        """
        try:
            with ExitStack() as stack:
                with self._interruptions.let_through():
                    runner = self._prepared(stack)
                self._measure(runner)
        except (PrometheusUnavailableError, LocustUnavailableError) as error:
            raise CommandError(str(error)) from error
        return self._compared()

    def _prepared(self, stack: ExitStack) -> BlockRunner:
        """Everything that the load needs, up until ``stack`` is left."""
        picker = PortPicker(self._say)
        a, b = (picked(target, picker) for target in (self._options.a, self._options.b))
        run = replace(
            self._options.run,
            host=a.host,
            host_is_from="--a" if a.command else "--host-a",
        )
        # Whether thresholds are met is not asked here, so neither is how surely.
        self._rules = with_confidence(checked_rule_set(run.rules, run.thresholds), 0.0)
        run = require_runnable(run, self._say)
        run = replace(run, spawn_rate=_spawn_rate(run, self._options.plan.ramp_seconds))
        self.folder = claim_folder(run.results, f"ab-{run.scenario}")
        logs = self.folder / LOGS_FOLDER
        picker.release()
        for target in (a, b):
            start(stack, target, run.state_dir, logs, self._say)
        for target in (a, b):
            require_targets(replace(run, host=target.host), (target.host,))
        a, b = with_metrics(a), with_metrics(b)
        run = replace(run, more_api_metrics=tuple(filter(None, (a.metrics, b.metrics))))
        self._options = replace(self._options, run=run, a=a, b=b)
        environment = stack.enter_context(environment_of(run, copied_rules(self._rules, self.folder), logs, self._say))
        require_readable(project().objectives, by_prometheus(environment.prometheus), project().tested)
        require_loaded(environment.prometheus, self._rules.rules, run.rules)
        preflight.wait_for_workers(
            environment.locust, environment.workers, _WORKERS_TIMEOUT_SECONDS, environment.require_alive
        )
        return BlockRunner(environment, run, self._options.plan, self._rules.rules, self._interruptions)

    def _measure(self, runner: BlockRunner) -> None:
        """Run the blocks one after the other, until all have run or one cannot."""
        plan, measured = self._options.plan, self.measured
        self._say(f"A is {self._options.a.title}, B is {self._options.b.title}: {plan.announcement}")
        with AbProgress(self._console, plan).shown() as progress:
            for block in self._blocks():
                try:
                    summary = runner.run(block, partial(progress.update, block.number, block.side))
                except (CommandError, LocustUnavailableError, PrometheusUnavailableError) as error:
                    if not measured.blocks:
                        raise
                    measured.ended = f"block {block.number} of {len(plan.sides)}, of {block.side}, did not end: {error}"
                    return
                if summary is None:
                    measured.ended = f"interrupted in block {block.number} of {len(plan.sides)}"
                    return
                measured.blocks.append(summary)
                progress.measured(block.side, summary)

    def _blocks(self) -> Iterator[Block]:
        targets = {"A": self._options.a, "B": self._options.b}
        for number, side in enumerate(self._options.plan.sides, 1):
            of, run_id = targets[side], f"{self.folder.name}-{number:03d}{side.lower()}"
            yield Block(number, side, of.host, run_id, of.metrics)

    def _compared(self) -> Comparison:
        pairs = valid_pairs(self.measured.blocks, self._options.plan)
        a, b = Side(self._options.a.title, pairs.a), Side(self._options.b.title, pairs.b)
        return replace(
            compare_pairs(a, b, self._options.policy),
            obstacles=obstacles_of(pairs, self.measured.ended),
            warnings=pairs.left_out,
        )

    def _say(self, line: str) -> None:
        self._console.print(line, style="dim", markup=False, highlight=False, soft_wrap="://" in line)


def _spawn_rate(run: RunOptions, ramp_seconds: float) -> float:
    """Return how fast the users of a block start; raise CommandError where its load would not be one steady load."""
    require_steady(run, "each block of an A/B run")
    scenario = scenario_of(run)
    users = run.users or (scenario.users if scenario is not None else None) or 1
    return max(1.0, users / ramp_seconds)
