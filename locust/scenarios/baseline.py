"""The everyday load of the voice assistant, at a rate."""

from scenarios.mixes import VOICEASSIST
from swarmscope.scenarios.model import Scenario

BASELINE = Scenario(
    name="baseline",
    purpose="Everyday load on the voice assistant: the figures that others are compared with",
    users=100,
    spawn_rate=10,
    run_time_seconds=600,
    mix=VOICEASSIST,
    target_rps=560,  # judged by more than 500: above it by more than a rate over one minute varies
    aliases=("load",),
    tags=("rate", "voiceassist"),
)
