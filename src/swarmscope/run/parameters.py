"""Checks and converts what a person typed, before anything is started."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from swarmscope.errors import CommandError
from swarmscope.network import require_url
from swarmscope.project.places import DEFAULT_LOCUSTFILE
from swarmscope.run.options import RunOptions
from swarmscope_exporter.run_ids import problem_with_scenario

if TYPE_CHECKING:
    from scenarios import Scenario

_TIME_SPAN = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")


def checked(options: RunOptions) -> RunOptions:
    """The options with the scenario's own name and absolute paths; raises CommandError for what makes no sense."""
    figures = {
        "--users": options.users,
        "--spawn-rate": options.spawn_rate,
        "--think-time-scale": options.think_time_scale,
    }
    for name, value in figures.items():
        require_positive(name, value)
    if options.workers is not None and options.workers < 0:
        raise CommandError(f"Invalid --workers {options.workers}: expected 0 or more")
    for name, url in (
        ("--host", options.host),
        ("--prometheus-url", options.prometheus_url),
        ("--locust-url", options.locust_url),
        ("--otel", options.otel_endpoint),
    ):
        require_url(name, url)
    if options.locust_url is not None:
        require_changeable(options)
        if options.prometheus_url is None:
            raise CommandError(
                "--locust-url needs --prometheus-url: the Prometheus that scrapes that master's exporter"
            )
        if options.host is None:
            raise CommandError("--locust-url needs --host: the API under test, as its workers reach it")
    options = replace(options, locustfile=existing_locustfile(options.locustfile))
    name = _own_scenario(options) if options.is_own_locustfile else _our_scenario(options)
    return replace(options, scenario=name)


def seconds_of(text: str) -> float:
    """``90``, ``90s``, ``5m``, ``1h30m`` in seconds; raises CommandError for anything else, and for zero."""
    match = _TIME_SPAN.fullmatch(text.strip())
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    total = 3600 * hours + 60 * minutes + seconds
    if total <= 0:
        raise CommandError(f"Invalid run time {text!r}: expected a time span over 0 such as 90, 30s, 5m or 1h30m")
    return float(total)


def names_of(text: str | None) -> tuple[str, ...]:
    """The names in a comma-separated list."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def require_positive(name: str, value: float | None) -> None:
    """Raises CommandError unless the value is absent or over 0."""
    if value is not None and not value > 0:
        raise CommandError(f"Invalid {name} {value:g}: expected a number over 0")


def existing_locustfile(path: Path) -> Path:
    """The path, absolute; raises CommandError when no file is there."""
    if not path.is_file():
        raise CommandError(f"There is no locustfile at {path.absolute()}: give the path of one with --locustfile")
    return path.resolve()


def our_scenarios() -> dict[str, Scenario]:
    """The scenarios of this repository by name, in the order of their catalogue."""
    _find_scenario_modules()
    from scenarios import CATALOGUE  # noqa: PLC0415

    return dict(CATALOGUE)


def scenario_names() -> tuple[str, ...]:
    """The names of the scenarios of this repository, their other names included."""
    return tuple(name for scenario in our_scenarios().values() for name in (scenario.name, *scenario.aliases))


def _find_scenario_modules() -> None:
    folder = str(DEFAULT_LOCUSTFILE.parent)  # it is no package: the library of its name must win
    if folder not in sys.path:
        sys.path.append(folder)


def require_changeable(options: RunOptions) -> None:
    """Raises CommandError for what a Locust master cannot be told any more once it runs."""
    fixed = {
        "--user-classes": options.user_classes,
        "--tags": options.tags,
        "--exclude-tags": options.exclude_tags,
        "--otel": options.otel_endpoint,
    }
    given = [name for name, value in fixed.items() if value]
    if given:
        raise CommandError(
            f"{' and '.join(given)} cannot be changed on a Locust master that runs: start it with them, or leave out"
            " --locust-url and --docker"
        )


def _own_scenario(options: RunOptions) -> str:
    """Any name will do for another locustfile than ours: its thresholds decide."""
    if problem_with_scenario(options.scenario):
        raise CommandError(
            f"Invalid scenario {options.scenario!r}: expected up to 64 letters, digits, dots, dashes, underscores"
        )
    if options.think_time_scale is not None:
        raise CommandError("--think-time-scale is for the locustfile of this repository: yours does not know it")
    return options.scenario


def _our_scenario(options: RunOptions) -> str:
    """The scenario's own name, when it exists and can be run with these figures."""
    _find_scenario_modules()
    from scenarios import find  # noqa: PLC0415

    try:
        scenario = find(options.scenario)
        scenario.scaled(users=options.users, spawn_rate=options.spawn_rate, run_time_seconds=options.run_time_seconds)
    except ValueError as error:
        raise CommandError(str(error)) from error
    if options.users is not None and options.users < scenario.least_users and not options.user_classes:
        raise CommandError(
            f"Invalid --users {options.users} for {scenario.name}: expected {scenario.least_users} or more, which is"
            " one of each kind; its thresholds want figures of all of them"
        )
    return scenario.name
