"""The Docker stack as the place of a run: brought up with docker compose, then driven like any running master."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from swarmscope.errors import CommandError
from swarmscope.network import require_url
from swarmscope.project.env_file import ensure_env_file, settings
from swarmscope.project.places import COMPOSE_FILE, PROJECT
from swarmscope.project.settings import project
from swarmscope.run.options import RunOptions, default_workers
from swarmscope.run.parameters import require_changeable
from swarmscope_exporter.addresses import masked

OWN_API_FILE = PROJECT / "docker-compose.own-api.yml"
_GENERATOR = ("prometheus", "locust-master", "locust-worker")
_TARGET = ("api", "postgres", "redis", "postgres-exporter", "redis-exporter")
_COLLECTOR = "jaeger"  # of the profile tracing; naming a service is enough to start it
_REFERENCE_API = "http://api:8000"
_LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_WAIT_SECONDS = 300
_QUICK_SECONDS = 30.0


def on_docker(options: RunOptions) -> RunOptions:
    """Bring the stack up, and return the options with its addresses; raise CommandError when it does not come up.

    With a host of your own the reference API is left out. The stack keeps running: the next run starts at once.
    """
    if not COMPOSE_FILE.is_file():
        raise CommandError(
            f"--docker runs the stack of a clone of Swarmscope, and there is no {COMPOSE_FILE}: leave out --docker"
        )
    require_docker()
    _require_possible(options)
    workers = options.workers or default_workers()
    # Not naming the reference API is not enough: the workers depend on it, where it is there.
    override = ("--file", str(OWN_API_FILE)) if options.host else ()
    services = _GENERATOR if options.host else (*_GENERATOR, *_TARGET)
    if urlsplit(options.otel_endpoint or "").hostname == _COLLECTOR:
        services = (*services, _COLLECTOR)
    ensure_env_file()
    scale = ("--scale", f"locust-worker={workers}")
    _compose_up(
        *("--build", "--detach", "--wait", "--wait-timeout", str(_WAIT_SECONDS), *scale, *services),
        override=override,
        environment=options.otel_environment | ({"LOADTEST_HOST": options.host} if options.host else {}),
    )
    return replace(
        options,
        otel_endpoint=None,  # the containers have been told
        # Always said: Locust keeps the last address that it was told.
        host=options.host or settings().get("LOADTEST_HOST") or _REFERENCE_API,
        workers=workers,
        locust_url=f"http://{_published('locust-master', 8089)}",
        prometheus_url=f"http://{_published('prometheus', 9090)}",
        grafana_url=_grafana_url(),
    )


def _grafana_url() -> str | None:
    """Return the stack's own, where it was brought up: a run does not need it."""
    try:
        return f"http://{_published('grafana', 3000)}"
    except CommandError:
        return None


def _require_possible(options: RunOptions) -> None:
    require_changeable(replace(options, otel_endpoint=None))
    is_own = options.locustfiles not in {(), (project().locustfile.resolve(),)}
    if is_own or not options.follows_project:
        raise CommandError("--docker runs the locustfile of this repository: leave out --docker or --locustfile")
    if options.thresholds is not None:
        raise CommandError(
            f"The Prometheus of --docker reads prometheus/rules: put {options.thresholds} there, and leave out"
            " --thresholds"
        )
    require_url("--host", options.host)
    if options.host and urlsplit(options.host).hostname in _LOOPBACK_HOSTS:
        raise CommandError(
            f"--host {masked(options.host)} is the worker's own container with --docker: give an address of this"
            " machine that containers can reach, or leave out --docker"
        )


def _compose_up(*arguments: str, override: tuple[str, ...], environment: Mapping[str, str]) -> None:
    """Run docker compose with its output shown; ``environment`` is added to ours."""
    command = ["docker", "compose", "--file", str(COMPOSE_FILE), *override, "up", *arguments]
    try:
        code = subprocess.run(command, cwd=PROJECT, check=False, env=os.environ | environment).returncode
    except OSError as error:
        raise _no_docker(error) from error
    if code:
        raise CommandError(
            f"docker compose up failed with exit code {code}, for the reason above;"
            f" `docker compose --file {COMPOSE_FILE.name} logs` may tell more"
        )


def _published(service: str, port: int) -> str:
    """host:port at which a service of the stack can be reached from here."""
    command = ["docker", "compose", "--file", str(COMPOSE_FILE), "port", service, str(port)]
    try:
        result = subprocess.run(
            command, cwd=PROJECT, capture_output=True, text=True, errors="replace", timeout=_QUICK_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _no_docker(error) from error
    address = result.stdout.strip()
    if result.returncode or not address:
        raise CommandError(f"Port {port} of {service} is not published: {result.stderr.strip() or 'it does not run'}")
    return address


def require_docker() -> None:
    """Raise CommandError when there is no docker to run."""
    if shutil.which("docker") is None:
        raise CommandError("docker is not on PATH: install Docker with its compose plugin, or leave out --docker")


def _no_docker(error: Exception) -> CommandError:
    said = getattr(error, "strerror", None) or str(error)
    return CommandError(f"docker cannot be run ({said}): install Docker with its compose plugin, or leave out --docker")
