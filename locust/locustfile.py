"""The virtual users of both workloads; swarmscope.toml says how many of whom do what.

locust -f locust/locustfile.py --headless --scenario smoke --host http://127.0.0.1:8000
"""

from __future__ import annotations

from pathlib import Path

from swarmscope.locust_plugin.scenarios import follow_scenarios
from users.crm import AnalyticsUser, DashboardUser, LeadManagementUser, MixedWorkloadUser, ProjectViewUser
from users.journeys import AdminWorkflowUser, UserJourneyUser
from users.process import set_up_users
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
    "UserJourneyUser",
    "WebSocketUser",
]


follow_scenarios(Path(__file__).resolve().parents[1])
set_up_users()
