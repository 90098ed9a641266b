"""Makes Locust follow the scenarios of a swarmscope.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import locust
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from swarmscope.locust_plugin.plugin import attach
from swarmscope.locust_plugin.scenario_run import ATTRIBUTE, ScenarioRun, scenario_run_of
from swarmscope.locust_plugin.shape import ScenarioShape
from swarmscope.project.settings import read_project
from swarmscope_exporter.listeners import listen_first

__all__ = ["ScenarioShape", "follow_scenarios"]


def follow_scenarios(folder: Path) -> None:
    """Make Locust run the scenarios of the swarmscope.toml in a folder, observed; once, at the top of a locustfile.

    The locustfile has to import `ScenarioShape` as well, for Locust to find it. Raise
    CommandError for a swarmscope.toml that cannot be read.
    """
    catalogue = read_project(folder).catalogue

    def on_init(environment: Environment, **_: Any) -> None:
        run = ScenarioRun(environment, catalogue)
        setattr(environment, ATTRIBUTE, run)
        run.abort.attach()

    # The order matters: the scenario is named, the exporter waits for Prometheus, then the shape's clock starts.
    locust.events.init_command_line_parser.add_listener(_add_arguments)
    locust.events.init.add_listener(on_init)
    attach(scenarios=catalogue.names)
    locust.events.init.add_listener(_name_scenario_first)
    locust.events.init.add_listener(_attach_shape)


def _add_arguments(parser: LocustArgumentParser, **_: Any) -> None:
    parser.add_argument(
        "--think-time-scale",
        type=float,
        default=1.0,
        env_var="LOADTEST_THINK_TIME_SCALE",
        help="Factor on all pauses of the users: 0.5 makes them twice as fast",
    )


def _name_scenario_first(environment: Environment, **_: Any) -> None:
    """Begin a run before the exporter does, which reads the scenario's name."""
    listen_first(environment.events.test_start, _on_test_start)


def _on_test_start(environment: Environment, **_: Any) -> None:
    scenario_run_of(environment).begin()


def _attach_shape(environment: Environment, **_: Any) -> None:
    if isinstance(environment.shape_class, ScenarioShape):
        environment.shape_class.attach(environment)
