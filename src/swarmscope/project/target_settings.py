"""The [target] of swarmscope.toml: what is tested where no host is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from swarmscope.project.toml_table import NO_TEXTS, Table, count, table, text, texts
from swarmscope_exporter.name_templates import problem_with_pattern
from swarmscope_exporter.names import MAX_NAMES, Naming, problem_with_max_names

#: What can be started beside a target.
SERVICES = ("postgres", "redis")


@dataclass(frozen=True)
class Target:
    """What is started to be tested where no host is given: a command, and the services that it needs.

    ``environment`` is added to the settings of .env; in its values ``{port}``, ``{postgres_url}`` and ``{redis_url}``
    are replaced. At ``ready_path`` the target answers with status 200 once it can be tested; without one
    it can be as soon as it accepts connections.
    """

    command: tuple[str, ...]
    services: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    ready_path: str = "/"


def read_target(of_target: Table) -> Target | None:
    """Return what the table starts; None when it names no command."""
    command = of_target.take("command", texts, NO_TEXTS)
    target = Target(
        command,
        of_target.take("services", _services, ()),
        of_target.take("environment", _environment, {}),
        of_target.take("ready_path", text, "/"),
    )
    return target if command else None


def read_naming(of_target: Table) -> Naming:
    """Return how many request names are published as they are, and the patterns of others."""
    return Naming(of_target.take("max_names", _max_names, MAX_NAMES), of_target.take("name_patterns", _patterns, ()))


def _max_names(value: Any) -> int:
    if problem := problem_with_max_names(count(value)):
        raise ValueError(problem)
    return int(value)


def _patterns(value: Any) -> tuple[str, ...]:
    patterns = texts(value)
    if problem := next(filter(None, map(problem_with_pattern, patterns)), None):
        raise ValueError(problem)
    return patterns


def _services(value: Any) -> tuple[str, ...]:
    unknown = [each for each in texts(value) if each not in SERVICES]
    if unknown:
        raise ValueError(f"expected a list of {', '.join(SERVICES)}")
    return tuple(value)


def _environment(value: Any) -> dict[str, str]:
    return {name: text(each) for name, each in table(value).items()}
