"""Makes Locust follow the scenarios of a swarmscope.toml."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import locust
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import MasterRunner, Runner, WorkerRunner

from swarmscope.locust_plugin.arrivals import ArrivalsOfProcess
from swarmscope.locust_plugin.driven import (
    OPENED_VARIABLE,
    OWN_SCENARIO_VARIABLE,
    neutralize_own_settings,
    opened,
    own_catalogue,
)
from swarmscope.locust_plugin.plugin import attach, intended_starts
from swarmscope.locust_plugin.scenario_run import ATTRIBUTE, ScenarioRun, scenario_run_of
from swarmscope.locust_plugin.shape import ScenarioShape
from swarmscope.locust_plugin.task_tags import TaskChoice
from swarmscope.locust_plugin.think_time import scale_think_times
from swarmscope.project.settings import read_project
from swarmscope.scenarios.catalogue import Catalogue
from swarmscope_exporter.arguments import add_argument
from swarmscope_exporter.endpoints import declared_scenarios
from swarmscope_exporter.listeners import listen_first

_followed: list[Catalogue] = []


def plug_in(folder: Path) -> None:
    """Observe the locustfiles of this process, and run the scenarios of the swarmscope.toml in a folder.

    Where the scenario is none of that file's, any name will do. Raise CommandError for a file that cannot be read.
    """
    if not _followed:
        locust.events.init_command_line_parser.add_listener(lambda parser, **_: neutralize_own_settings(parser))
    own = os.environ.get(OWN_SCENARIO_VARIABLE)
    known = own_catalogue(own) if own else read_project(folder).catalogue
    _follow(opened(known, os.environ.get(OPENED_VARIABLE)))


def follow_scenarios(folder: Path) -> None:
    """Run the scenarios of the swarmscope.toml in a folder, observed, also under plain `locust`.

    To be called at the top of a locustfile. Raise CommandError for a file that cannot be read.
    """
    _follow(opened(read_project(folder).catalogue, os.environ.get(OPENED_VARIABLE)))


def _follow(catalogue: Catalogue) -> None:
    """Attach everything; once in a process, as Locust's events are global in it."""
    if _followed:
        return
    _followed.append(catalogue)

    def on_init(environment: Environment, **_: Any) -> None:
        run = ScenarioRun(environment, catalogue)
        setattr(environment, ATTRIBUTE, run)
        run.abort.attach()
        tasks = TaskChoice(environment)
        run.call_on_begin(lambda: tasks.follow(run.scenario))

    # The order matters: the scenario is named, the exporter waits for Prometheus, then the shape's clock starts.
    locust.events.init_command_line_parser.add_listener(_add_arguments)
    locust.events.init.add_listener(on_init)
    attach(scenarios=lambda: catalogue.names or declared_scenarios())
    locust.events.init.add_listener(_name_scenario_first)
    locust.events.init.add_listener(_attach_shape)


def _add_arguments(parser: LocustArgumentParser, **_: Any) -> None:
    add_argument(
        parser,
        "think-time-scale",
        type=float,
        default=1.0,
        env_var="LOADTEST_THINK_TIME_SCALE",
        help="Factor on all pauses of the users: 0.5 makes them twice as fast",
    )
    add_argument(
        parser,
        "arrival-rate",
        type=float,
        default=0.0,
        env_var="LOADTEST_ARRIVAL_RATE",
        help="Arrivals per second of a scenario that has them, instead of its own; 0 for its own",
    )
    add_argument(
        parser,
        "arrival-seed",
        type=int,
        default=0,
        include_in_web_ui=False,
        help="Seed of the schedule of arrivals, instead of the scenario's own; 0 for its own",
    )
    add_argument(parser, "arrivals", type=str, default="", include_in_web_ui=False, help=argparse.SUPPRESS)


def _name_scenario_first(environment: Environment, **_: Any) -> None:
    """Begin a run before the exporter does, which reads the scenario's name."""
    listen_first(environment.events.test_start, _on_test_start)


def _on_test_start(environment: Environment, **_: Any) -> None:
    run = scenario_run_of(environment)
    run.begin()
    scale_think_times(run.think_time_scale)


def _attach_shape(environment: Environment, runner: Runner, **_: Any) -> None:
    """Follow the stages of the scenarios, unless the locustfile has a shape of its own: Locust runs one of them."""
    if not isinstance(runner, MasterRunner):
        ArrivalsOfProcess(environment, intended_starts()).attach()
    if isinstance(runner, WorkerRunner) or environment.shape_class is not None:
        return
    if scenario_run_of(environment).catalogue:
        shape = ScenarioShape()
        shape.runner = runner
        environment.shape_class = shape
        shape.attach(environment)
