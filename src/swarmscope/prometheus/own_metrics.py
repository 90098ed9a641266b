"""Whether Prometheus can read the expressions that a project has as objectives."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from swarmscope.errors import CommandError, PrometheusUnavailableError
from swarmscope.objectives import ObjectiveKind
from swarmscope.project.tested import TargetSettings
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.compiled import worst_of

#: Says what is wrong with a PromQL expression; an empty text when nothing is.
Complaint = Callable[[str], str]
_PARSE_ERROR = "parse error: "


def require_readable(
    objectives: Mapping[str, ObjectiveKind], complaint: Complaint, tested: TargetSettings | None = None
) -> None:
    """Raise CommandError, which names the file and the key, for an expression that Prometheus cannot read."""
    for kind in objectives.values():
        problem = kind.expr and (complaint(kind.expr) or complaint(worst_of(kind)))
        if problem:
            raise _unreadable(kind.source, kind.expr, problem)
    counter = tested.requests_total if tested is not None else ""
    if tested is not None and counter and (problem := complaint(counter)):
        raise _unreadable(tested.requests_total_source, counter, problem)


def _unreadable(source: str, expr: str, problem: str) -> CommandError:
    return CommandError(f"{source} = {expr!r}: Prometheus cannot read it: {problem}")


def by_promtool(promtool: Path) -> Complaint:
    """Return a check that needs no Prometheus."""

    def complaint(expr: str) -> str:
        rules = {"groups": [{"name": "check", "rules": [{"record": "check", "expr": expr}]}]}
        result = subprocess.run(
            [promtool, "check", "rules"], input=json.dumps(rules), capture_output=True, text=True, check=False
        )
        return _cause(result.stdout + result.stderr) if result.returncode else ""

    return complaint


def by_prometheus(prometheus: PrometheusApi) -> Complaint:
    """Return a check by a Prometheus that runs; it raises PrometheusUnavailableError when that does not answer."""

    def complaint(expr: str) -> str:
        try:
            prometheus.formatted(expr)
        except PrometheusUnavailableError as error:
            if _PARSE_ERROR not in str(error):
                raise
            return _cause(str(error))
        return ""

    return complaint


def _cause(text: str) -> str:
    """Return what follows the words "parse error", else all, on one line."""
    return " ".join(text.partition(_PARSE_ERROR)[2].split() or text.split())
