"""A quick look at everything after a deployment."""

from scenarios.mixes import ONE_OF_EACH
from swarmscope.scenarios.model import Scenario

SMOKE = Scenario(
    name="smoke",
    purpose="Quick check after a deployment: a few users of every kind, both workloads",
    users=10,
    least_users=10,
    spawn_rate=2,
    run_time_seconds=120,
    mix=ONE_OF_EACH,  # by the weights of a workload, 10 users would leave out whole user classes
    think_time_scale=0.5,
    tags=("quick", "voiceassist", "crm"),
)
