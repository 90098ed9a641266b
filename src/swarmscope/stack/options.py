"""What a stack is asked for, and what it answers with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from swarmscope.errors import StackError
from swarmscope.processes.process import ManagedProcess
from swarmscope.project.env_file import ENV_FILE
from swarmscope.project.places import DEFAULT_RULES, STATE_DIR
from swarmscope.project.settings import project
from swarmscope.project.target_settings import Target
from swarmscope.stack.prometheus_server import DEFAULT_RETENTION

EXPORTER_TARGET = "127.0.0.1:9646"
HIGHEST_PORT = 65535


@dataclass(frozen=True)
class StackOptions:
    """What to start, and where.

    Ports and addresses that are None come from API_PORT, PROMETHEUS_PORT, PROMETHEUS_URL, GRAFANA_PORT and GRAFANA_URL,
    in the environment or .env; a port that these do not name either is the usual one where it is free, else any
    free one.
    """

    with_api: bool = True
    """Off for a system under test that runs already: nothing of the project's target is started then."""
    with_prometheus: bool = True
    prometheus_url: str | None = None
    """A Prometheus that runs already; none is started then."""
    with_grafana: bool = True
    """Where one is found, and Prometheus is started too: to another Prometheus belongs another Grafana."""
    grafana_url: str | None = None
    """A Grafana that runs already; none is started then."""
    traces_url: str | None = None
    """Where traces are looked at, as a browser reaches it: TRACES_URL."""
    api_port: int | None = None
    prometheus_port: int | None = None
    grafana_port: int | None = None
    exporter_targets: Sequence[str] = (EXPORTER_TARGET,)
    api_metrics_target: str | None = None
    """``host:port`` of your own API where it has a /metrics; used only without ``with_api``."""
    more_api_metrics: Sequence[str] = ()
    """The same of other systems under test."""
    api_settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Environment of the API that wins over our own environment, which wins over .env."""
    target: Target | None = field(default_factory=lambda: project().target)
    """What ``with_api`` starts; nothing when None."""
    rules_dir: Path = DEFAULT_RULES
    retention: str = DEFAULT_RETENTION
    state_dir: Path = STATE_DIR
    log_dir: Path | None = None
    """Where each child logs; ``state_dir``/logs by default."""
    env_file: Path = ENV_FILE
    verbose: bool = False
    """Report how long each part took."""


@dataclass(frozen=True)
class RunningStack:
    """Where everything is; what was not started is None, or absent from the mappings."""

    api_url: str | None
    api_ws_url: str | None
    prometheus_url: str | None
    grafana_url: str | None
    promtool: Path | None
    database_url: str | None = field(repr=False)  # holds the password
    redis_url: str | None
    ports: Mapping[str, int]
    pids: Mapping[str, int]
    processes: Sequence[ManagedProcess] = field(repr=False)
    log_dir: Path

    @property
    def locust_environment(self) -> dict[str, str]:
        """What virtual users must know beyond the host, and what Locust's web interface shows or leads to."""
        addresses = {
            "LOADTEST_WS_URL": self.api_ws_url,
            "LOADTEST_PROMETHEUS_URL": self.prometheus_url,
            "LOADTEST_GRAFANA_URL": self.grafana_url,
        }
        return {name: address for name, address in addresses.items() if address}

    def require_alive(self) -> None:
        """Raise ProcessFailedError, with the last lines of its log, for a child that has ended by itself."""
        for process in self.processes:
            process.require_alive()


def with_settings(options: StackOptions, settings: Mapping[str, str]) -> StackOptions:
    """Return the options, completed by the settings.

    Raise StackError when one of these is not a port number, or no address.
    """
    return replace(
        options,
        api_port=options.api_port or _port(settings, "API_PORT"),
        prometheus_port=options.prometheus_port or _port(settings, "PROMETHEUS_PORT"),
        prometheus_url=options.prometheus_url or settings.get("PROMETHEUS_URL") or None,
        grafana_port=options.grafana_port or _port(settings, "GRAFANA_PORT"),
        grafana_url=options.grafana_url or grafana_url_of(settings),
        traces_url=options.traces_url or _url(settings, "TRACES_URL", "http://127.0.0.1:16686"),
    )


def grafana_url_of(settings: Mapping[str, str]) -> str | None:
    """GRAFANA_URL, if it is set, without a slash at its end. Raise StackError when it is none, or holds a password."""
    return _url(settings, "GRAFANA_URL", "http://host:3000", "; a token goes into GRAFANA_TOKEN")


def _url(settings: Mapping[str, str], name: str, example: str, instead: str = "") -> str | None:
    text = settings.get(name, "").rstrip("/")
    parts = urlsplit(text)
    if text and not (parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc):
        raise StackError(f"{name} is not an address like {example}, or has a password in it: fix or remove it{instead}")
    return text or None


def _port(settings: Mapping[str, str], name: str) -> int | None:
    text = settings.get(name, "")
    if not text:
        return None
    if not text.isdecimal() or not 0 < int(text) <= HIGHEST_PORT:
        raise StackError(f"{name}={text} is not a port: set it to a number from 1 to {HIGHEST_PORT}, or leave it out")
    return int(text)
