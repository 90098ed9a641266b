"""What has one steady load: a block of an A/B run, a step of a search for a capacity."""

from __future__ import annotations

from swarmscope.errors import CommandError
from swarmscope.project.settings import project
from swarmscope.run.options import RunOptions
from swarmscope.scenarios.model import Scenario


def scenario_of(run: RunOptions) -> Scenario | None:
    """Return the scenario of swarmscope.toml that is run; None for one of the caller's own."""
    return project().catalogue.find(run.scenario) if run.follows_project else None


def require_steady(run: RunOptions, each: str) -> None:
    """Raise CommandError where the load of ``each``, such as "each step", would not be one steady load."""
    scenario = scenario_of(run)
    if run.own_shape:
        raise CommandError(
            f"{run.locustfile_title} has a load shape of its own, {run.own_shape}, and {each} has one steady load: take"
            " the shape away"
        )
    if scenario is not None and [stage.phase for stage in scenario.stages] != ["steady"]:
        raise CommandError(
            f"Scenario {scenario.name} has stages, and {each} has one steady load: choose another scenario"
        )
