"""What is in a locustfile, and whether a run can be made of it: found out before anything is started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from swarmscope.errors import CommandError
from swarmscope.locust_plugin.describe import MARK
from swarmscope.network import require_url
from swarmscope.project.env_file import without_secrets
from swarmscope.project.places import PROJECT
from swarmscope.project.settings import project
from swarmscope.run.options import RunOptions

_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True)
class Locustfile:
    """``observes`` says whether it publishes its figures, ``has_shape`` whether it has stages of its own.

    ``hosts`` are those that user classes name, by class; ``http_users`` are the classes that cannot do without one.
    ``without_proxies`` are the classes whose clients take no proxy from the environment, and ``reserved_metrics`` the
    names of metrics that only Swarmscope may publish.
    """

    user_classes: tuple[str, ...]
    tags: tuple[str, ...]
    has_shape: bool
    observes: bool
    hosts: Mapping[str, str] = field(default_factory=dict)
    http_users: tuple[str, ...] = ()
    without_proxies: tuple[str, ...] = ()
    reserved_metrics: tuple[str, ...] = ()


def describe(path: Path) -> Locustfile:
    """Load the file in a process of its own; raise CommandError, one line, when it cannot be loaded."""
    try:
        result = subprocess.run(
            [sys.executable, "-P", "-m", "swarmscope.locust_plugin.describe", str(path)],
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
            f"{path} was not loaded within {_TIMEOUT_SECONDS:g} s: it must only declare users, and start nothing"
        ) from None
    lines = result.stdout.splitlines()
    if result.returncode or not lines or not lines[-1].startswith(MARK):
        said = (result.stderr.strip().splitlines() or [f"exit code {result.returncode}"])[-1]
        raise CommandError(f"{path} cannot be loaded: {said}")
    document = json.loads(lines[-1].removeprefix(MARK))
    return Locustfile(
        user_classes=tuple(document["user_classes"]),
        tags=tuple(document["tags"]),
        has_shape=document["has_shape"],
        observes=document["observes"],
        hosts=document["hosts"],
        http_users=tuple(document["http_users"]),
        without_proxies=tuple(document["without_proxies"]),
        reserved_metrics=tuple(document["reserved_metrics"]),
    )


def require_observed(options: RunOptions) -> Locustfile:
    """Return what is in the locustfile; raise CommandError when it cannot be observed or has no users."""
    found = describe(options.locustfile)
    if not found.user_classes:
        raise CommandError(
            f"{options.locustfile} has no user class: write one, such as a subclass of HttpUser with a task"
        )
    if not found.observes and not options.follows_project:
        raise CommandError(
            f"{options.locustfile} publishes no metrics: add `from swarmscope import observe` and `observe()` to it"
        )
    if found.reserved_metrics:
        raise CommandError(
            f"{options.locustfile} has a metric of its own named {', '.join(found.reserved_metrics)}: names that begin"
            " with loadtest_, prometheus_ or scrape_, up and ALERTS are reserved; give it another name"
        )
    return found


def require_runnable(options: RunOptions) -> RunOptions:
    """Return the options with the hosts that the locustfile names, where it is the user's and no host is given.

    Raise CommandError, with the valid choices, when the locustfile cannot do what the options ask for.
    """
    found = require_observed(options)
    if options.follows_project and not found.has_shape:
        options = replace(options, with_plugin=True)
    _require_known("user class", options.user_classes, found.user_classes)
    _require_known("tag", (*options.tags, *options.exclude_tags), found.tags)
    figures = {"--users": options.users, "--run-time": options.run_time_seconds}
    missing = [name for name, value in figures.items() if value is None]
    if missing and not found.has_shape and not options.with_plugin:
        raise CommandError(f"{options.locustfile} has no load shape: give {' and '.join(missing)}")
    chosen = options.user_classes or found.user_classes
    without = tuple(name for name in found.without_proxies if name in chosen)
    return replace(with_hosts(options, found), without_proxies=without)


def with_hosts(options: RunOptions, found: Locustfile) -> RunOptions:
    """Return the options with what is to be tested; no host where the project's target is to be started.

    Raise CommandError when a user class has no host, or none that can be reached.
    """
    if options.host is not None:
        return options
    if options.follows_project and (project().host or project().target):
        return replace(options, host=project().host)
    chosen = options.user_classes or found.user_classes
    hosts = {name: found.hosts[name] for name in chosen if name in found.hosts}
    if not hosts:
        raise CommandError(
            f"{options.locustfile} names no host: give the URL of your API with --host, or as `host` of its user"
            " classes"
        )
    without = [name for name in chosen if name in found.http_users and name not in hosts]
    if without:
        raise CommandError(
            f"{options.locustfile} names no host for {', '.join(without)}: give one with --host, or as `host` of the"
            " class"
        )
    for name, host in hosts.items():
        if name in found.http_users:
            require_url(f"host of {name}", host)
    return replace(options, class_hosts=tuple(dict.fromkeys(hosts.values())))


def _require_known(what: str, given: Collection[str], known: Collection[str]) -> None:
    unknown = [name for name in given if name not in known]
    if unknown:
        expected = f"expected one of {', '.join(known)}" if known else "the locustfile has none"
        raise CommandError(f"unknown {what} {', '.join(map(repr, unknown))}: {expected}")
