"""Whether Prometheus can read the expression of what the API under test has counted: asked before anything starts."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from swarmscope.errors import CommandError, PrometheusUnavailableError
from swarmscope.project.env_file import settings
from swarmscope.project.places import PROJECT_FILE
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.target_rule import target_rule_text
from swarmscope.run.options import RunOptions
from swarmscope.run.targets import requests_total
from swarmscope.stack.programs.prometheus import find_prometheus

_TIMEOUT_SECONDS = 30.0
_BEFORE_THE_REASON = "could not parse expression: "


def require_parsable(options: RunOptions, say: Callable[[str], None]) -> None:
    """Raise CommandError, one line with the reason, when Prometheus cannot read the expression of [target]."""
    expression = requests_total(options)
    if not expression:
        return
    problem = _asked(options.prometheus_url, expression) if options.prometheus_url else _checked(expression, say)
    if problem:
        raise CommandError(
            f"target.requests_total of {PROJECT_FILE} = {expression!r} is not PromQL that Prometheus reads ({problem}):"
            " expected an expression such as sum by (instance) (http_requests_total)"
        )


def _asked(url: str, expression: str) -> str:
    """Return what a Prometheus that runs has against the expression; empty for nothing."""
    try:
        PrometheusApi(url).formatted(expression)
    except PrometheusUnavailableError as error:
        return str(error)
    return ""


def _checked(expression: str, say: Callable[[str], None]) -> str:
    """Return what promtool has against the expression; empty for nothing."""
    promtool = find_prometheus(environment=settings(), report=say).promtool
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "target.yml"
        file.write_text(target_rule_text(expression), encoding="utf-8")
        command = [str(promtool), "check", "rules", str(file)]
        try:
            result = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CommandError(f"{promtool} cannot be run ({error}): name another with PROMTOOL_BIN") from error
    if not result.returncode:
        return ""
    said = f"{result.stdout}\n{result.stderr}"
    return said.partition(_BEFORE_THE_REASON)[2].partition("\n")[0] or " ".join(said.split())
