"""What a Locust master is told to start a run."""

from __future__ import annotations

from swarmscope.run.options import OWN_RAMP_SECONDS, RunOptions
from swarmscope_exporter.run_details import RunDetails, to_text


def start_form(options: RunOptions, run_id: str, host: str | None, details: RunDetails) -> dict[str, str]:
    """Return the fields of Locust's form, and ours.

    What is left out stays as the scenario, or the master's command line, has it. Without a ``host`` each user class
    uses its own.
    """
    spawn_rate = options.spawn_rate
    if not options.follows_project and options.users is not None and spawn_rate is None:
        spawn_rate = max(1.0, options.users / OWN_RAMP_SECONDS)
    figures = {
        "host": host,
        "user_count": options.users,
        "spawn_rate": spawn_rate,
        "run_time": options.run_time_seconds and round(options.run_time_seconds),
    }
    given = {name: str(value) for name, value in figures.items() if value is not None}
    ours = {
        "scenario": options.scenario,
        "run_id": run_id,
        "judged_by": "runner",
        "think_time_scale": options.think_time_scale,
        "arrival_rate": options.rate,
        "arrival_seed": options.seed,
        "run_details": to_text(details) or None,
    }
    return given | {f"loadtest_{name}": str(value) for name, value in ours.items() if value is not None}
