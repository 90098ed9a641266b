"""Where a run takes place: an environment started for it, or a Locust master and a Prometheus that run already."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from swarmscope.processes.ports import LOOPBACK
from swarmscope.project.env_file import settings, without_secrets
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.run import preflight
from swarmscope.run.locust_api import LocustApi
from swarmscope.run.locust_processes import LocustEnd, LocustPorts, RunningLocust, locust_processes, pick_ports
from swarmscope.run.options import RunOptions
from swarmscope.run.targets import api_metrics, bundle_variables, require_targets
from swarmscope.stack.options import RunningStack, StackOptions, grafana_url_of
from swarmscope.stack.stack import EmbeddedStack
from swarmscope_exporter.addresses import masked


@dataclass(frozen=True)
class RunEnvironment:
    """What a run works with.

    ``host`` is the API under test as the workers reach it, or several; ``workers`` how many of these there must be;
    ``grafana_url`` is where notes of the run are written, if anywhere; ``api_is_scraped`` is whether Prometheus was
    told here where the API publishes its metrics; ``exporter`` is where a Locust that was started here is scraped, host
    and port.

    ``require_alive`` raises CommandError when something that the verdict needs has ended. ``end_locust`` ends a Locust
    that was started here, and returns what it ended with.
    """

    prometheus: PrometheusApi
    locust: LocustApi
    host: str
    workers: int
    grafana_url: str | None
    require_alive: Callable[[], None]
    api_is_scraped: bool = False
    exporter: tuple[str, int] | None = None
    end_locust: Callable[[], LocustEnd] = LocustEnd


@contextmanager
def environment_of(
    options: RunOptions, rules: Path, logs: Path, say: Callable[[str], None]
) -> Iterator[RunEnvironment]:
    """Start what the options do not name an address of, and stop that again.

    Raise CommandError when a part cannot be started, or does not answer.
    """
    if options.locust_url is not None:
        yield _running_environment(options, options.locust_url)
        return
    ports = pick_ports(options.exporter_port)
    with EmbeddedStack(_stack_options(options, ports, rules, logs), say) as stack:
        prometheus = PrometheusApi(stack.prometheus_url or "")
        hosts = (stack.api_url or "",) if options.starts_target else options.hosts
        require_targets(options, hosts)
        preflight.require_prometheus(prometheus)
        variables = locust_variables(stack) | options.otel_environment | bundle_variables(options)
        host = None if options.class_hosts or not hosts else hosts[0]
        # With a password it is told with the start alone: everyone on the machine can read a command line.
        shown = host if host is not None and host == masked(host) else None
        with locust_processes(options, shown, ports, variables, logs) as locust:
            yield RunEnvironment(
                prometheus,
                LocustApi(locust.url, locust.processes[0].pid),
                ", ".join(hosts),
                max(1, options.worker_processes),
                stack.grafana_url,
                _watch(locust, stack),
                api_is_scraped=options.prometheus_url is None and (options.starts_target or bool(api_metrics(options))),
                exporter=(options.exporter_host, ports.exporter),
                end_locust=locust.end,
            )


def _running_environment(options: RunOptions, locust_url: str) -> RunEnvironment:
    """Return the target is not asked from here: the workers reach it, by an address that may be of their network alone.

    The first virtual user finds out, alone, and a run without a target ends there.
    """
    prometheus, locust = PrometheusApi(options.prometheus_url or ""), LocustApi(locust_url)
    preflight.require_prometheus(prometheus)
    preflight.require_idle(locust)
    grafana_url = grafana_url_of(settings()) or options.grafana_url
    return RunEnvironment(prometheus, locust, options.host or "", options.workers or 1, grafana_url, lambda: None)


def locust_variables(stack: RunningStack) -> dict[str, str]:
    """Return the environment of Locust's processes: all settings but the secrets, which virtual users do not need."""
    return without_secrets(settings(StackOptions().env_file)) | stack.locust_environment


def _watch(locust: RunningLocust, stack: RunningStack) -> Callable[[], None]:
    def require_alive() -> None:
        locust.require_master()
        for process in stack.processes:
            if process.name == "Prometheus":
                process.require_alive()

    return require_alive


def _stack_options(options: RunOptions, ports: LocustPorts, rules: Path, logs: Path) -> StackOptions:
    return StackOptions(
        with_api=options.starts_target,
        prometheus_url=options.prometheus_url,
        exporter_targets=(f"{LOOPBACK}:{ports.exporter}",),
        api_metrics_target=api_metrics(options),
        more_api_metrics=options.more_api_metrics,
        api_settings=options.otel_environment,
        rules_dir=rules,
        state_dir=options.state_dir,
        log_dir=logs,
        verbose=options.verbose,
    )
