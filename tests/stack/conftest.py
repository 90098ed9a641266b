import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from swarmscope.stack.programs.prometheus import PrometheusBinaries, find_prometheus

PROGRAMS = Path(__file__).parent / "programs"
DEADLINE_SECONDS = 15.0


@pytest.fixture(scope="session")
def prometheus() -> PrometheusBinaries:
    return find_prometheus()


def poll(condition: Callable[[], object], what: str, timeout_seconds: float = DEADLINE_SECONDS) -> None:
    """Wait until the condition holds; the last value of it is in the failure."""
    deadline = time.monotonic() + timeout_seconds
    while not (state := condition()):
        assert time.monotonic() < deadline, f"not within {timeout_seconds:g} s: {what} (last: {state!r})"
        time.sleep(0.02)


def running(pids: list[int]) -> list[int]:
    """Return those of the pids that still run; a zombie does not."""
    return [pid for pid in pids if psutil.pid_exists(pid) and not is_zombie(pid)]


def is_zombie(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def make_program(path: Path, script: str) -> Path:
    """Return an executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path
