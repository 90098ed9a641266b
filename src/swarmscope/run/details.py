"""What a run says of itself beside its name: environment, commit and labels."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from collections.abc import Iterable
from importlib.metadata import version

from swarmscope import __version__
from swarmscope.errors import CommandError
from swarmscope.project.commit import commit_of
from swarmscope.project.env_file import settings
from swarmscope.project.settings import project
from swarmscope.run.options import RunOptions
from swarmscope_exporter.addresses import masked
from swarmscope_exporter.run_details import MAX_VALUE_LENGTH, RunDetails, problem_with_labels, problem_with_value

ENVIRONMENT_VARIABLE = "LOADTEST_ENVIRONMENT"


def labels_of(texts: Iterable[str]) -> dict[str, str]:
    """Return labels given as NAME=VALUE; raise CommandError for one that is not."""
    labels: dict[str, str] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator:
            raise CommandError(f"Invalid --label {text!r}: expected NAME=VALUE, such as build=123")
        labels[name] = value
    if problem := problem_with_labels(labels):
        raise CommandError(f"Invalid --label: {problem}")
    return labels


def require_details(options: RunOptions) -> None:
    """Raise CommandError for an environment or labels that no series can carry."""
    for name, value in (("--environment", options.environment), (ENVIRONMENT_VARIABLE, _of_settings())):
        if value and (problem := problem_with_value(value)):
            raise CommandError(f"Invalid {name} {value[:MAX_VALUE_LENGTH]!r}: {problem}")
    if problem := problem_with_labels(_labels(options)):
        raise CommandError(f"Invalid labels: {problem}")


def command_line() -> str:
    """Return how this command was called, to be called so again; without passwords."""
    return shlex.join(["swarmscope", *map(masked, sys.argv[1:])])


def machine() -> str:
    """Return what kind of machine makes the load: runs of two kinds cannot be compared."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def versions() -> dict[str, str]:
    """Return the versions of what made the load."""
    return {"swarmscope": __version__, "locust": version("locust"), "python": platform.python_version()}


def details_of(options: RunOptions) -> RunDetails:
    """Return what is known of a run before it begins."""
    labels = project().run_labels
    return RunDetails(
        host=masked(", ".join(options.hosts)),
        environment=options.environment or _of_settings() or labels.environment,
        commit=commit_of(project().root)[:MAX_VALUE_LENGTH],
        labels=_labels(options),
    )


def _labels(options: RunOptions) -> dict[str, str]:
    return {**project().run_labels.labels, **options.labels}


def _of_settings() -> str:
    return settings().get(ENVIRONMENT_VARIABLE) or ""
