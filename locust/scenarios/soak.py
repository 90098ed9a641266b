"""The long ones: leaks, drift and exhaustion need time, not force."""

from scenarios.mixes import BOTH, CRM
from swarmscope.scenarios.model import Scenario

SOAK = Scenario(
    name="soak",
    purpose="An hour of both workloads: no memory growth, no pool exhaustion, no drift",
    users=100,
    spawn_rate=5,
    run_time_seconds=60 * 60,
    mix=BOTH,
    think_time_scale=0.5,
    tags=("long", "voiceassist", "crm"),
)

ENDURANCE = Scenario(
    name="endurance",
    purpose="Four hours of both workloads with half the users: what an hour is too short for",
    users=50,
    spawn_rate=5,
    run_time_seconds=4 * 60 * 60,
    mix=BOTH,
    think_time_scale=0.5,
    tags=("long", "voiceassist", "crm"),
)

SUSTAINED = Scenario(
    name="sustained",
    purpose="Half an hour of the CRM: no leak, consistent latency",
    users=100,
    spawn_rate=5,
    run_time_seconds=30 * 60,
    mix=CRM,
    think_time_scale=0.5,
    tags=("long", "crm"),
)
