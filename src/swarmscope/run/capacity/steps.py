"""Holds one load after the other, judges each as a run of its own, and keeps the evidence of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from swarmscope.capacity.pool import Pool
from swarmscope.capacity.step import By
from swarmscope.errors import CommandError
from swarmscope.prometheus.rule_sets import RuleSet
from swarmscope.report.results_folder import write_evidence
from swarmscope.run.capacity.machine_cpu import MachineCpu
from swarmscope.run.capacity.plan import StepPlan
from swarmscope.run.capacity.read_step import Asked, Reading, reading_of
from swarmscope.run.capacity.watch import StepWatch
from swarmscope.run.evidence_archive import ArchivedRun, archived
from swarmscope.run.kept_evidence import RULES_FOLDER
from swarmscope.run.loads import Load, LoadRunner
from swarmscope.run.locust_api import LocustUnavailableError, RunStatus
from swarmscope.run.options import RunOptions
from swarmscope.run.published_verdict import tell_master
from swarmscope.verdict.decide import decide
from swarmscope.verdict.verdict import JudgedRun, Verdict
from swarmscope_exporter.run_details import RunDetails

STEPS_FOLDER = "steps"
#: Labels of a step's series, by which Grafana finds the steps of a search.
SEARCH_LABEL, STEP_LABEL = "capacity", "step"

#: Of Locust's own reports: what failed, and what raised.
_FAILURES = frozenset({"locust-failures.csv", "locust-exceptions.csv"})
#: Users that log in are a storm for the target: so many a second, unless the ramp would get longer than this.
_USERS_A_SECOND, _LONGEST_RAMP_SECONDS = 100.0, 20.0

Seen = Callable[[RunStatus], None]


@dataclass(frozen=True)
class StepRunner:
    """Runs the steps of a search, whose id is the name of its ``folder``.

    ``details`` are what the series of each step say of the search, and ``context`` is what verdict.json says of how a
    step was made.
    """

    loads: LoadRunner
    options: RunOptions
    by: By
    plan: StepPlan
    rules: RuleSet
    folder: Path
    details: RunDetails
    context: Mapping[str, Any]

    def run(self, number: int, load: float, pool: Pool, seen: Seen, *, has_to_be_sure: bool) -> Reading:
        """Return what became of a load; raise KeyboardInterrupt, and what `LoadRunner` raises."""
        asked = Asked(number, load, self.users(load, pool))
        of_step, plan = self.load_of(f"step{number:02d}", asked, self.plan.max_seconds), self._plan_for(asked)
        watch = StepWatch(self.loads.environment.prometheus, of_step.run_id, plan, has_to_be_sure=has_to_be_sure)
        machine = MachineCpu(plan.ramp_seconds)

        def is_over(load_seconds: float) -> bool:
            machine.look(load_seconds)
            return watch.is_over(load_seconds)

        status = self.loads.run(of_step, seen, is_over)
        evidence, now = self.loads.evidence(of_step, status, looks=len(plan.looks))
        verdict = decide(evidence)
        series = self.loads.series(of_step.run_id, evidence.run.start_seconds - 1.0, now)
        reading = reading_of(asked, verdict, series)
        self._keep(of_step, verdict, now)
        used = {**reading.step.used, **machine.used}
        return replace(reading, step=replace(reading.step, used=used))

    def users(self, load: float, pool: Pool) -> int:
        """Return how many users a load takes."""
        return round(load) if self.by == "users" else pool.users(load)

    def load_of(self, name: str, asked: Asked, seconds: float) -> Load:
        """Return a load that is judged for so long, after its ramp."""
        plan = self._plan_for(asked)
        total = plan.ramp_seconds + seconds
        options = replace(
            self.options,
            rate=asked.load if self.by == "rate" else None,
            seed=asked.number if self.by == "rate" else None,  # each try meets arrivals of its own
            users=asked.users,
            spawn_rate=max(1.0, asked.users / plan.ramp_seconds),
            run_time_seconds=total,
        )
        labels = {**self.details.labels, SEARCH_LABEL: self.folder.name, STEP_LABEL: name.removeprefix("step")}
        details = replace(self.details, labels=labels, min_seconds=plan.ramp_seconds + plan.min_seconds)
        return Load(f"{self.folder.name}-{name}", options, total, details)

    def _plan_for(self, asked: Asked) -> StepPlan:
        """Return the plan with a ramp in which so many users can start."""
        needed = min(asked.users / _USERS_A_SECOND, _LONGEST_RAMP_SECONDS)
        return replace(self.plan, ramp_seconds=max(self.plan.ramp_seconds, needed))

    def _keep(self, load: Load, verdict: Verdict, now: float) -> None:
        """Leave the evidence of a step in a folder of its own, to be judged again; and publish its verdict."""
        folder = self.folder / STEPS_FOLDER / load.run_id.rpartition("-")[2]
        prometheus = self.loads.environment.prometheus
        tell_master(verdict, str(folder.absolute()), self.loads.environment.locust)
        try:
            self.rules.write(folder / RULES_FOLDER)
            self._keep_failures(folder)
            run = ArchivedRun(verdict.run, self.rules.rules, now)
            kept, problem = archived(folder, prometheus, run, lambda _: None)
            verdict = replace(verdict, warnings=(*verdict.warnings, *filter(None, (problem,))))
            context = {**self.context, "users": load.options.users, "rate": load.options.rate}
            write_evidence(folder, JudgedRun(verdict, context, kept))
        except OSError as error:
            raise CommandError(f"The evidence of a step cannot be written to {folder}: {error.strerror}") from error

    def _keep_failures(self, folder: Path) -> None:
        """Leave what failed and why, as Locust has it, where anything did; raise OSError."""
        with suppress(LocustUnavailableError):  # the verdict does not need it
            for name, content in self.loads.environment.locust.reports().items():
                if name in _FAILURES:
                    (folder / name).write_bytes(content)
