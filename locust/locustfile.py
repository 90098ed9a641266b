"""The virtual users of both workloads, and the scenarios that say how many of whom do what.

locust -f locust/locustfile.py --headless --scenario smoke --host http://127.0.0.1:8000
"""

from __future__ import annotations

from typing import Any

import locust
from locust.env import Environment

import scenarios
from swarmscope import observe
from users.crm import AnalyticsUser, DashboardUser, LeadManagementUser, MixedWorkloadUser, ProjectViewUser
from users.journeys import AdminWorkflowUser, UserJourneyUser
from users.process import name_scenario_first, set_up_users
from users.shape import ScenarioShape
from users.voiceassist import AdminUser, PowerUser, RegularUser
from users.websocket_user import WebSocketUser

__all__ = [
    "AdminUser",
    "AdminWorkflowUser",
    "AnalyticsUser",
    "DashboardUser",
    "LeadManagementUser",
    "MixedWorkloadUser",
    "PowerUser",
    "ProjectViewUser",
    "RegularUser",
    "ScenarioShape",
    "UserJourneyUser",
    "WebSocketUser",
]


def _attach_shape(environment: Environment, **_: Any) -> None:
    if isinstance(environment.shape_class, ScenarioShape):
        environment.shape_class.attach(environment)


# The order matters: users name the scenario, the exporter waits for Prometheus, then the shape's clock starts.
set_up_users()
observe(scenarios=scenarios.NAMES)
locust.events.init.add_listener(name_scenario_first)
locust.events.init.add_listener(_attach_shape)
