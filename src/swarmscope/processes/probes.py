"""Readiness probes: each returns when the other side is ready, and raises OSError with the reason while it is not."""

import http.client
import socket
from functools import partial
from pathlib import Path

from swarmscope.processes.process import Probe

PROBE_TIMEOUT_SECONDS = 2.0
LOOPBACK = "127.0.0.1"


def http_ok(port: int, path: str) -> Probe:
    """Return a probe for a 200 answer on the loopback interface. Proxy settings are not consulted."""
    return partial(_http_ok, port, path)


def _http_ok(port: int, path: str) -> None:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=PROBE_TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        status = connection.getresponse().status
    except http.client.HTTPException as error:
        raise OSError(f"GET {path} on port {port}: {type(error).__name__}") from error
    except OSError as error:
        raise OSError(f"GET {path} on port {port}: {error}") from error
    finally:
        connection.close()
    if status != http.HTTPStatus.OK:
        raise OSError(f"GET {path} on port {port}: status {status}")


def accepts(port: int) -> Probe:
    """Return a probe for a server that accepts connections on the loopback interface."""
    return partial(_accepts, port)


def _accepts(port: int) -> None:
    with socket.create_connection((LOOPBACK, port), timeout=PROBE_TIMEOUT_SECONDS):
        return


def redis_ping(port: int) -> Probe:
    """Return a probe for a Redis server that answers PING with PONG, so neither loading nor asking for a password."""
    return partial(_redis_ping, port)


def _redis_ping(port: int) -> None:
    with socket.create_connection((LOOPBACK, port), timeout=PROBE_TIMEOUT_SECONDS) as connection:
        connection.sendall(b"PING\r\n")
        answer = connection.recv(64)
    if not answer.startswith(b"+PONG"):
        raise OSError(f"PING on port {port}: {answer[:40]!r}")


def postmaster_ready(data_dir: Path) -> Probe:
    """Return a probe for the state that PostgreSQL writes in its postmaster.pid, as pg_ctl reads it."""
    return partial(_postmaster_ready, data_dir)


def _postmaster_ready(data_dir: Path) -> None:
    lines = (data_dir / "postmaster.pid").read_text().split()
    state = lines[-1] if lines else "(empty)"
    if state != "ready":
        raise OSError(f"postmaster.pid ends with {state}")
