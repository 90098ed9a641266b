"""The scenario that a Locust process follows, from swarmscope.toml."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from locust.env import Environment

from swarmscope.locust_plugin.abort import Abort
from swarmscope.scenarios.catalogue import Catalogue
from swarmscope.scenarios.model import Scenario

ATTRIBUTE = "swarmscope_scenario_run"
#: Where no scenario is known, users pause as they are written.
_ANY = Scenario(name="any", purpose="", users=1, spawn_rate=1.0, run_time_seconds=1.0)


class ScenarioRun:
    """The scenario under way, and how fast its users are; one for each Locust process."""

    def __init__(self, environment: Environment, catalogue: Catalogue) -> None:
        self._environment = environment
        self._on_begin: list[Callable[[], None]] = []
        self.catalogue = catalogue
        self.abort = Abort(environment)
        self.scenario = next(iter(catalogue), _ANY)
        self.think_time_scale = 1.0

    @property
    def run_id(self) -> str:
        """Name of the run under way; empty between runs."""
        run_id: str = getattr(self._environment.parsed_options, "loadtest_run_id", "")
        return run_id

    def call_on_begin(self, listener: Callable[[], None]) -> None:
        """Have ``listener`` called when a run has begun and its scenario is known."""
        self._on_begin.append(listener)

    def begin(self) -> None:
        """Read the options of a run; on workers they are those that the master sent."""
        options: Any = self._environment.parsed_options
        if self.catalogue:
            self.scenario = self.catalogue.find(options.loadtest_scenario)
            # The label of every series, and what thresholds are looked up by, is the name and never an alias.
            options.loadtest_scenario = self.scenario.name
        self.think_time_scale = self.scenario.think_time_scale * options.loadtest_think_time_scale
        self.abort.reset()
        for listener in self._on_begin:
            listener()


def scenario_run_of(environment: Environment) -> ScenarioRun:
    """Return the state of this Locust process; it exists from Locust's init event on."""
    run: ScenarioRun = getattr(environment, ATTRIBUTE)
    return run
