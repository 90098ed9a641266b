"""One child process: started in its own session, watched, and reaped whatever happens."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from swarmscope.errors import ProcessFailedError

LAUNCHER = Path(__file__).with_name("child_launcher.py")
POLL_INTERVAL_SECONDS = 0.03
LOG_TAIL_LINES = 12

Probe = Callable[[], None]
"""Returns when the process is ready; raises OSError, with the reason as its text, while it is not."""


@dataclass(frozen=True)
class Account:
    """The system user a child runs as."""

    name: str
    uid: int
    gid: int


class ManagedProcess:
    """A child with a log file, in a session of its own.

    A terminal's Ctrl-C reaches the parent alone, which stops its children in order. On Linux the child also gets
    ``stop_signal`` when the parent is killed.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        log_path: Path,
        cwd: Path | None = None,
        account: Account | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        stop_timeout_seconds: float = 10.0,
    ) -> None:
        self.name = name
        self.command = [str(part) for part in command]
        self.env = dict(env)
        self.log_path = log_path
        self._cwd = cwd
        self._account = account
        self._stop_signal = stop_signal
        self._stop_timeout_seconds = stop_timeout_seconds
        self._popen: subprocess.Popen[bytes] | None = None
        self._group_swept = False
        self._started_at = 0.0

    def start(self) -> None:
        """Start the command; use ``wait_ready`` to know that it works.

        Raise RuntimeError outside the main thread: Linux ties a child to the thread that started it, so a child of a
        short-lived thread would be stopped when that thread ends.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(f"{self.name} was started outside the main thread, whose end would stop it")
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        self._group_swept = False
        self._started_at = time.monotonic()
        with self.log_path.open("wb") as log:
            self._popen = subprocess.Popen(
                [sys.executable, "-I", "-S", str(LAUNCHER), *self._launch_arguments(), "--", *self.command],
                env=self.env,
                cwd=self._cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _launch_arguments(self) -> list[str]:
        user = f"{self._account.uid}:{self._account.gid}" if self._account else "-"
        return [str(int(self._stop_signal)), str(os.getpid()), user]

    @property
    def pid(self) -> int:
        """The process id. Raise RuntimeError before ``start``."""
        return self._started().pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._popen is not None and self.exit_code is None

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal, or None while the process runs or before it was started."""
        if self._popen is None:
            return None
        code = self._popen.poll()
        if code is not None:
            self._sweep_group()
        return code

    def wait_ready(self, probe: Probe, timeout_seconds: float) -> float:
        """Poll ``probe`` until it no longer raises OSError; return the seconds since the process was started.

        Raise ProcessFailedError, with the last reason and the last log lines, when the process ends first or the
        deadline passes.
        """
        begin = time.monotonic()
        while True:
            self.require_alive("ended while it was starting")
            try:
                probe()
            except OSError as error:
                reason = str(error)
            else:
                return time.monotonic() - self._started_at
            if time.monotonic() - begin >= timeout_seconds:
                raise self.failure(f"was not ready within {timeout_seconds:g} s ({reason})")
            time.sleep(POLL_INTERVAL_SECONDS)

    def require_alive(self, complaint: str = "ended by itself") -> None:
        """Raise ProcessFailedError, with the exit code and the last lines of the log, when the process has ended."""
        code = self.exit_code
        if code is not None:
            raise self.failure(f"{complaint}, {describe_exit(code)}")

    def failure(self, complaint: str) -> ProcessFailedError:
        """Return the error that names this process, what is wrong with it and what it logged last."""
        tail = self.log_tail()
        logged = "\n".join(f"  | {line}" for line in tail) if tail else "  | (nothing)"
        return ProcessFailedError(f"{self.name} {complaint}. Its log, {self.log_path}, ends with:\n{logged}")

    def log_tail(self, lines: int = LOG_TAIL_LINES) -> list[str]:
        """Return the last lines of the log, fewer or none when there are not that many."""
        try:
            text = self.log_path.read_text(errors="replace")
        except FileNotFoundError:
            return []
        return text.splitlines()[-lines:]

    def wait(self, timeout_seconds: float) -> int | None:
        """Wait for the end by itself; return the exit code, or None when the process still runs at the deadline."""
        try:
            self._started().wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return None
        return self.exit_code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process itself; do nothing when it has ended."""
        if self.alive:
            self._started().send_signal(number)

    def stop(self) -> int | None:
        """Ask the process to end, kills it and all of its group when it does not; return the exit code.

        Safe to call at any time, any number of times.
        """
        if self._popen is None:
            return None
        self.signal(self._stop_signal)
        if self.wait(self._stop_timeout_seconds) is None:
            self._kill_group()
            self._popen.wait()
        return self.exit_code

    def _sweep_group(self) -> None:
        """Kill what the ended process left in its group.

        Once only, right after it was reaped: from then on the system may give its id to a stranger.
        """
        if not self._group_swept:
            self._group_swept = True
            self._kill_group()

    def _kill_group(self) -> None:
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
            return

    def _started(self) -> subprocess.Popen[bytes]:
        if self._popen is None:
            raise RuntimeError(f"{self.name} has not been started")
        return self._popen


def describe_exit(code: int) -> str:
    """Return an exit code in words: ``exit code 3`` or ``killed by SIGKILL``."""
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
