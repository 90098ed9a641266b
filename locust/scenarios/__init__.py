"""The scenarios by name. Nothing here imports Locust."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from scenarios.baseline import BASELINE
from scenarios.dashboard import DASHBOARD
from scenarios.journeys import ADMIN_WORKFLOW, USER_JOURNEY
from scenarios.mixed import MIXED
from scenarios.smoke import SMOKE
from scenarios.soak import ENDURANCE, SOAK, SUSTAINED
from scenarios.spike import SPIKE
from scenarios.stress import STRESS
from swarmscope.scenarios.model import Scenario, Stage

__all__ = ["ALIASES", "CATALOGUE", "NAMES", "Scenario", "Stage", "UnknownScenarioError", "find"]

_ALL = (
    SMOKE,
    BASELINE,
    STRESS,
    SPIKE,
    SOAK,
    ENDURANCE,
    SUSTAINED,
    MIXED,
    USER_JOURNEY,
    ADMIN_WORKFLOW,
    DASHBOARD,
)

CATALOGUE: Mapping[str, Scenario] = MappingProxyType({scenario.name: scenario for scenario in _ALL})
#: Other names that people know a scenario by.
ALIASES: Mapping[str, str] = MappingProxyType({alias: s.name for s in _ALL for alias in s.aliases})
#: All that can be asked for, the default first.
NAMES: tuple[str, ...] = (*CATALOGUE, *ALIASES)


class UnknownScenarioError(ValueError):
    """A name that no scenario has."""

    def __init__(self, name: str) -> None:
        super().__init__(f"unknown scenario {name!r}: expected one of {', '.join(NAMES)}")


def find(name: str) -> Scenario:
    """The scenario of that name or alias; raises `UnknownScenarioError`, which lists the valid ones."""
    try:
        return CATALOGUE[ALIASES.get(name, name)]
    except KeyError:
        raise UnknownScenarioError(name) from None
