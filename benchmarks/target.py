"""The server that load goes to: nginx with one worker and a fixed answer of 200 bytes, on a free loopback port."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from swarmscope.processes import child_launcher

_READY_SECONDS = 10.0
_BODY = '{"id": 1, "name": "An item", "tags": ["a", "b", "c"], "text": "' + "x" * 130 + '"}'
_CONFIGURATION = """
daemon off;
worker_processes 1;
worker_rlimit_nofile 8192;
pid nginx.pid;
error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ default_type application/json; return 200 '{body}'; }}
    location = /requests {{ stub_status; }}
  }}
}}
"""


class MissingProgramError(Exception):
    """A program that a benchmark needs is not on PATH."""


@dataclass(frozen=True)
class Target:
    """A running server."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def requests(self) -> int:
        """Request that it has answered so far, from any client; this one counts as well."""
        with urllib.request.urlopen(f"{self.url}/requests", timeout=10) as answer:  # noqa: S310  # loopback
            text = answer.read().decode()
        [counts] = re.findall(r"\n\s*\d+ \d+ (\d+)", text)
        return int(counts)


def find_nginx() -> str:
    """Path of nginx; raise MissingProgramError."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise MissingProgramError(
            "nginx is not installed: it is the server under load (Debian: apt install nginx-light)"
        )
    return found


@contextmanager
def nginx() -> Iterator[Target]:
    """Run nginx as long as the context is open; raise MissingProgramError."""
    program = find_nginx()
    with tempfile.TemporaryDirectory(prefix="swarmscope-nginx-") as folder:
        target = Target(free_port())
        configuration = Path(folder, "nginx.conf")
        configuration.write_text(_CONFIGURATION.format(port=target.port, body=_BODY))
        command = [*_bound_to_this_process(), program, "-p", folder, "-c", str(configuration)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            _wait_until_ready(target, process)
            yield target
        finally:
            process.terminate()
            process.wait(timeout=10)


def _bound_to_this_process() -> list[str]:
    """Return what makes a program end when this one is killed."""
    return [sys.executable, "-I", "-S", child_launcher.__file__, str(int(signal.SIGTERM)), str(os.getpid()), "-", "--"]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_until_ready(target: Target, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        if process.poll() is not None:
            assert process.stderr is not None
            sys.exit(f"nginx did not start: {process.stderr.read().strip()}")
        with suppress(urllib.error.URLError, OSError):
            target.requests()
            return
        if time.monotonic() > deadline:
            sys.exit(f"nginx does not answer at {target.url} after {_READY_SECONDS:g} s")
        time.sleep(0.05)
