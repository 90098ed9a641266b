"""What a run is asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from swarmscope.network import is_http
from swarmscope.processes.ports import LOOPBACK
from swarmscope.project.places import DEFAULT_BASELINES, DEFAULT_RESULTS, DEFAULT_RULES, STATE_DIR
from swarmscope.project.settings import project
from swarmscope.run.until_sure import UntilSure


def default_workers() -> int:
    """Half of the cores: the API under test, its database and Prometheus need the other half."""
    return max(1, (os.cpu_count() or 2) // 2)


#: In which the users of a locustfile of the caller's own start without a spawn rate: Locust itself has no default here.
OWN_RAMP_SECONDS = 5.0


@dataclass(frozen=True)
class RunOptions:
    """None means: as the scenario has it."""

    scenario: str
    users: int | None = None
    spawn_rate: float | None = None
    run_time_seconds: float | None = None
    until_sure: UntilSure | None = None
    rate: float | None = None
    """Arrivals per second of an open model, for which the users wait."""
    seed: int | None = None
    """Of the random schedule of arrivals."""
    host: str | None = None
    host_is_from: str = "--host"
    """What names the host, for the line that says what is wrong with it."""
    class_hosts: tuple[str, ...] = ()
    """What the classes of the user's own locustfile name as their hosts, where no host is given: each uses its own."""
    without_proxies: tuple[str, ...] = ()
    """User classes whose clients take no proxy from the environment, also where users take them."""
    ca_bundle: Path | None = None
    """The certificates of the authorities that users trust; None: as their clients do by themselves."""
    unverified: tuple[str, ...] = ()
    """User classes whose clients take any certificate."""
    verifies: bool = True
    """Whether other HTTP users verify certificates."""
    environment: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    workers: int | None = None
    """Locust's worker processes, 0 for none; None: half of the cores, or those that a running master has."""
    locustfiles: tuple[Path, ...] = ()
    """What Locust loads, files or folders; empty: what the scenario, or the project, names."""
    locust_arguments: tuple[str, ...] = ()
    """More for Locust's command line, such as arguments that the locustfile defines."""
    driven_by: str = "run"
    """The command that drives Locust: run or web."""
    own_shape: str = ""
    """The name of the locustfile's own load shape; empty where it has none."""
    user_classes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()
    think_time_scale: float | None = None
    rules: Path = DEFAULT_RULES
    thresholds: Path | None = None
    """A file with more thresholds, in force together with the rules."""
    results: Path = DEFAULT_RESULTS
    state_dir: Path = STATE_DIR
    prometheus_url: str | None = None
    exporter_port: int | None = None
    """None: the usual one where it is free, else any."""
    exporter_host: str = LOOPBACK
    """The interface of the exporter: a Prometheus of the user's own may be on another machine."""
    locust_url: str | None = None
    """A Locust master that runs already: it is driven, and nothing is started here."""
    grafana_url: str | None = None
    """A Grafana to write notes into that neither the stack starts nor GRAFANA_URL names."""
    api_metrics_target: str | None = None
    opened: bool = False
    """Whether a scenario without arrivals is given some."""
    more_api_metrics: tuple[str, ...] = ()
    """host:port of the /metrics of each side of an A/B run."""
    stop_timeout_seconds: int = 10
    abort_on_breach: bool = False
    keep: bool = False
    """Whether what was started stays up after the verdict, until Ctrl-C."""
    confidence: float | None = None
    """How sure the run has to be of every threshold; None: as the thresholds say."""
    baseline: str | None = None
    """What the run is compared with: a baseline's name, or runs as `swarmscope.run.sides` finds them."""
    baselines: Path = DEFAULT_BASELINES
    max_regression: float = 0.05
    """By how much the p95 may be worse than that of the baseline."""
    min_samples: int = 1
    """An objective that rests on fewer observations makes the run inconclusive."""
    otel_endpoint: str | None = None
    """An OTLP/HTTP collector that users and the target send traces to; None: as the environment says."""
    live: bool | None = None
    """Whether the report is served during the run; None: where no Grafana shows the same."""
    verbose: bool = False

    @property
    def hosts(self) -> tuple[str, ...]:
        """What is under test; nothing where the project's target is to be started, and where the users need no host."""
        return (self.host,) if self.host is not None else self.class_hosts

    @property
    def starts_target(self) -> bool:
        """Whether the target that swarmscope.toml has a command for is started, and tested."""
        return not self.hosts and self.follows_project and project().target is not None

    @property
    def http_hosts(self) -> tuple[str, ...]:
        """Those under test that can be asked over HTTP: users of other protocols have hosts of any form."""
        return tuple(host for host in self.hosts if is_http(host))

    @property
    def worker_processes(self) -> int:
        """How many workers to start here; 0 runs everything in one process."""
        return default_workers() if self.workers is None else self.workers

    @property
    def otel_environment(self) -> dict[str, str]:
        """What makes the processes that are started here send traces; nothing when it was not asked for."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.otel_endpoint} if self.otel_endpoint else {}

    @property
    def follows_project(self) -> bool:
        """Whether the scenario is one of swarmscope.toml; any other name is one of the caller's own."""
        return self.scenario in project().catalogue.names

    @property
    def locustfile_title(self) -> str:
        """What is loaded, by name: for people."""
        return ", ".join(path.name for path in self.locustfiles)
