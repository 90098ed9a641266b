"""Which tasks take part in a run: those that the tags of its scenario leave, where the command line names none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from locust import User
from locust.env import Environment
from locust.user.task import filter_tasks_by_tags

from swarmscope.scenarios.model import Scenario

Tags = frozenset[str]


def tags_of_tasks(tasks: Iterable[Any]) -> Iterator[Tags]:
    """Yield the tags of each task, those within task sets included."""
    for task in dict.fromkeys(tasks):
        if hasattr(task, "tasks"):
            yield from tags_of_tasks(task.tasks)
        else:
            yield frozenset(getattr(task, "locust_tag_set", ()))


def tags_in_force(scenario: Scenario, options: Any) -> tuple[Tags, Tags]:
    """Return the tags that tasks must have one of, and those that they must not have; each is as Locust was told."""
    given, excluded = (getattr(options, name, None) or () for name in ("tags", "exclude_tags"))
    return frozenset(given or scenario.tags), frozenset(excluded or scenario.exclude_tags)


class TaskChoice:
    """The tasks of all users of this process; Locust itself leaves tasks out once, and for all later runs."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._all: dict[type, list[Any]] = {}

    def follow(self, scenario: Scenario) -> None:
        """Leave out what the scenario does not want; to be called as a run begins, when Locust has done likewise."""
        classes: list[type[User]] = self._environment.user_classes
        for holder, tasks in self._all.items():
            holder.tasks = tasks  # type: ignore[attr-defined]  # users and task sets have it
        self._all = {}
        if not scenario.tags and not scenario.exclude_tags:
            return
        self._all = {holder: list(holder.tasks) for holder in _holders(classes)}
        tags, excluded = tags_in_force(scenario, self._environment.parsed_options)
        for user_class in classes:
            filter_tasks_by_tags(user_class, set(tags) or None, set(excluded) or None)


def _holders(classes: Iterable[Any]) -> Iterator[Any]:
    """Yield users and task sets, those within others included."""
    for holder in classes:
        yield holder
        yield from _holders(task for task in dict.fromkeys(holder.tasks) if hasattr(task, "tasks"))
