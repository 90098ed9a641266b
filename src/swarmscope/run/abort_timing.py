"""When --abort-on-breach can end a run: an objective is judged over a window, and its alert waits before it fires."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from swarmscope.project.settings import project
from swarmscope.prometheus.durations import duration_seconds
from swarmscope.prometheus.rule_files import FileRule
from swarmscope.run.options import OWN_RAMP_SECONDS, RunOptions
from swarmscope.scenarios.schedule import Timetable
from swarmscope.verdict.reasons import LIVE_ALERT, elapsed

#: The window over which objectives are judged while a run lasts, as its rule writes it.
_WINDOW_RECORD, _WINDOW_LABEL = "loadtest:counted", {"window": "live"}
_WINDOW = re.compile(r"\boffset (\w+)")


@dataclass(frozen=True)
class Plan:
    """How long the ramp and the whole run are to take, in seconds; None where the locustfile or the master decides."""

    ramp_seconds: float | None
    run_seconds: float | None


def plan_of(options: RunOptions) -> Plan:
    """Return what these options plan."""
    if options.own_shape or options.locust_url is not None:
        return Plan(None, options.run_time_seconds)
    if options.follows_project:
        scenario = project().catalogue.find(options.scenario)
        size = {"users": options.users, "spawn_rate": options.spawn_rate, "run_time_seconds": options.run_time_seconds}
        try:
            timetable = Timetable(scenario.scaled(**size))  # type: ignore[arg-type]  # each is a number or None
        except ValueError:  # for the locustfile to say
            return Plan(None, options.run_time_seconds)
        return Plan(timetable.ramp_seconds, timetable.seconds)
    users = options.users or 1
    ramp = users / options.spawn_rate if options.spawn_rate else min(OWN_RAMP_SECONDS, users)
    return Plan(ramp, options.run_time_seconds)


def abort_announcement(rules: Iterable[FileRule], plan: Plan) -> str:
    """Return in one line when these rules can end a run of this plan on a breach."""
    found = tuple(rules)
    alert = next((rule for rule in found if rule.is_alert and rule.name == LIVE_ALERT), None)
    window = next((seconds for rule in found if (seconds := _window_seconds(rule)) is not None), None)
    if alert is None or window is None:
        return "--abort-on-breach: ends the run when a critical alert fires"
    hold = alert.for_seconds
    line = (
        f"--abort-on-breach: ends the run when a critical alert fires: {hold:g} s after the figures of the last"
        f" {window:g} s crossed a threshold, "
    )
    if plan.ramp_seconds is None:
        return f"{line}at the earliest {elapsed(window + hold)} after the ramp"
    earliest = plan.ramp_seconds + window + hold
    if plan.run_seconds is not None and plan.run_seconds <= earliest:
        return (
            f"{line}at the earliest at {elapsed(earliest)}, which is after this run of {elapsed(plan.run_seconds)}:"
            " only alerts with shorter waits, such as TargetHangs and WorkerLost, can end it"
        )
    return f"{line}at the earliest at {elapsed(earliest)} of the run"


def _window_seconds(rule: FileRule) -> float | None:
    """Return the length of the window that a rule records, None for a rule of another kind."""
    if rule.is_alert or rule.name != _WINDOW_RECORD or rule.labels != _WINDOW_LABEL:
        return None
    match = _WINDOW.search(rule.expr)
    return None if match is None else duration_seconds(match[1])
