"""What a run is asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from scripts.stack.paths import ROOT, STATE_DIR

DEFAULT_LOCUSTFILE = ROOT / "locust" / "locustfile.py"
DEFAULT_RULES = ROOT / "prometheus" / "rules"
DEFAULT_RESULTS = ROOT / "results"


def default_workers() -> int:
    """Half of the cores: the API under test, its database and Prometheus need the other half."""
    return max(1, (os.cpu_count() or 2) // 2)


@dataclass(frozen=True)
class RunOptions:
    """None means: as the scenario has it."""

    scenario: str
    users: int | None = None
    spawn_rate: float | None = None
    run_time_seconds: float | None = None
    host: str | None = None
    workers: int = 1
    locustfile: Path = DEFAULT_LOCUSTFILE
    rules: Path = DEFAULT_RULES
    results: Path = DEFAULT_RESULTS
    state_dir: Path = STATE_DIR
    prometheus_url: str | None = None
    api_metrics_target: str | None = None
    stop_timeout_seconds: int = 10
    abort_on_breach: bool = False
    locust_arguments: tuple[str, ...] = ()  #: passed on to Locust: tags, think times, arguments of a locustfile
    verbose: bool = False
