"""The folder a stack keeps its state in: one stack at a time, and nothing left over from one that was killed."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Self

import psutil

from swarmscope.errors import StackError
from swarmscope.processes.ports import in_use
from swarmscope.processes.process import ManagedProcess
from swarmscope.project.places import keep_out_of_version_control

STOP_TIMEOUT_SECONDS = 10
PORTS_FILE = "ports.json"
SAME_PROCESS_TOLERANCE_SECONDS = 1.0


class StackState:
    """Holds the folder for one stack, as a context manager; remembers the children in it by pid and start time.

    A parent that is killed cannot stop its children. On Linux they get a signal then; whatever still runs is stopped
    when the next stack takes the folder.
    """

    def __init__(self, folder: Path, report: Callable[[str], None]) -> None:
        self.folder = folder
        self._report = report
        self._children: dict[int, float] = {}
        self._lock: IO[str] | None = None

    @property
    def _children_file(self) -> Path:
        return self.folder / "children.json"

    @property
    def _ports_file(self) -> Path:
        return self.folder / PORTS_FILE

    def __enter__(self) -> Self:
        """Take the folder. Raise StackError when a running stack has it, or it belongs to another user."""
        if sys.platform == "win32":
            raise StackError("the embedded stack needs Linux or macOS: on Windows use Docker, or WSL")
        try:
            keep_out_of_version_control(self.folder)
            self._lock = self._take_lock()
        except PermissionError as error:
            raise StackError(
                f"{self.folder} belongs to another user: remove it as that user, or use another one with --state-dir"
            ) from error
        self._ports_file.unlink(missing_ok=True)
        self._stop_leftovers()
        return self

    def __exit__(self, *_: object) -> None:
        self._children_file.unlink(missing_ok=True)
        self._ports_file.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()  # which gives the lock back

    def note_ports(self, ports: Mapping[str, int]) -> None:
        """Note on which port each part listens, for commands that work on a running stack."""
        self._ports_file.write_text(json.dumps(dict(ports)))

    def remember(self, process: ManagedProcess) -> None:
        """Note a started child, to be stopped by the next stack if this one is killed."""
        self._children[process.pid] = psutil.Process(process.pid).create_time()
        self._children_file.write_text(json.dumps(self._children))

    def _take_lock(self) -> IO[str]:
        import fcntl  # noqa: PLC0415 - absent on Windows, where this module must still be importable

        lock = (self.folder / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise StackError(
                f"a stack runs already (pid {holder}, state in {self.folder}): stop it, "
                "run against it with --host and --prometheus-url, or start another one with --state-dir"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        return lock

    def _stop_leftovers(self) -> None:
        try:
            children = json.loads(self._children_file.read_text())
        except (FileNotFoundError, ValueError):  # half a file: its writer was killed while writing
            return
        leftovers = [child for pid, started in children.items() if (child := same_process(int(pid), started))]
        for child in leftovers:
            self._report(f"stopping {child.name()} (pid {child.pid}), left over from a stack that was killed")
            child.terminate()
        _, stubborn = psutil.wait_procs(leftovers, timeout=STOP_TIMEOUT_SECONDS)
        for child in stubborn:
            child.kill()


def ports_of_running(folder: Path) -> dict[str, int]:
    """Return the port of each part of the stack that runs on this folder, by the part's name; empty when none runs."""
    try:
        ports: dict[str, int] = json.loads((folder / PORTS_FILE).read_text())
    except (OSError, ValueError):
        return {}
    # Its owner may have been killed.
    return ports if any(in_use(port) for port in ports.values()) else {}


def same_process(pid: int, started: float) -> psutil.Process | None:
    """Return the process with this pid if it started then (seconds since the epoch), and not a later one."""
    try:
        process = psutil.Process(pid)
        is_same = abs(process.create_time() - started) < SAME_PROCESS_TOLERANCE_SECONDS
    except psutil.Error:
        return None
    return process if is_same and process.status() != psutil.STATUS_ZOMBIE else None
