"""The CRM at twice its everyday rate, with five times the users."""

from scenarios.mixes import CRM
from swarmscope.scenarios.model import Scenario

STRESS = Scenario(
    name="stress",
    purpose="Heavy load on the CRM: many connections, mostly answered from the cache",
    users=500,
    spawn_rate=25,
    run_time_seconds=300,
    mix=CRM,
    target_rps=1100,  # judged by more than 1000
    tags=("rate", "crm"),
)
