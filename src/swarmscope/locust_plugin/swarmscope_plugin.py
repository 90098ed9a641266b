"""Given to Locust beside a locustfile (`locust -f THIS,THEIRS`): the scenarios of swarmscope.toml, observed."""

from swarmscope.locust_plugin.scenarios import ScenarioShape, follow_scenarios
from swarmscope.project.places import PROJECT

__all__ = ["ScenarioShape"]

follow_scenarios(PROJECT)
