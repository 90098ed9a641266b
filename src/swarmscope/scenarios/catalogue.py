"""The scenarios of a project by name, and by the other names that people know them by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from swarmscope.scenarios.model import Scenario


class UnknownScenarioError(ValueError):
    """A name that no scenario has."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"unknown scenario {name!r}: expected one of {', '.join(known)}")


@dataclass(frozen=True)
class Catalogue:
    """All scenarios, in the order in which they are written."""

    by_name: Mapping[str, Scenario] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Scenario]:
        return iter(self.by_name.values())

    def __len__(self) -> int:
        return len(self.by_name)

    @property
    def names(self) -> tuple[str, ...]:
        """All names that can be asked for: the scenarios' own, and then their aliases."""
        return (*self.by_name, *(alias for scenario in self for alias in scenario.aliases))

    @property
    def first(self) -> str | None:
        """Return the name of the scenario that is written first, the default of commands; None without scenarios."""
        return next(iter(self.by_name), None)

    def find(self, name: str) -> Scenario:
        """Return the scenario of that name or alias; raise `UnknownScenarioError`, which lists the valid ones."""
        found = self.by_name.get(name) or next((each for each in self if name in each.aliases), None)
        if found is None:
            raise UnknownScenarioError(name, self.names)
        return found
