"""The reference API as a child of the stack; everything it needs to know goes by its environment."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from swarmscope.processes.process import ManagedProcess
from swarmscope.project.places import ROOT

API_COMMAND = (sys.executable, "-m", "api")
LIVE_PATH = "/health/live"  # answered, but not counted in the API's metrics: probing does not disturb the ledger
STOP_TIMEOUT_SECONDS = 5


def api_process(
    *, port: int, settings: Mapping[str, str], log_path: Path, command: Sequence[str] = API_COMMAND
) -> ManagedProcess:
    """The API on a loopback port, not yet started; ``settings`` is its whole environment but for host and port."""
    return ManagedProcess(
        "API",
        command,
        env={**settings, "API_HOST": "127.0.0.1", "API_PORT": str(port)},
        log_path=log_path,
        cwd=ROOT,
        stop_timeout_seconds=STOP_TIMEOUT_SECONDS,
    )
