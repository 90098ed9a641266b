"""The page that everybody has open."""

from swarmscope.scenarios.model import Scenario

DASHBOARD = Scenario(
    name="dashboard",
    purpose="Everybody looks at the CRM's dashboard: the cache has to carry it",
    users=100,
    spawn_rate=10,
    run_time_seconds=300,
    mix={"DashboardUser": 1},
    tags=("crm",),
)
