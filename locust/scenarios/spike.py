"""A sudden crowd, and whether the system comes back to what it was."""

from scenarios.mixes import BOTH
from swarmscope.scenarios.model import Scenario, Stage

SPIKE = Scenario(
    name="spike",
    purpose="A crowd of ten times the usual users within seconds; then the usual ones again",
    users=1000,
    spawn_rate=200,
    run_time_seconds=300,
    mix=BOTH,
    stages=(
        Stage("steady", time_share=0.2, users_share=0.1, spawn_rate=10),
        Stage("spike", time_share=0.3),
        # long enough to see 60 s of recovery, and then a minute and more of a system that stays recovered
        Stage("recovery", time_share=0.5, users_share=0.1),
    ),
    tags=("voiceassist", "crm"),
)
