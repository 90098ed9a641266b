"""When --abort-on-breach can end a run: what is told before the load."""

from __future__ import annotations

from dataclasses import dataclass

from swarmscope.project.settings import project
from swarmscope.run.breach import WAITS_BEFORE, wait_seconds
from swarmscope.run.options import OWN_RAMP_SECONDS, RunOptions
from swarmscope.scenarios.schedule import Timetable
from swarmscope.verdict.reasons import elapsed


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
        size = {
            "users": options.users,
            "spawn_rate": options.spawn_rate,
            "run_time_seconds": options.run_time_seconds,
            "rate": options.rate,
        }
        try:
            timetable = Timetable(scenario.scaled(**size))  # type: ignore[arg-type]  # each is a number or None
        except ValueError:  # for the locustfile to say
            return Plan(None, options.run_time_seconds)
        return Plan(timetable.ramp_seconds, timetable.seconds)
    users = options.users or 1
    ramp = users / options.spawn_rate if options.spawn_rate else min(OWN_RAMP_SECONDS, users)
    return Plan(ramp, options.run_time_seconds)


def abort_announcement(plan: Plan) -> str:
    """Return in one line when a run of this plan can be ended on a breach."""
    wait = wait_seconds(plan.run_seconds)
    line = (
        f"--abort-on-breach: ends the run when a critical alert fires, or a critical objective has been missed over the"
        f" run so far for {wait:g} s: "
    )
    if plan.ramp_seconds is None:
        return f"{line}at the earliest {elapsed(WAITS_BEFORE * wait)} after the ramp"
    return f"{line}at the earliest at {elapsed(plan.ramp_seconds + WAITS_BEFORE * wait)} of the run"
