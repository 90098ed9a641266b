"""Checks and converts what a person typed, before anything is started."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from swarmscope.errors import CommandError
from swarmscope.network import require_host, require_url
from swarmscope.processes.ports import LOOPBACK
from swarmscope.project.settings import project
from swarmscope.project.syntax import require_positive
from swarmscope.project.threshold_values import confidence_of
from swarmscope.run.details import require_details
from swarmscope.run.options import RunOptions
from swarmscope.run.targets import require_target_settings, with_host_of_settings
from swarmscope.scenarios.arrivals import MAX_PER_SECOND
from swarmscope.scenarios.catalogue import UnknownScenarioError
from swarmscope.scenarios.model import Scenario
from swarmscope_exporter.run_ids import problem_with_scenario


def checked(options: RunOptions) -> RunOptions:
    """Return the options with the scenario's own name and absolute paths.

    Raise CommandError for what makes no sense.
    """
    figures = {
        "--users": options.users,
        "--spawn-rate": options.spawn_rate,
        "--rate": options.rate,
        "--think-time-scale": options.think_time_scale,
    }
    for name, value in figures.items():
        require_positive(name, value)
    if options.workers is not None and options.workers < 0:
        raise CommandError(f"Invalid --workers {options.workers}: expected 0 or more")
    require_host("--host", options.host)
    for name, url in (
        ("--prometheus-url", options.prometheus_url),
        ("--locust-url", options.locust_url),
        ("--otel", options.otel_endpoint),
    ):
        require_url(name, url)
    require_details(options)
    options = _with_longest_time(options)
    if options.confidence is not None:
        _require_confidence(options.confidence)
    require_target_settings(options)
    if options.locust_url is not None:
        require_changeable(options)
        options = with_host_of_settings(options)
        if options.prometheus_url is None:
            raise CommandError(
                "--locust-url needs --prometheus-url: the Prometheus that scrapes that master's exporter"
            )
        if options.host is None:
            raise CommandError("--locust-url needs --host: the API under test, as its workers reach it")
    options = replace(options, scenario=_named(options))
    options = replace(options, locustfiles=tuple(map(existing_locustfile, options.locustfiles or _of_project(options))))
    name = _scenario_of_project(options) if options.follows_project else _own_scenario(options)
    return replace(options, scenario=name)


def _require_confidence(confidence: float) -> None:
    try:
        confidence_of(confidence)
    except ValueError as error:
        raise CommandError(f"Invalid --confidence {confidence:g}: {error}") from None


def _with_longest_time(options: RunOptions) -> RunOptions:
    """Return options whose run takes the longest time of --until-sure, where that is given."""
    if options.until_sure is None:
        return options
    if options.run_time_seconds is not None:
        raise CommandError("--run-time and --until-sure both say how long the run takes: leave out one")
    return replace(options, run_time_seconds=options.until_sure.max_seconds)


def _require_steady(options: RunOptions, scenario: Scenario) -> None:
    if options.until_sure is not None and [stage.phase for stage in scenario.stages] != ["steady"]:
        raise CommandError(
            f"--until-sure is for runs of one steady load, and {scenario.name} has stages: give --run-time instead"
        )


def existing_locustfile(path: Path) -> Path:
    """Return the path of a file or folder, absolute; raise CommandError when it is not there."""
    if not path.exists():
        raise CommandError(
            f"The locustfile {path.absolute()} does not exist: give the path of yours with --locustfile"
            " (`swarmscope init` writes one)"
        )
    return path.resolve()


def _of_project(options: RunOptions) -> tuple[Path, ...]:
    """Return the locustfiles that swarmscope.toml names for the scenario, else the project's."""
    own = project().catalogue.find(options.scenario).locustfiles if options.follows_project else ()
    return tuple(project().root / name for name in own) or (project().locustfile,)


def _named(options: RunOptions) -> str:
    """Return the name of the run: as given, else that of the first scenario, else that of the locustfile.

    Raise CommandError for a name that swarmscope.toml does not have, unless it is given with a locustfile.
    """
    catalogue = project().catalogue
    if not options.scenario:
        first = None if options.locustfiles else catalogue.first
        return first or _as_scenario((options.locustfiles or (project().locustfile,))[0].stem)
    if catalogue and not options.locustfiles and options.scenario not in catalogue.names:
        raise CommandError(str(UnknownScenarioError(options.scenario, catalogue.names)))
    return options.scenario


def _as_scenario(stem: str) -> str:
    """Return a file's name as that of a scenario: other characters than it may have become dashes."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")[:64] or "run"


def require_changeable(options: RunOptions) -> None:
    """Raise CommandError for what a Locust master cannot be told any more once it runs."""
    fixed = {
        "--user-classes": options.user_classes,
        "--tags": options.tags,
        "--exclude-tags": options.exclude_tags,
        "--otel": options.otel_endpoint,
        "--exporter-port": options.exporter_port,
        "--exporter-host": options.exporter_host != LOOPBACK,
        "--ca-bundle": options.ca_bundle,
        "--confidence": options.confidence is not None,
    }
    given = [name for name, value in fixed.items() if value]
    if given:
        raise CommandError(
            f"{' and '.join(given)} cannot be changed on a Locust master that runs: start it with them, or leave out"
            " --locust-url and --docker"
        )


def _own_scenario(options: RunOptions) -> str:
    """Any name will do that is given with a locustfile."""
    if problem_with_scenario(options.scenario):
        raise CommandError(
            f"Invalid scenario {options.scenario!r}: expected up to 64 letters, digits, dots, dashes, underscores"
        )
    if options.think_time_scale is not None:
        raise CommandError(
            f"--think-time-scale is for the scenarios of swarmscope.toml: {options.scenario} is not one of them"
        )
    if options.rate is not None and options.rate > MAX_PER_SECOND:
        raise CommandError(f"Invalid --rate {options.rate:g}: expected at most {MAX_PER_SECOND:g}/s")
    if options.rate is not None and options.locust_url is not None:
        raise CommandError(
            f"--rate with --locust-url or --docker is for scenarios of swarmscope.toml: {options.scenario} is not one"
        )
    return options.scenario


def _scenario_of_project(options: RunOptions) -> str:
    """Return the scenario's own name, when it exists and can be run with these figures."""
    try:
        scenario = project().catalogue.find(options.scenario)
        scenario = scenario.scaled(
            users=options.users,
            spawn_rate=options.spawn_rate,
            run_time_seconds=options.run_time_seconds,
            rate=options.rate,
        )
        if scenario.users is not None and scenario.run_time_seconds is not None:
            scenario.schedule  # noqa: B018  # it raises
    except ValueError as error:
        raise CommandError(str(error)) from error
    _require_steady(options, scenario)
    if options.users is not None and options.users < scenario.min_users and not options.user_classes:
        raise CommandError(
            f"Invalid --users {options.users} for {scenario.name}: expected {scenario.min_users} or more, which is"
            " one of each kind; its thresholds want figures of all of them"
        )
    return scenario.name
