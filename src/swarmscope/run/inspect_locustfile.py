"""What is in a locustfile, and whether a run can be made of it: found out before anything is started."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from swarmscope.errors import CommandError
from swarmscope.locust_plugin.describe import MARK
from swarmscope.locust_plugin.driven import HOST, SIZE, STARTS, Setting
from swarmscope.network import require_url
from swarmscope.project.env_file import without_secrets
from swarmscope.project.places import PROJECT, PROJECT_FILE
from swarmscope.project.settings import project
from swarmscope.project.syntax import seconds_of
from swarmscope.run.options import RunOptions
from swarmscope.run.targets import require_http, with_bundle, with_host_of_project, with_host_of_settings
from swarmscope_exporter.addresses import masked

_TIMEOUT_SECONDS = 60.0
#: What of Locust's own settings changes the load, and is told for that.
_CHOICES = ("tags", "exclude_tags", "user_classes", "config_users", "equal_weights")
_OWN_ARGUMENT = re.compile(r"argument --loadtest-([\w-]+)\S*: (.+)")


@dataclass(frozen=True)
class Locustfile:
    """``shape`` is the name of a load shape of its own, if any, and ``shape_takes_options`` whether it reads --users.

    ``hosts`` are those that user classes name, by class; ``http_users`` are the classes that cannot do without one.
    ``without_proxies`` are the classes whose clients take no proxy from the environment, and ``reserved_metrics`` the
    names of metrics that only Swarmscope may publish. ``settings`` is what Locust takes from its environment and files,
    and ``problem`` what it has against the arguments that it is to be given. ``unverified`` are the classes whose
    clients take any certificate, ``unverified_with_bundle`` those that do so even when a CA bundle is named.
    """

    user_classes: tuple[str, ...]
    tags: tuple[str, ...] = ()
    shape: str = ""
    shape_takes_options: bool = False
    hosts: Mapping[str, str] = field(default_factory=dict)
    http_users: tuple[str, ...] = ()
    without_proxies: tuple[str, ...] = ()
    reserved_metrics: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    problem: str = ""
    unverified: tuple[str, ...] = ()
    unverified_with_bundle: tuple[str, ...] = ()


def describe(options: RunOptions) -> Locustfile:
    """Load the locustfiles in a process of its own; raise CommandError, one line, when they cannot be loaded."""
    title = ", ".join(map(str, options.locustfiles))
    try:
        result = subprocess.run(
            [
                *(sys.executable, "-P", "-m", "swarmscope.locust_plugin.describe"),
                *map(str, options.locustfiles),
                *("--", *options.locust_arguments),
            ],
            capture_output=True,
            encoding="utf-8",
            errors="replace",  # a traceback may be in any encoding
            timeout=_TIMEOUT_SECONDS,
            check=False,
            env=without_secrets(os.environ),
            cwd=PROJECT,
        )
    except subprocess.TimeoutExpired:
        raise CommandError(
            f"{title} was not loaded within {_TIMEOUT_SECONDS:g} s: it must only declare users, and start nothing"
        ) from None
    lines = result.stdout.splitlines()
    if result.returncode or not lines or not lines[-1].startswith(MARK):
        said = (result.stderr.strip().splitlines() or [f"exit code {result.returncode}"])[-1]
        raise CommandError(f"{title} cannot be loaded: {said}{_remedy(said)}")
    return _read(json.loads(lines[-1].removeprefix(MARK)))


def _remedy(said: str) -> str:
    """Return what to do about a module that is missing, which is the most frequent mistake; empty for others."""
    if "ModuleNotFoundError: No module named " not in said:
        return ""
    module = said.rpartition("No module named ")[2].strip("'\"").partition(".")[0]
    return (
        f"; install it beside Swarmscope (`{sys.executable} -m pip install {module}`), or run from the folder that has"
        " it"
    )


def _read(document: dict[str, Any]) -> Locustfile:
    return Locustfile(
        user_classes=tuple(document["user_classes"]),
        tags=tuple(document["tags"]),
        shape=document["shape"],
        shape_takes_options=document["shape_takes_options"],
        hosts=document["hosts"],
        http_users=tuple(document["http_users"]),
        without_proxies=tuple(document["without_proxies"]),
        reserved_metrics=tuple(document["reserved_metrics"]),
        settings=tuple(Setting(*row) for row in document.get("settings", ())),
        problem=document["problem"],
        unverified=tuple(document["unverified"]),
        unverified_with_bundle=tuple(document["unverified_with_bundle"]),
    )


def require_usable(options: RunOptions, say: Callable[[str], None]) -> RunOptions:
    """Return the options with what the locustfile and Locust's own settings add; what may surprise is told.

    Raise CommandError when the locustfile has no users, or cannot be observed.
    """
    return _usable(options, describe(options), say)


def require_runnable(options: RunOptions, say: Callable[[str], None]) -> RunOptions:
    """Return the options as `require_usable`, where the load has a size.

    Raise CommandError, with the valid choices, when the locustfile cannot do what the options ask for.
    """
    found = describe(options)
    options = _usable(options, found, say)
    _require_known("user class", options.user_classes, found.user_classes)
    _require_known("tag", (*options.tags, *options.exclude_tags), found.tags)
    _require_known_tags_of_scenario(options, found)
    _require_size(options)
    chosen = options.user_classes or found.user_classes
    _tell_of_classes_without_users(options, chosen, say)
    without = tuple(name for name in found.without_proxies if name in chosen)
    return replace(options, without_proxies=without)


def _usable(options: RunOptions, found: Locustfile, say: Callable[[str], None]) -> RunOptions:
    title = ", ".join(map(str, options.locustfiles))
    if not found.user_classes:
        raise CommandError(f"{title} has no user class: write one, such as a subclass of HttpUser with a task")
    if found.problem:
        raise CommandError(_refused(found.problem))
    if found.reserved_metrics:
        raise CommandError(
            f"{title} has a metric of its own named {', '.join(found.reserved_metrics)}: names that begin"
            " with loadtest_, prometheus_ or scrape_, up and ALERTS are reserved; give it another name"
        )
    _require_one_plan(options, found)
    options = _with_own_settings(with_host_of_settings(options), found, say)
    options = replace(options, own_shape=found.shape)
    if found.shape and options.until_sure is not None:
        raise CommandError(f"--until-sure is for runs of one steady load, and {title} has a load shape: leave it out")
    if found.shape and not found.shape_takes_options:
        _tell_of_ignored_size(options, found, say)
    return with_hosts(options, found)


def _refused(problem: str) -> str:
    """Return what Locust has against its settings, and where they come from."""
    own = _OWN_ARGUMENT.match(problem)
    variable = f"LOADTEST_{own[1].upper().replace('-', '_')}" if own else ""
    if own and variable in os.environ:
        return f"{variable}: {own[2]}"
    return f"Locust refuses its arguments (those after `--`, LOCUST_* variables, locust.conf): {problem}"


def _require_one_plan(options: RunOptions, found: Locustfile) -> None:
    """Raise CommandError where swarmscope.toml says how many users of whom run when, and the locustfile as well."""
    if found.shape and _has_arrivals(options):
        raise CommandError(
            f"{options.locustfile_title} has a load shape of its own, {found.shape}, which says how many users run:"
            " arrivals (--rate) take all of them to wait; take away one of them"
        )
    if not options.follows_project:
        return
    scenario = project().catalogue.find(options.scenario)
    if found.shape and (len(scenario.stages) > 1 or scenario.mix):
        key = "stages" if len(scenario.stages) > 1 else "mix"
        raise CommandError(
            f"{PROJECT_FILE} has {key} for scenario {scenario.name!r}, and {options.locustfile_title} has a load shape"
            f" of its own, {found.shape}: take away one of them"
        )
    unknown = [name for name in scenario.mix if name not in found.user_classes]
    if unknown:
        raise CommandError(
            f"The mix of scenario {scenario.name!r} names the user class {unknown[0]!r}, which"
            f" {options.locustfile_title} does not have: expected some of {', '.join(found.user_classes)}"
        )


def _has_arrivals(options: RunOptions) -> bool:
    of_scenario = project().catalogue.find(options.scenario).arrivals if options.follows_project else None
    return options.rate is not None or of_scenario is not None


def _with_own_settings(options: RunOptions, found: Locustfile, say: Callable[[str], None]) -> RunOptions:
    """Return the options with the size and the host of Locust's own settings, where nothing else has them.

    What is left out, because it would break the run or contradict the scenario, is told, and so is what is taken.
    """
    taken: dict[str, Any] = {}
    for setting in found.settings:
        if setting.dest in STARTS:
            say(f"{setting.source} is ignored: Swarmscope starts Locust itself")
        elif setting.dest in {*SIZE, HOST}:
            value = _value_of(setting)
            if _has(options, setting.dest):
                say(f"{setting.source} = {masked(setting.value)} is ignored: {_winner(options, setting.dest)}")
            else:
                taken[_OPTION[setting.dest]] = value
                taken |= {"host_is_from": setting.source} if setting.dest == HOST else {}
                say(f"{setting.source} = {masked(setting.value)} is used")
        elif setting.dest in _CHOICES:
            say(f"{setting.source} = {setting.value} is in force")
    return replace(options, **taken)


_OPTION = {"num_users": "users", "spawn_rate": "spawn_rate", "run_time": "run_time_seconds", "host": "host"}


def _value_of(setting: Setting) -> Any:
    match setting.dest:
        case "num_users":
            return int(setting.value)
        case "spawn_rate":
            return float(setting.value)
        case "run_time":
            return seconds_of(setting.value)
        case _:
            return setting.value


def _has(options: RunOptions, dest: str) -> bool:
    """Return whether the command line or swarmscope.toml has what a setting of Locust's is for."""
    if dest == HOST:
        return options.host is not None or bool(project().host or (options.follows_project and project().target))
    if getattr(options, _OPTION[dest]) is not None:
        return True
    return options.follows_project and getattr(project().catalogue.find(options.scenario), _OPTION[dest]) is not None


def _winner(options: RunOptions, dest: str) -> str:
    option = f"--{_OPTION[dest].removesuffix('_seconds').replace('_', '-')}"
    if getattr(options, _OPTION[dest]) is not None:
        return f"{options.host_is_from if dest == HOST else option} is given"
    return f"{PROJECT_FILE} says it; {option} would override both"


def _tell_of_ignored_size(options: RunOptions, found: Locustfile, say: Callable[[str], None]) -> None:
    names = [name for name, value in _size_beside_shape(options).items() if value is not None]
    if names:
        say(
            f"{' and '.join(names)} {'are' if len(names) > 1 else 'is'} ignored: the load shape {found.shape} of"
            f" {options.locustfile_title} decides"
        )
    if options.run_time_seconds is not None:
        say(f"The run ends after {options.run_time_seconds:g} s, unless the load shape {found.shape} ends it before")


def _size_beside_shape(options: RunOptions) -> dict[str, float | None]:
    """Return what is said of the size of the load, and has no effect on a shape that does not read it."""
    given: dict[str, float | None] = {"--users": options.users, "--spawn-rate": options.spawn_rate}
    if not options.follows_project:
        return given
    scenario = project().catalogue.find(options.scenario)
    of_file = {"users": scenario.users, "run_time": scenario.run_time_seconds}
    return given | {f"{key} of scenario {scenario.name!r}": value for key, value in of_file.items()}


def _require_known_tags_of_scenario(options: RunOptions, found: Locustfile) -> None:
    if options.follows_project:
        scenario = project().catalogue.find(options.scenario)
        for key, tags in (("tags", scenario.tags), ("exclude_tags", scenario.exclude_tags)):
            _require_known(f"tag in {key} of scenario {scenario.name!r} in {PROJECT_FILE}:", tags, found.tags)


def _require_size(options: RunOptions) -> None:
    figures = {"--users": options.users, "--run-time": options.run_time_seconds}
    missing = [name for name, value in figures.items() if value is None]
    if options.own_shape:
        return
    if options.follows_project:
        _require_size_of_scenario(options)
    elif missing:
        raise CommandError(f"{options.locustfile_title} has no load shape: give {' and '.join(missing)}")


def _require_size_of_scenario(options: RunOptions) -> None:
    scenario = project().catalogue.find(options.scenario)
    try:
        scenario.scaled(users=options.users, run_time_seconds=options.run_time_seconds).size  # noqa: B018  # it raises
    except ValueError as error:
        raise CommandError(f"{options.locustfile_title} has no load shape, and {error}") from None


def _tell_of_classes_without_users(options: RunOptions, chosen: Collection[str], say: Callable[[str], None]) -> None:
    if (
        not options.own_shape
        and options.users is not None
        and not options.follows_project
        and options.users < len(chosen)
    ):
        say(
            f"Warning: {options.users} users for {len(chosen)} user classes: some of these get none, and are not tested"
        )


def with_hosts(options: RunOptions, found: Locustfile) -> RunOptions:
    """Return the options with what is to be tested; no host where the project's target is to be started.

    Raise CommandError when a user class has no host, or none that can be reached.
    """
    chosen = options.user_classes or found.user_classes
    http_users = tuple(name for name in found.http_users if name in chosen)
    options = _with_verification(with_bundle(options), found, http_users)
    if options.host is None and project().host:
        options = with_host_of_project(options)
    if options.host is not None:
        require_http(options, http_users)
        return options
    if options.follows_project and project().target:
        return options
    hosts = {name: found.hosts[name] for name in chosen if name in found.hosts}
    if not hosts and http_users:  # others may need none
        raise CommandError(
            f"{options.locustfile_title} names no host: give the URL of your API with --host, or as `host` of its user"
            " classes"
        )
    without = [name for name in http_users if name not in hosts]
    if without:
        raise CommandError(
            f"{options.locustfile_title} names no host for {', '.join(without)}: give one with --host, or as `host` of"
            " the class"
        )
    for name, host in hosts.items():
        if name in http_users:
            require_url(f"host of {name}", host)
    return replace(options, class_hosts=tuple(dict.fromkeys(hosts.values())))


def _with_verification(options: RunOptions, found: Locustfile, http_users: Collection[str]) -> RunOptions:
    """Return the options with what the clients of the users do about certificates."""
    takes_any = found.unverified if options.ca_bundle is None else found.unverified_with_bundle
    unverified = tuple(name for name in http_users if name in takes_any)
    return replace(options, unverified=unverified, verifies=len(unverified) < len(http_users))


def _require_known(what: str, given: Collection[str], known: Collection[str]) -> None:
    unknown = [name for name in given if name not in known]
    if unknown:
        expected = f"expected one of {', '.join(known)}" if known else "the locustfile has none"
        raise CommandError(f"unknown {what} {', '.join(map(repr, unknown))}: {expected}")
