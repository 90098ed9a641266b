"""Checks and converts what a person typed of a search, before anything is started."""

from __future__ import annotations

import math
from dataclasses import replace

from swarmscope.capacity.search import Limits
from swarmscope.capacity.step import By
from swarmscope.errors import CommandError
from swarmscope.project.settings import project
from swarmscope.project.syntax import margin_of, rate_of, seconds_of
from swarmscope.run.capacity.options import CapacityOptions
from swarmscope.run.capacity.plan import StepPlan, require_plan
from swarmscope.run.options import RunOptions
from swarmscope.scenarios.arrivals import MAX_PER_SECOND
from swarmscope.scenarios.model import Scenario, Search

#: As it is done where nothing else is asked for.
STEP, RAMP, RECOVERY, PRECISION, TRIES = "15s..60s", "2s", "60s", "5%", 3
#: Without a scenario that says how large its load is.
_FIRST: dict[By, float] = {"rate": 50.0, "users": 10.0}
_HIGHEST: dict[By, float] = {"rate": 10_000.0, "users": 5_000.0}
#: Of the load that a scenario has, to begin with.
_SHARE = 0.25


def asked_for(  # noqa: PLR0913  # as on the command line
    run: RunOptions,
    *,
    by: str | None = None,
    lowest: str | None = None,
    highest: str | None = None,
    at_least: str | None = None,
    step: str = STEP,
    ramp: str = RAMP,
    recovery: str = RECOVERY,
    precision: str = PRECISION,
    tries: int = TRIES,
) -> CapacityOptions:
    """Return what is asked for, and as the scenario has it where nothing is; raise CommandError, one line."""
    if by not in {None, "rate", "users"}:
        raise CommandError(f"Invalid --by {by!r}: expected rate or users")
    scenario = project().catalogue.find(run.scenario) if run.follows_project else None
    search = scenario.search if scenario is not None and scenario.search is not None else Search()
    what: By = search.by if by is None else "users" if by == "users" else "rate"
    if what != search.by:
        search = Search(what)  # its loads are others
    if what == "users" and scenario is not None and scenario.arrivals is not None:
        raise CommandError(
            f"Scenario {scenario.name} has arrivals, so its users only wait for them: leave out --by users, or choose"
            " another scenario"
        )
    if tries < 1:
        raise CommandError(f"Invalid --tries {tries}: expected 1 or more")
    given_first, given_top = _load("--from", lowest, what), _load("--to", highest, what)
    top = given_top or search.highest
    first = given_first or search.first or min(_usual_first(scenario, what), top or math.inf)
    top = top or max(first, _HIGHEST[what])
    needed = _load("--at-least", at_least, what) or search.at_least
    if needed is not None and needed > top:
        raise CommandError(f"Invalid --at-least {needed:g}: nothing above --to, which is {top:g}, is tried")
    limits = Limits(first, top, margin_of("--precision", precision), tries, is_whole=what == "users")
    times = {"ramp_seconds": ("--ramp", ramp), "recovery_seconds": ("--recovery", recovery)}
    plan = replace(_plan(step), **{name: _seconds(*given) for name, given in times.items()})
    require_plan(plan, limits)
    return CapacityOptions(run, what, limits, plan, needed)


def searches(options: RunOptions) -> bool:
    """Return whether the scenario is a search for a capacity."""
    return options.follows_project and project().catalogue.find(options.scenario).search is not None


def searched_by_run(options: RunOptions) -> CapacityOptions:
    """Return the search that `swarmscope run` of such a scenario is; raise CommandError for what is of runs alone."""
    of_runs = {
        "--users": options.users is not None,
        "--spawn-rate": options.spawn_rate is not None,
        "--run-time": options.run_time_seconds is not None,
        "--rate": options.rate is not None,
        "--locust-url and --docker": options.locust_url is not None,
        "--abort-on-breach": options.abort_on_breach,
        "--baseline": options.baseline is not None,
        "--otel": options.otel_endpoint is not None,
        "--keep": options.keep,
    }
    given = [name for name, value in of_runs.items() if value]
    if given:
        raise CommandError(
            f"Scenario {options.scenario} searches for a capacity, in many runs: leave out {', '.join(given)}"
            f" (`swarmscope capacity {options.scenario} --help` lists its own options)"
        )
    return asked_for(options)


def _usual_first(scenario: Scenario | None, by: By) -> float:
    of_scenario = None
    if scenario is not None:
        of_scenario = scenario.arrivals.rate if scenario.arrivals is not None else None
        of_scenario = scenario.users if by == "users" else of_scenario
    if not of_scenario:
        return _FIRST[by]
    return float(max(1, round(of_scenario * _SHARE))) if by == "users" else of_scenario * _SHARE


def _load(option: str, text: str | None, by: By) -> float | None:
    """Return a load as it was typed: 50/s, or a number of users; None where nothing was."""
    if text is None:
        return None
    if by == "users":
        if not text.strip().isdigit() or not int(text):
            raise CommandError(f"Invalid {option} {text!r}: expected a number of users over 0, such as 50")
        return float(int(text))
    try:
        rate = rate_of(text)
    except CommandError as error:
        raise CommandError(f"Invalid {option} {text!r}: {str(error).partition(': ')[2]}") from None
    if not 0 < rate <= MAX_PER_SECOND:
        raise CommandError(f"Invalid {option} {text!r}: expected a rate above 0, and at most {MAX_PER_SECOND:g}/s")
    return rate


def _seconds(option: str, text: str) -> float:
    try:
        return seconds_of(text)
    except CommandError as error:
        raise CommandError(f"Invalid {option} {text!r}: {str(error).partition(': ')[2]}") from None


def _plan(text: str) -> StepPlan:
    first, dots, last = text.partition("..")
    try:
        shortest = seconds_of(first)
        return StepPlan(min_seconds=shortest, max_seconds=seconds_of(last) if dots else shortest)
    except CommandError:
        raise CommandError(
            f"Invalid --step {text!r}: expected the shortest and the longest time, such as 15s..60s"
        ) from None
