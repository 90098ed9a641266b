"""Both workloads at once, at a rate."""

from scenarios.mixes import BOTH
from swarmscope.scenarios.model import Scenario

MIXED = Scenario(
    name="mixed",
    purpose="Both workloads at once: whether one disturbs the other",
    users=200,
    spawn_rate=20,
    run_time_seconds=900,
    mix=BOTH,
    target_rps=660,  # judged by more than 600
    tags=("rate", "voiceassist", "crm"),
)
