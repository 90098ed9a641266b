"""The two targets: what runs already, or what is started for the A/B run, each with services of its own."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import requests

from swarmscope.errors import CommandError
from swarmscope.network import direct_session, require_url
from swarmscope.processes.ports import LOOPBACK, PortPicker
from swarmscope.project.env_file import settings
from swarmscope.project.settings import project
from swarmscope.project.target_settings import Target as Started
from swarmscope.project.tested import metrics_address
from swarmscope.run.ab.options import Target
from swarmscope.run.ab.plan import SideName
from swarmscope.stack.options import StackOptions
from swarmscope.stack.stack import EmbeddedStack
from swarmscope_exporter.addresses import masked

PORT = "{port}"
_METRICS_TIMEOUT_SECONDS = 5.0
_WEBSOCKET = "LOADTEST_WS_URL"


def target_of(side: SideName, host: str | None, command: str | None, metrics: str | None = None) -> Target:
    """Return one side as it is given on the command line; raise CommandError, one line, for none or two."""
    try:
        address = metrics_address(metrics) if metrics is not None else ""
    except ValueError as error:
        raise CommandError(f"Invalid --metrics-{side.lower()} {metrics!r}: {error}") from None
    options = f"--host-{side.lower()} URL", f"--{side.lower()} COMMAND"
    if bool(host) == bool(command):
        given = "both are given" if host else "neither is given"
        raise CommandError(f"Say what {side} is by either {options[0]} or {options[1]}: {given}")
    if host:
        require_url(f"--host-{side.lower()}", host)
        if settings().get(_WEBSOCKET):
            raise CommandError(f"{_WEBSOCKET} is set, and would lead the users of both sides to one: leave it out")
        return Target(side, host=host, metrics=address)
    try:
        words = shlex.split(command or "")
    except ValueError as error:
        raise CommandError(f"Invalid {options[1]} {command!r}: {error}") from None
    if not words:
        raise CommandError(f"Invalid {options[1]} {command!r}: expected a command that serves the API on {PORT}")
    if project().target is None and not any(PORT in word for word in words):
        raise CommandError(
            f"The command of {side} does not say where it listens: put {PORT} where its port goes, such as"
            f" --{side.lower()} 'python -m http.server {PORT}'"
        )
    return Target(side, command=command or "", metrics=address)


def require_two(a: Target, b: Target) -> None:
    """Raise CommandError for the same URL on both sides, which would always be the same."""
    if a.host and a.host.rstrip("/") == b.host.rstrip("/"):
        raise CommandError(f"--host-a and --host-b are both {masked(a.host)}: nothing would be compared; name two")


def picked(target: Target, picker: PortPicker) -> Target:
    """Return a side with its address: of a command, a port that is free until it is started."""
    if not target.command:
        return target
    return replace(target, host=f"http://{LOOPBACK}:{picker.pick(target.side)}")


def with_metrics(target: Target) -> Target:
    """Return a side that was started with the address of its metrics, where it has any."""
    if not target.command or target.metrics:
        return target
    try:
        with direct_session() as session:
            answer = session.get(f"{target.host}/metrics", timeout=_METRICS_TIMEOUT_SECONDS)
    except requests.RequestException:
        return target
    # Many servers answer any path, and not with metrics.
    has_metrics = answer.ok and "# TYPE " in answer.text
    return replace(target, metrics=target.host.partition("://")[2]) if has_metrics else target


def start(stack: ExitStack, target: Target, state_dir: Path, logs: Path, say: Callable[[str], None]) -> None:
    """Start a side that is a command, up until ``stack`` is left; raise StackError when it does not get ready."""
    if not target.command:
        return
    port = int(target.host.rpartition(":")[2])
    words = tuple(word.replace(PORT, str(port)) for word in shlex.split(target.command))
    of_project = project().target
    started = Started(words, ready_path="") if of_project is None else replace(of_project, command=words)
    folder = f"ab-{target.side.lower()}"
    options = StackOptions(
        with_prometheus=False,
        with_grafana=False,
        api_port=port,
        target=started,
        state_dir=state_dir / folder,
        log_dir=logs / folder,
    )
    stack.enter_context(EmbeddedStack(options, say))
