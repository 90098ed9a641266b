"""What a driven Locust leaves of its user's own settings: LOCUST_* variables, locust.conf and pyproject.toml.

Locust takes them from its environment and from files, wherever it was started from. Those that decide how Locust starts
are Swarmscope's to set, and those that say how large the load is stand in the scenario.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from swarmscope.scenarios.catalogue import Catalogue
from swarmscope.scenarios.model import OpenModel, Scenario

#: What Locust is given beside a locustfile.
PLUGIN = Path(__file__).with_name("swarmscope_plugin.py")
#: Set in processes that `swarmscope run` or `swarmscope web` starts, to the name of that command.
DRIVEN_BY_VARIABLE = "SWARMSCOPE_DRIVEN_BY"
#: Set where the name of the scenario is not one of swarmscope.toml, to what is known of it: `own_scenario`.
OWN_SCENARIO_VARIABLE = "SWARMSCOPE_OWN_SCENARIO"
#: Set to the name of a scenario that is given arrivals, at a rate that each run says.
OPENED_VARIABLE = "SWARMSCOPE_OPENED"

#: By their names in Locust's options: how large the load is, and what is under test.
SIZE = ("num_users", "spawn_rate", "run_time")
HOST = "host"
#: With these Locust would not wait for its start, or could not be reached, or would keep other books.
STARTS = (
    *("headless", "headful", "autostart", "autoquit"),
    *("master", "worker", "processes", "expect_workers", "master_bind_host", "master_bind_port"),
    *("master_host", "master_port"),
    *("web_host", "web_port", "web_base_path", "web_login", "web_auth", "tls_cert", "tls_key", "class_picker"),
    *("reset_stats", "skip_log_setup", "logfile", "stop_timeout"),
    *("list_commands", "show_task_ratio", "show_task_ratio_json"),
)
#: Given to Locust after ``--``, these would contradict what the command itself says to Locust.
_OURS = frozenset({*SIZE, HOST, *STARTS, "locustfile", "loadtest_scenario", "loadtest_run_id"})
#: Of a scenario that is given arrivals, until a run says its rate.
_ANY_RATE = 1.0
_NOT_GIVEN = object()
#: As people write them, where that is not the name in Locust's options.
_SHORT = {"num_users": "users", "loadtest_scenario": "scenario", "loadtest_run_id": "run_id"}
#: The command's own option for one of Locust's.
_INSTEAD = {
    "num_users": "--users",
    "spawn_rate": "--spawn-rate",
    "run_time": "--run-time",
    "host": "--host",
    "locustfile": "--locustfile",
    "stop_timeout": "--stop-timeout",
    "processes": "--workers",
    "expect_workers": "--workers",
}


@dataclass(frozen=True)
class Setting:
    """A setting that comes from the environment or from a file: ``dest`` is its name in Locust's options.

    ``source`` is its own name there: ``LOCUST_HEADLESS``, or ``headless of locust.conf``.
    """

    dest: str
    value: Any
    source: str


def settings_of(parser: Any, options: argparse.Namespace) -> Iterator[Setting]:
    """Yield what the parser took from the environment and from files, after it has parsed the command line."""
    for source, settings in parser.get_source_to_settings_dict().items():
        kind, _, path = source.partition("|")
        if kind not in {"environment_variables", "config_file"}:
            continue
        for key, (action, _) in settings.items():
            dest = getattr(action, "dest", key)
            yield Setting(dest, getattr(options, dest, None), f"{key} of {path}" if path else key)


def neutralized(dests: Collection[str], driven_by: str) -> frozenset[str]:
    """Return which of Locust's options are not taken from its environment and files by a process of that command."""
    given_up = {*STARTS, *SIZE, HOST} if driven_by == "run" else set(STARTS)
    return frozenset(given_up & set(dests))


def neutralize_own_settings(parser: Any) -> None:
    """Make a parser of Locust leave out what would break a run that Swarmscope drives; nothing under plain Locust."""
    driven_by = os.environ.get(DRIVEN_BY_VARIABLE, "")
    if not driven_by:
        return
    parse_args = parser.parse_args

    def parse(*args: Any, **kwargs: Any) -> argparse.Namespace:
        options: argparse.Namespace = parse_args(*args, **kwargs)
        found = tuple(settings_of(parser, options))
        for dest in neutralized([setting.dest for setting in found], driven_by):
            setattr(options, dest, parser.get_default(dest))
        return options

    parser.parse_args = parse


def problem_with_arguments(parser: Any, arguments: Sequence[str]) -> str:
    """Return why Locust cannot be given these arguments beside those of the command; empty when it can."""
    not_given = argparse.Namespace(**dict.fromkeys(_OURS, _NOT_GIVEN))
    options = parser.parse_known_args(list(arguments), not_given, config_file_contents="", env_vars={})[0]
    taken = sorted(dest for dest in _OURS if getattr(options, dest) is not _NOT_GIVEN)
    if not taken:
        return ""
    name = f"--{_SHORT.get(taken[0], taken[0]).replace('_', '-')}"
    instead = _INSTEAD.get(taken[0])
    remedy = f"give {instead} to swarmscope itself, before `--`" if instead else "leave it out"
    if taken[0] == "loadtest_scenario":
        remedy = "name it before `--`, as in `swarmscope run NAME`"
    return f"{name} would change how Swarmscope starts Locust: {remedy}"


def own_scenario(name: str, users: int | None, run_time_seconds: float | None, rate: float | None) -> str:
    """Return a scenario of the command line as text, for the plug-in; nothing of one without arrivals."""
    size = {"users": users, "run_time_seconds": run_time_seconds, "rate": rate}
    return json.dumps({"name": name, **size} if rate is not None else {})


def own_catalogue(text: str) -> Catalogue:
    """Return what `own_scenario` made."""
    keys = json.loads(text)
    if not keys:
        return Catalogue()
    rate = keys.pop("rate")
    scenario = Scenario(**keys, purpose="", arrivals=OpenModel(rate))
    return Catalogue({scenario.name: scenario})


def opened(catalogue: Catalogue, name: str | None) -> Catalogue:
    """Return the catalogue in which that scenario has arrivals; the same without a name."""
    if not name:
        return catalogue
    scenario = catalogue.find(name)
    changed = replace(scenario, arrivals=OpenModel(_ANY_RATE))
    return Catalogue({**catalogue.by_name, scenario.name: changed})
