"""``run --baseline``: what a run is compared with, found and checked before its load."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from swarmscope.compare.comparable import obstacles
from swarmscope.compare.comparison import Side
from swarmscope.compare.judge import MIN_BASELINE_RUNS
from swarmscope.compare.summary import Conditions, RunSummary
from swarmscope.errors import CommandError
from swarmscope.project.settings import project
from swarmscope.run.baselines import figure_of_run
from swarmscope.run.details import machine
from swarmscope.run.options import RunOptions
from swarmscope.run.sides import side_of
from swarmscope.verdict.regression import COMPARED
from swarmscope.verdict.verdict import Outcome

_THIS_RUN = "this run"


@dataclass(frozen=True)
class RunBaseline:
    """The runs of a baseline, and by how much the p95 of the run may be worse."""

    side: Side
    limit: float

    @property
    def p95_seconds(self) -> dict[str, float]:
        """The p95 of all requests of each run, by its id."""
        known = {run.run_id: figure_of_run(run, COMPARED) for run in self.side.runs}
        return {run_id: seconds for run_id, seconds in known.items() if seconds is not None}


def baseline_of(options: RunOptions, say: Callable[[str], None]) -> RunBaseline | None:
    """Return what the run is compared with; None where nothing is.

    Raise CommandError when it cannot be read, or a run with these options could not be compared with it.
    """
    if options.baseline is None:
        return None
    planned = _planned(options)
    side = side_of(options.baseline, options.results, options.baselines, machine=planned.conditions.machine)
    failed = [run.run_id for run in side.runs if run.verdict == Outcome.FAIL and not run.note]
    if failed:
        raise CommandError(
            f"The baseline {options.baseline} has runs that failed: {', '.join(failed)}; expected runs that passed"
            " (`swarmscope baseline add --force` keeps others, and says so in their files)"
        )
    found = obstacles(side, Side(_THIS_RUN, (planned,)))
    if found:
        raise CommandError(
            f"This run could not be compared with the baseline {options.baseline}: {'; '.join(found)}; run it as those"
            " were, or make a baseline of such runs with `swarmscope baseline add`"
        )
    runs, limit = len(side.runs), options.max_regression
    whose = f"{runs} run{'s' if runs != 1 else ''} of {options.baseline}"
    say(f"compared with {whose}: p95 at most {100 * limit:g} % worse")
    if runs < MIN_BASELINE_RUNS:
        missing = MIN_BASELINE_RUNS - runs
        say(f"Warning: this run cannot pass: a comparison decides from {MIN_BASELINE_RUNS} runs on, {missing} more")
    return RunBaseline(side, limit)


def _planned(options: RunOptions) -> RunSummary:
    """Return the run that these options are going to make, as far as it is known."""
    scenario = project().catalogue.find(options.scenario) if options.follows_project else None
    arrivals = scenario.arrivals if scenario is not None else None
    rate = options.rate
    users = options.users if options.users is not None or scenario is None else scenario.users
    conditions = Conditions(
        scenario=options.scenario,
        machine=machine(),
        workers=None if options.locust_url is not None else max(1, options.worker_processes),
        users=None if options.own_shape else users,
        rate=rate if arrivals is None or rate is not None else None,
        load_seconds=options.run_time_seconds or (scenario.run_time_seconds if scenario is not None else None),
        locustfile=options.locustfile_title if options.locust_url is None else "",
    )
    return RunSummary(_THIS_RUN, 0.0, "", conditions, {})
