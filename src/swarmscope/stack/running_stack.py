"""Where the parts of a stack are that another command started: `swarmscope up`, or a run under way."""

from dataclasses import dataclass, field
from pathlib import Path

from swarmscope.processes.ports import LOOPBACK
from swarmscope.project.env_file import settings
from swarmscope.stack.postgres_server import postgres_url
from swarmscope.stack.redis_server import redis_url
from swarmscope.stack.state import ports_of_running


@dataclass(frozen=True)
class RunningAddresses:
    """Of a stack with a target."""

    api_url: str
    database_url: str = field(repr=False)  # holds the password
    redis_url: str


def addresses_of_running(state_dir: Path) -> RunningAddresses | None:
    """Return the addresses of the stack that runs on this state folder; None when none does, or it has no API."""
    ports = ports_of_running(state_dir)
    if not {"api", "postgres", "redis"} <= set(ports):
        return None
    return RunningAddresses(
        api_url=f"http://{LOOPBACK}:{ports['api']}",
        database_url=postgres_url(settings().get("POSTGRES_PASSWORD", ""), ports["postgres"]),
        redis_url=redis_url(ports["redis"]),
    )
