"""Ways through the product that take several requests, each step a timed transaction."""

from swarmscope.scenarios.model import Scenario

USER_JOURNEY = Scenario(
    name="user-journey",
    purpose="Newcomers: register, log in, ask, renew the session, log out",
    users=20,
    spawn_rate=2,
    run_time_seconds=300,
    mix={"UserJourneyUser": 1},
    tags=("journey", "voiceassist"),
)

ADMIN_WORKFLOW = Scenario(
    name="admin-workflow",
    purpose="Administrators: log in, upload documents, manage, monitor",
    users=10,
    spawn_rate=1,
    run_time_seconds=300,
    mix={"AdminWorkflowUser": 1},
    tags=("journey", "voiceassist"),
)
