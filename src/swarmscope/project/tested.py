"""What swarmscope.toml says of the system under test beside its host, and of each run: environment and labels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from swarmscope.project.toml_table import Table
from swarmscope_exporter.run_details import problem_with_labels, problem_with_value

CHECKS = ("http", "tcp", "none")
_METRICS_ADDRESS = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]]+):(\d{1,5})")
_MAX_PORT = 65535


@dataclass(frozen=True)
class TargetSettings:
    """The keys of [target] that hold for a system that runs already.

    ``check`` is how it is asked before the load, empty for the way that fits the host; ``metrics`` is host:port of its
    /metrics, and ``requests_total`` a PromQL expression of the requests that it has counted.
    """

    check: str = ""
    ca_bundle: Path | None = None
    metrics: str = ""
    requests_total: str = ""
    requests_total_source: str = ""  #: where the file says it


@dataclass(frozen=True)
class RunLabels:
    """What the file says of each run: where it runs, and free labels."""

    environment: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


def tested_of(table: Table, root: Path) -> TargetSettings:
    """Return what [target] says; a file is relative to the project's folder."""
    bundle, counter = table.take("ca_bundle", _text, ""), table.take("requests_total", _text, "")
    source = f"{table.file.path}:{table.file.line_of((*table.keys, 'requests_total'))}: target.requests_total"
    return TargetSettings(
        check=table.take("check", _check, ""),
        ca_bundle=root / bundle if bundle else None,
        metrics=table.take("metrics", metrics_address, ""),
        requests_total=counter,
        requests_total_source=source if counter else "",
    )


def run_labels_of(table: Table) -> RunLabels:
    """Return what the top of the file says."""
    return RunLabels(table.take("environment", _value, ""), table.take("labels", _labels, {}))


def metrics_address(value: Any) -> str:
    """Return host:port as Prometheus scrapes it; raise ValueError for anything else."""
    match = _METRICS_ADDRESS.fullmatch(value) if isinstance(value, str) else None
    if match is None or not 0 < int(match[1]) <= _MAX_PORT:
        raise ValueError("expected host:port, such as 127.0.0.1:8080, whose /metrics is scraped over http")
    return str(value)


def _check(value: Any) -> str:
    if value not in CHECKS:
        raise ValueError(f"expected one of {', '.join(CHECKS)}")
    return str(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("expected a text")
    return value


def _value(value: Any) -> str:
    if problem := problem_with_value(_text(value)):
        raise ValueError(problem)
    return str(value)


def _labels(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(_is_simple(each) for each in value.values()):
        raise ValueError("expected a table of texts or whole numbers, such as { team = 'shop' }")
    labels = {name: str(each) for name, each in value.items()}
    if problem := problem_with_labels(labels):
        raise ValueError(problem)
    return labels


def _is_simple(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)
