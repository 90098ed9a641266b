"""A search for the capacity from preflight to its answer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from rich.console import Console

from swarmscope.capacity.answer import Capacity
from swarmscope.capacity.findings import capacity_of
from swarmscope.capacity.pool import MAX_DOUBLINGS, MAX_USERS, Pool, allowed_seconds
from swarmscope.capacity.search import Ended, Try, next_load
from swarmscope.capacity.step import Step, StepOutcome, load_text
from swarmscope.errors import CommandError, PrometheusUnavailableError
from swarmscope.processes.signals import Interruptions
from swarmscope.project.settings import project
from swarmscope.prometheus.judging import judging_thresholds
from swarmscope.prometheus.loaded_rules import require_loaded
from swarmscope.prometheus.own_metrics import by_prometheus, require_readable
from swarmscope.prometheus.rule_checks import checked_rule_set
from swarmscope.prometheus.rule_confidence import with_confidence
from swarmscope.prometheus.rule_leave_out import without_objectives
from swarmscope.prometheus.rule_sets import RuleSet
from swarmscope.report.capacity.results_folder import write_answer
from swarmscope.run import preflight
from swarmscope.run.capacity.options import CapacityOptions
from swarmscope.run.capacity.plan import announcement
from swarmscope.run.capacity.progress import CapacityProgress
from swarmscope.run.capacity.read_step import Asked, Reading
from swarmscope.run.capacity.recovery import RecoveryWatch, before_of
from swarmscope.run.capacity.steps import StepRunner
from swarmscope.run.details import command_line, details_of, machine, versions
from swarmscope.run.environment import RunEnvironment, environment_of
from swarmscope.run.inspect_locustfile import require_runnable
from swarmscope.run.kept_evidence import LOGS_FOLDER, copied_rules
from swarmscope.run.loads import LoadRunner
from swarmscope.run.locust_api import LocustUnavailableError
from swarmscope.run.options import RunOptions
from swarmscope.run.run_folders import claim_folder
from swarmscope.run.steady_load import require_steady, scenario_of
from swarmscope.run.targets import require_targets, unread_metrics, unverified_certificates
from swarmscope.scenarios.model import Scenario

_WORKERS_TIMEOUT_SECONDS = 30.0
#: What a short, steady load cannot be judged by: the rate is chosen here, the others are of time that goes by.
_NOT_OF_STEPS = frozenset(
    {
        "throughput_requests_per_second",
        "latency_drift_ratio",
        "target_memory_growth_ratio",
        "recovery_seconds",
    }
)
#: Steps in a row that say nothing.
_MAX_UNMEASURED = 3
#: Each step has to start its users anew.
_LONGEST_RAMP_SECONDS = 10.0
#: Beside its ramp, a small load lasts so long at least until the target is said to have recovered.
_MIN_RECOVERY_SECONDS = 5.0


@dataclass
class Searched:
    """The steps so far; ``end`` is what the search has come to, ``why`` why it did not come to its end."""

    steps: list[Step] = field(default_factory=list)
    end: Ended | None = None
    why: str = ""


class CapacitySession:
    """One search, in the stretch in which its ``interruptions`` are held; its results go into ``folder``."""

    def __init__(self, options: CapacityOptions, console: Console, interruptions: Interruptions) -> None:
        self._options = options
        self._console = console
        self._interruptions = interruptions
        self._rules = RuleSet(())
        self._warnings: tuple[str, ...] = ()
        self._pool = Pool(1.0, 1)
        self._workers = 1
        self._searched = Searched()
        self._to_repeat: list[Step] = []  #: steps with too few users, which come again with more
        self.folder = options.run.results

    def run(self) -> Capacity:
        """Bring up what is missing, search, and return the answer.

        Raise CommandError when the search cannot begin. What was measured until the target, a part of the stack or a
        person has ended it is the answer all the same.
        """
        try:
            with ExitStack() as stack:
                with self._interruptions.let_through():
                    runner = self._prepared(stack)
                self._search(runner)
        except (PrometheusUnavailableError, LocustUnavailableError) as error:
            raise CommandError(str(error)) from error
        return self._answer(self._searched.why)

    def _answer(self, why: str) -> Capacity:
        """Return what is known; ``why`` is why the search has not come to its end, empty where it has."""
        return capacity_of(
            self._options.run.scenario,
            self._options.by,
            self._searched.steps,
            self._searched.end,
            why=why,
            at_least=self._options.at_least,
            workers=self._workers,
            warnings=self._warnings,
        )

    def _prepared(self, stack: ExitStack) -> StepRunner:
        """Everything that the load needs, up until ``stack`` is left."""
        options = self._options
        run = options.run
        found = checked_rule_set(run.rules, run.thresholds)
        self._rules = with_confidence(without_objectives(found, _NOT_OF_STEPS), run.confidence)
        judging = judging_thresholds(self._rules, run.scenario, project().catalogue.names)
        if judging.note:
            self._say(judging.note)
        self._warn(*judging.told, _left_out(found, run.scenario))
        scenario = scenario_of(run)
        self._pool = Pool(allowed_seconds(judging.thresholds), _least_users(scenario, run))
        run = require_runnable(self._at_first_load(run), self._say)
        self._warn(unverified_certificates(run), unread_metrics(run))
        require_steady(run, "each step")
        require_targets(run, run.hosts)
        plan = replace(options.plan, ramp_seconds=max(options.plan.ramp_seconds, _ramp_seconds(scenario)))
        self.folder = claim_folder(run.results, f"capacity-{run.scenario}")
        logs = self.folder / LOGS_FOLDER
        environment = stack.enter_context(environment_of(run, copied_rules(self._rules, self.folder), logs, self._say))
        require_readable(project().objectives, by_prometheus(environment.prometheus), project().tested)
        require_loaded(environment.prometheus, self._rules.rules, run.rules)
        preflight.wait_for_workers(
            environment.locust, environment.workers, _WORKERS_TIMEOUT_SECONDS, environment.require_alive
        )
        preflight.wait_until_target_read(
            environment.prometheus, environment.require_alive, expected=environment.api_is_scraped
        )
        self._workers = environment.workers
        loads = LoadRunner(environment, self._rules.rules, self._interruptions)
        context = _context(run, environment)
        return StepRunner(loads, run, options.by, plan, self._rules, self.folder, details_of(run), context)

    def _at_first_load(self, run: RunOptions) -> RunOptions:
        """Return the options that Locust is started with: each step says its own load."""
        first, seconds = self._options.limits.first, self._options.plan.max_seconds
        if self._options.by == "users":
            return replace(run, users=round(first), run_time_seconds=seconds)
        is_opened = run.follows_project and project().catalogue.find(run.scenario).arrivals is None
        return replace(run, rate=first, users=self._pool.users(first), run_time_seconds=seconds, opened=is_opened)

    def _search(self, runner: StepRunner) -> None:
        """Take one step after the other, until the search is over or one cannot be taken."""
        searched, options = self._searched, self._options
        environment = runner.loads.environment
        self._say(
            f"search {self.folder.name}: {environment.workers} worker(s) on {environment.host or 'no host'}; Locust"
            f" {environment.locust.url}, Prometheus {environment.prometheus.url}"
        )
        self._say(announcement(runner.plan, options.limits))
        progress = CapacityProgress(self._console, environment.prometheus, options.by, options.limits.most_steps)
        with progress.shown():
            while True:
                tries = [Try(step.load, step.outcome) for step in searched.steps]
                chosen = next_load(tries, options.limits)
                if isinstance(chosen, Ended):
                    searched.end = chosen
                    return
                number = len(searched.steps) + 1
                what = f"step {number}, {load_text(chosen, options.by)}"
                try:
                    step = self._step(runner, progress, number, chosen)
                    searched.steps.append(step)
                    write_answer(self.folder, self._answer(f"ended after step {number}, whatever ended it"))
                    progress.ended(step)
                    searched.why = self._after(runner, progress, step)
                except KeyboardInterrupt:
                    searched.why = f"interrupted in {what}"
                except (CommandError, LocustUnavailableError, PrometheusUnavailableError) as error:
                    if not searched.steps:
                        raise
                    searched.why = f"{what}, did not end: {error}"
                if searched.why:
                    return

    def _step(self, runner: StepRunner, progress: CapacityProgress, number: int, load: float) -> Step:
        """Take one step; with more users the next time, where these were the limit."""
        run_id = f"{self.folder.name}-step{number:02d}"
        progress.begin(f"step {number}, {load_text(load, self._options.by)}", run_id, self._searched.steps)
        has_to_be_sure = self._options.at_least is not None and any(s.load == load for s in self._searched.steps)
        reading = runner.run(number, load, self._pool, progress.update, has_to_be_sure=has_to_be_sure)
        return self._with_more_users(reading, load)

    def _with_more_users(self, reading: Reading, load: float) -> Step:
        if not reading.needs_users:
            return reading.step
        if self._pool.doublings < MAX_DOUBLINGS and self._pool.users(load) < MAX_USERS:
            self._pool = replace(self._pool, doublings=self._pool.doublings + 1)
            self._to_repeat.append(reading.step)
            return reading.step
        because = f"{reading.step.because}, and more are not started here: give more with --users"
        return replace(reading.step, outcome=StepOutcome.GENERATOR, because=because)

    def _after(self, runner: StepRunner, progress: CapacityProgress, step: Step) -> str:
        """Return why the search cannot go on after a step; empty when it can."""
        last = self._searched.steps[-_MAX_UNMEASURED:]
        says_nothing = all(each.outcome is StepOutcome.UNMEASURED and each not in self._to_repeat for each in last)
        if len(last) == _MAX_UNMEASURED and says_nothing:
            return f"{_MAX_UNMEASURED} steps in a row say nothing: {step.because}"
        return self._recovered(runner, progress, step) if step.outcome is StepOutcome.BROKE else ""

    def _recovered(self, runner: StepRunner, progress: CapacityProgress, step: Step) -> str:
        """Wait until the target answers a small load as before; return what it does where it does not."""
        before = before_of(self._searched.steps)
        if before is None:
            return ""
        prometheus, plan = runner.loads.environment.prometheus, runner.plan
        asked = Asked(step.number, before.load, runner.users(before.load, self._pool))
        load = runner.load_of(f"recovery{step.number:02d}", asked, plan.recovery_seconds)
        least = load.seconds - plan.recovery_seconds + _MIN_RECOVERY_SECONDS
        watch = RecoveryWatch(prometheus, load.run_id, before, least)
        of = load_text(step.load, self._options.by)
        progress.begin(f"recovering from {of}", load.run_id, self._searched.steps)
        try:
            runner.loads.run(load, progress.update, watch.is_over)
        except CommandError as error:
            return f"the target did not recover from {of}: {error}"
        if watch.has_recovered:
            return ""
        return (
            f"the target did not recover from {of}: after {plan.recovery_seconds:.0f} s at"
            f" {load_text(before.load, self._options.by)}, {watch.told}"
        )

    def _warn(self, *warnings: str) -> None:
        """Say what is not empty, and keep it for the answer."""
        for warning in filter(None, warnings):
            self._warnings += (warning,)
            self._say(f"Warning: {warning}")

    def _say(self, line: str) -> None:
        self._console.print(line, style="dim", markup=False, highlight=False, soft_wrap="://" in line)


def _least_users(scenario: Scenario | None, run: RunOptions) -> int:
    """Return how many users there are at least: one of each class on each worker."""
    kinds = max(len(scenario.mix), scenario.min_users) if scenario is not None else 1
    return max(run.users or 1, kinds * max(1, run.worker_processes))


def _ramp_seconds(scenario: Scenario | None) -> float:
    """Return how long the users of a scenario take to start, as far as it says that."""
    if scenario is None or not scenario.users or not scenario.spawn_rate:
        return 0.0
    return min(_LONGEST_RAMP_SECONDS, scenario.users / scenario.spawn_rate)


def _left_out(rules: RuleSet, scenario: str) -> str:
    """Return which thresholds do not judge steps, in one line; empty when none."""
    thresholds = judging_thresholds(rules, scenario, project().catalogue.names).thresholds
    names = sorted({each.title for each in thresholds if each.objective in _NOT_OF_STEPS})
    return f"not of a step, and left out: {', '.join(names)}" if names else ""


def _context(run: RunOptions, environment: RunEnvironment) -> Mapping[str, Any]:
    return {
        "workers": environment.workers,
        "locustfile": run.locustfile_title,
        "think_time_scale": run.think_time_scale,
        "machine": machine(),
        "versions": versions(),
        "command": command_line(),
    }
