"""The Docker stack of a test: a project of its own with its own secrets, on free loopback ports."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from swarmscope.project.env_file import ensure_env_file, read_env_file
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.run.locust_api import LocustApi
from tests.places import ROOT

COMPOSE_FILE = ROOT / "docker-compose.load-test.yml"
OWN_API_FILE = ROOT / "docker-compose.own-api.yml"
PORT_VARIABLES = ("LOCUST_WEB_PORT", "API_PORT", "PROMETHEUS_PORT", "GRAFANA_PORT")
_ENGINE_SECONDS = 20
_COMMAND_SECONDS = 120
_UP_SECONDS = 900
_RUN_SECONDS = 600

State = TypeVar("State")


def missing_engine() -> str:
    """Return why there is no Docker engine with compose; empty when there is one."""
    for command in (["docker", "info", "--format", "{{.ServerVersion}}"], ["docker", "compose", "version"]):
        try:
            result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_ENGINE_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"`{' '.join(command)}`: {error}"
        if result.returncode:
            return f"`{' '.join(command)}`: {result.stderr.strip() or result.stdout.strip()}"
    return ""


def docker(*arguments: str, timeout_seconds: float = _COMMAND_SECONDS) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=timeout_seconds)


def poll(read: Callable[[], State], holds: Callable[[State], bool], what: str, timeout_seconds: float) -> State:
    """Read until it holds, and return what was read; the last state seen is in the failure."""
    deadline = time.monotonic() + timeout_seconds
    while not holds(state := read()):
        assert time.monotonic() < deadline, f"not within {timeout_seconds:g} s: {what} (last: {state!r})"
        time.sleep(0.2)
    return state


def without_settings() -> dict[str, str]:
    """Return the environment without anything that could reach the compose file."""
    return {key: value for key, value in os.environ.items() if key in {"PATH", "HOME"} or key.startswith("DOCKER_")}


@dataclass(frozen=True)
class ComposeStack:
    """One project of the compose file; Docker chooses its ports."""

    project: str
    env_file: Path
    files: tuple[Path, ...] = (COMPOSE_FILE,)
    variables: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ensure_env_file(target=self.env_file)

    def compose(
        self,
        *arguments: str,
        timeout_seconds: float = _COMMAND_SECONDS,
        stdin: str = "",
        variables: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a compose command on the project, whatever comes of it."""
        files = [part for file in self.files for part in ("-f", str(file))]
        command = ["docker", "compose", *files, "-p", self.project, "--env-file", str(self.env_file)]
        return subprocess.run(
            [*command, *arguments],
            cwd=ROOT,
            env={**without_settings(), **dict.fromkeys(PORT_VARIABLES, "0"), **self.variables, **(variables or {})},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_seconds,
        )

    def up(self, services: Sequence[str], *, workers: int = 2) -> None:
        """Build and start the services, and wait until they are healthy."""
        scale = ["--scale", f"locust-worker={workers}"] if "locust-worker" in services else []
        self._up("--build", *scale, *services)

    def scale(self, workers: int) -> None:
        """Change the number of workers, and touch nothing else, not even where code has changed since."""
        self._up("--no-build", "--no-recreate", "--scale", f"locust-worker={workers}", "locust-worker")

    def _up(self, *arguments: str) -> None:
        """Fails with what compose and the services said."""
        result = self.compose("up", "--detach", "--wait", *arguments, timeout_seconds=_UP_SECONDS)
        if result.returncode:
            logs = self.compose("logs", "--no-color", "--tail", "20").stdout
            raise AssertionError(f"compose up failed:\n{result.stderr[-4000:]}\n{logs}")

    def run_runner(self, *arguments: str, results: Path, workers: int = 2) -> subprocess.CompletedProcess[str]:
        """`run --rm runner …`, with results for that folder's owner."""
        status = results.stat()
        variables = {
            "RESULTS_DIR": str(results),
            "RESULTS_OWNER": f"{status.st_uid}:{status.st_gid}",
            "LOCUST_WORKERS": str(workers),
        }
        command = ("run", "--rm", "--no-TTY", "runner", *arguments)
        return self.compose(*command, timeout_seconds=_RUN_SECONDS, variables=variables)

    def down(self) -> None:
        self.compose("down", "--volumes", "--timeout", "20")

    def url(self, service: str, port: int) -> str:
        """Return where this machine reaches a port of a service."""
        address = self.compose("port", service, str(port)).stdout.strip()
        assert address.startswith("127.0.0.1:"), f"{service}:{port} is published on {address!r}"
        return f"http://{address}"

    def leftovers(self) -> dict[str, list[str]]:
        """Return what the engine still has of the project: containers, volumes and networks."""
        label = f"label=com.docker.compose.project={self.project}"
        kinds = {"container": ["--all"], "volume": [], "network": []}
        return {
            kind: docker(kind, "ls", *options, "--quiet", "--filter", label).stdout.split()
            for kind, options in kinds.items()
        }

    @cached_property
    def secrets(self) -> dict[str, str]:
        """The secrets of this stack by variable."""
        return read_env_file(self.env_file)

    @cached_property
    def locust(self) -> LocustApi:
        return LocustApi(self.url("locust-master", 8089))

    @cached_property
    def prometheus(self) -> PrometheusApi:
        return PrometheusApi(self.url("prometheus", 9090))
