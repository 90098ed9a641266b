"""Removes what a stack leaves behind on purpose: its state folder, and its part of the system's temp folder."""

import contextlib
import shutil
from pathlib import Path

from swarmscope.stack.postgres_place import scratch_path, scratch_root
from swarmscope.stack.postgres_server import stop_leftover
from swarmscope.stack.programs.prometheus_version import Report
from swarmscope.stack.state import StackState


def remove_state(state_dir: Path, report: Report) -> None:
    """Stop leftovers, then remove the folders. Raise StackError when a running stack uses them."""
    homes = (state_dir, scratch_path(state_dir))
    with StackState(state_dir, report):
        for home in homes:
            stop_leftover(home / "postgres" / "data", report)
    for home in homes:
        shutil.rmtree(home, ignore_errors=True)
    with contextlib.suppress(OSError):  # absent, or with the folders of other clones in it
        scratch_root().rmdir()
