"""Which loopback port a part of the stack listens on: the usual one where it is free, any free one where it is not."""

import contextlib
import errno
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

from swarmscope.errors import StackError

LOOPBACK = "127.0.0.1"
CONNECT_TIMEOUT_SECONDS = 0.5


def in_use(port: int) -> bool:
    """Return whether something listens on the port, on loopback or on every interface."""
    # Connecting finds a listener on 0.0.0.0 that some systems would let us bind beside.
    with socket.socket() as probe:
        probe.settimeout(CONNECT_TIMEOUT_SECONDS)
        if probe.connect_ex((LOOPBACK, port)) == 0:
            return True
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a connection in TIME_WAIT is not a listener
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return True
    return False


def holder(port: int) -> str:
    """Return who listens on the port, as ``name (pid 123)``, or ``another program`` where the system does not tell."""
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr[1:2] == (port,)
            if listens and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return "another program"


def claimed(port: int) -> socket.socket | None:
    """Return a claim on the port, until it is closed; None when another stack that starts has it.

    Between choosing a port and listening on it lies the start of a server, and two would choose the same. The claim is
    a socket name that Linux keeps in memory for one holder; on other systems everything can be claimed.
    """
    claim = socket.socket(socket.AF_UNIX) if sys.platform == "linux" else socket.socket()
    if sys.platform == "linux":
        try:
            claim.bind(f"\0swarmscope-port-{port}")
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                claim.close()
                return None
    return claim


@dataclass
class PortPicker:
    """Hands out ports of one stack, never the same one twice; ``report`` gets a line for each usual port replaced.

    No other stack of this machine chooses one of them until `release`, or the end of this object.
    """

    report: Callable[[str], None]
    _taken: dict[int, socket.socket] = field(default_factory=dict)

    def pick(self, name: str, *, usual: int | None = None, requested: int | None = None, option: str = "") -> int:
        """Return a port for the part called ``name``.

        Raise StackError when the requested port is in use; ``option`` names the setting that asked for it.
        """
        if requested is not None:
            return self._take_requested(name, requested, option)
        if usual is not None and self._take(usual):
            return usual
        port = self._take_free()
        if usual is not None:
            self.report(f"{name}: port {usual} is in use by {holder(usual)}; using {port}")
        return port

    def _take_requested(self, name: str, port: int, option: str) -> int:
        if not self._take(port):
            raise StackError(
                f"{name}: port {port}, asked for by {option}, is in use by {holder(port)}: "
                f"stop that program, name another port, or leave {option} out for a free one"
            )
        return port

    def _take_free(self) -> int:
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            port: int = probe.getsockname()[1]
        return port if self._take(port) else self._take_free()

    def _take(self, port: int) -> bool:
        """Return whether the port is free, and from now on this stack's."""
        if port in self._taken or in_use(port) or (claim := claimed(port)) is None:
            return False
        self._taken[port] = claim
        return True

    def release(self) -> None:
        """Give all ports back, once nothing listens on them."""
        while self._taken:
            self._taken.popitem()[1].close()
