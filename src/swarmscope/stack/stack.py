"""A load test's whole environment on this machine, started and reaped.

PostgreSQL, Redis, the API, Prometheus and, where there is one, Grafana.
"""

import contextlib
import sys
import time
from pathlib import Path

from swarmscope.errors import ProcessFailedError
from swarmscope.grafana.client import PASSWORD_SETTING
from swarmscope.processes.ports import LOOPBACK, PortPicker
from swarmscope.processes.probes import accepts, http_ok, postmaster_ready, redis_ping
from swarmscope.processes.process import ManagedProcess, Probe
from swarmscope.processes.signals import ending_signals_interrupt, signals_ignored
from swarmscope.project.env_file import ensure_secret, settings
from swarmscope.project.settings import project
from swarmscope.project.target_settings import Target
from swarmscope.prometheus.own_metrics import by_promtool, require_readable
from swarmscope.stack.grafana_server import HEALTH_PATH, GrafanaServer
from swarmscope.stack.options import RunningStack, StackOptions, with_settings
from swarmscope.stack.postgres_place import find_place
from swarmscope.stack.postgres_server import Postgres
from swarmscope.stack.programs.grafana import GrafanaProgram, find_grafana
from swarmscope.stack.programs.prometheus import find_prometheus
from swarmscope.stack.programs.prometheus_version import Report
from swarmscope.stack.prometheus_server import PrometheusServer
from swarmscope.stack.redis_server import redis_process, redis_url
from swarmscope.stack.state import StackState
from swarmscope.stack.target import target_process

DEFAULT_API_PORT = 8000
DEFAULT_PROMETHEUS_PORT = 9090
DEFAULT_GRAFANA_PORT = 3000
READY_TIMEOUT_SECONDS = 30
API_READY_TIMEOUT_SECONDS = 60  # its first start makes the schema and the test users
GRAFANA_READY_TIMEOUT_SECONDS = 60  # its first start makes hundreds of tables


def print_line(line: str) -> None:
    """Print a line on standard error, at once: the default report."""
    print(line, file=sys.stderr, flush=True)


class EmbeddedStack:
    """Starts everything on entry, as ``with EmbeddedStack(options) as stack``, and yields a RunningStack.

    Leaving stops everything, after an exception, Ctrl-C or SIGTERM as well. For the main thread, and for one use.
    """

    def __init__(self, options: StackOptions | None = None, report: Report = print_line) -> None:
        """Raise StackError when a setting in the environment or .env cannot be used."""
        asked = options or StackOptions()
        self._options = with_settings(asked, settings(asked.env_file))
        self._target = self._options.target if self._options.with_api else None
        self._report = report
        self._state = StackState(self._options.state_dir, report)
        self._log_dir = self._options.log_dir or self._options.state_dir / "logs"
        self._picker = PortPicker(report)
        self._ports: dict[str, int] = {}
        self._processes: dict[str, ManagedProcess] = {}
        self._promtool: Path | None = None
        self._grafana: GrafanaProgram | None = None
        self._postgres: Postgres | None = None
        self._exit = contextlib.ExitStack()

    def __enter__(self) -> RunningStack:
        """Raise StackError, with everything stopped again, when a part cannot run."""
        with contextlib.ExitStack() as undo:
            undo.enter_context(ending_signals_interrupt())
            if self._target is not None or self._starts_prometheus:
                undo.enter_context(self._state)
            undo.callback(self._stop_all)
            self._start_all()
            self._exit = undo.pop_all()
        return self._running()

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    @property
    def _starts_prometheus(self) -> bool:
        return self._options.with_prometheus and not self._options.prometheus_url

    def _start_all(self) -> None:
        """Start what depends on nothing first: it gets ready while the rest is prepared."""
        begin = time.monotonic()
        self._grafana = self._grafana_to_start()
        self._pick_ports()
        if self._starts_prometheus:
            self._start_prometheus()
        if self._grafana is not None:
            self._start_grafana(self._grafana)
        if self._target is not None:
            self._start_services()
            self._start_api(self._target)
        if self._starts_prometheus:
            self._await_ready("prometheus", http_ok(self._ports["prometheus"], "/-/ready"))
        if self._grafana is not None:
            self._await_grafana()
        if self._processes:
            self._state.note_ports(self._ports)
        self._report_timing("stack", time.monotonic() - begin)

    def _pick_ports(self) -> None:
        options, picker = self._options, self._picker
        if self._target is not None:
            self._ports["api"] = picker.pick(
                "API", usual=DEFAULT_API_PORT, requested=options.api_port, option="--api-port (API_PORT)"
            )
            for service, title in (("postgres", "PostgreSQL"), ("redis", "Redis")):
                if service in self._target.services:
                    self._ports[service] = picker.pick(title)
        if self._starts_prometheus:
            self._ports["prometheus"] = picker.pick(
                "Prometheus",
                usual=DEFAULT_PROMETHEUS_PORT,
                requested=options.prometheus_port,
                option="--prometheus-port (PROMETHEUS_PORT)",
            )
        if self._grafana is not None:
            self._ports["grafana"] = picker.pick(
                "Grafana",
                usual=DEFAULT_GRAFANA_PORT,
                requested=options.grafana_port,
                option="--grafana-port (GRAFANA_PORT)",
            )

    def _start_prometheus(self) -> None:
        options, port = self._options, self._ports["prometheus"]
        binaries = find_prometheus(environment=settings(options.env_file), report=self._report)
        self._promtool = binaries.promtool
        server = PrometheusServer(
            binaries.prometheus, options.state_dir / "prometheus", options.rules_dir, options.retention
        )
        require_readable(project().objectives, by_promtool(binaries.promtool), project().tested)
        server.write_config(self._scrape_targets())
        self._start("prometheus", server.process(port, self._log_path("prometheus")))

    def _grafana_to_start(self) -> GrafanaProgram | None:
        options = self._options
        wanted = options.with_grafana and not options.grafana_url and self._starts_prometheus
        return find_grafana(settings(options.env_file), self._report) if wanted else None

    def _start_grafana(self, program: GrafanaProgram) -> None:
        options = self._options
        server = GrafanaServer(program, options.state_dir / "grafana", options.traces_url)
        process = server.process(
            self._ports["grafana"],
            f"http://{LOOPBACK}:{self._ports['prometheus']}",
            ensure_secret(PASSWORD_SETTING, options.env_file),
            self._log_path("grafana"),
        )
        self._start("grafana", process)

    def _await_grafana(self) -> None:
        """Wait for Grafana, and go on without it: a run is judged all the same."""
        try:
            self._await_ready("grafana", http_ok(self._ports["grafana"], HEALTH_PATH), GRAFANA_READY_TIMEOUT_SECONDS)
        except ProcessFailedError as error:
            self._report(f"going on without Grafana: {error}")
            self._processes.pop("grafana").stop()
            del self._ports["grafana"]

    def _scrape_targets(self) -> dict[str, list[str]]:
        """By job. There are no exporters of PostgreSQL and Redis here, so those jobs have no targets."""
        own_api = [f"{LOOPBACK}:{self._ports['api']}"] if self._target is not None else []
        other_api = [self._options.api_metrics_target] if self._options.api_metrics_target else []
        return {
            "loadtest": list(self._options.exporter_targets),
            "api": [*(own_api or other_api), *self._options.more_api_metrics],
            "prometheus": [f"{LOOPBACK}:{self._ports['prometheus']}"],
        }

    def _start_services(self) -> None:
        options, ports = self._options, self._ports
        if "redis" in ports:
            self._start("redis", redis_process(ports["redis"], options.state_dir / "redis", self._log_path("redis")))
        if "postgres" in ports:
            password = ensure_secret("POSTGRES_PASSWORD", options.env_file)
            self._postgres = Postgres(find_place(options.state_dir), password, self._report)
            self._postgres.prepare()
            self._start("postgres", self._postgres.process(ports["postgres"], self._log_path("postgres")))
            self._await_ready("postgres", postmaster_ready(self._postgres.data_dir))
        if "redis" in ports:
            self._await_ready("redis", redis_ping(ports["redis"]))

    def _start_api(self, target: Target) -> None:
        port = self._ports["api"]
        values = {"port": str(port), "postgres_url": self._database_url() or "", "redis_url": self._redis_url() or ""}
        known = settings(self._options.env_file)
        process = target_process(target, values, known, self._options.api_settings, self._log_path("api"))
        self._start("api", process)
        ready = http_ok(port, target.ready_path) if target.ready_path else accepts(port)
        self._await_ready("api", ready, API_READY_TIMEOUT_SECONDS)

    def _database_url(self) -> str | None:
        return self._postgres.url(self._ports["postgres"]) if self._postgres else None

    def _redis_url(self) -> str | None:
        return redis_url(self._ports["redis"]) if "redis" in self._ports else None

    def _start(self, part: str, process: ManagedProcess) -> None:
        self._processes[part] = process
        process.start()
        self._state.remember(process)

    def _await_ready(self, part: str, probe: Probe, timeout_seconds: float = READY_TIMEOUT_SECONDS) -> None:
        self._report_timing(part, self._processes[part].wait_ready(probe, timeout_seconds))

    def _report_timing(self, part: str, seconds: float) -> None:
        if self._options.verbose:
            self._report(f"{part}: ready after {seconds:.2f} s")

    def _log_path(self, part: str) -> Path:
        return self._log_dir / f"{part}.log"

    def _running(self) -> RunningStack:
        address = {part: f"{LOOPBACK}:{port}" for part, port in self._ports.items()}
        started = {part: f"http://{host_port}" for part, host_port in address.items()}
        return RunningStack(
            api_url=started.get("api"),
            api_ws_url=f"ws://{address['api']}" if "api" in address else None,
            prometheus_url=started.get("prometheus", self._options.prometheus_url),
            grafana_url=started.get("grafana", self._options.grafana_url),
            promtool=self._promtool,
            database_url=self._database_url(),
            redis_url=self._redis_url(),
            ports=dict(self._ports),
            pids={part: process.pid for part, process in self._processes.items()},
            processes=tuple(self._processes.values()),
            log_dir=self._log_dir,
        )

    def _stop_all(self) -> None:
        """In the reverse order of starting, so that no part loses what it depends on."""
        with signals_ignored():
            for process in reversed(self._processes.values()):
                process.stop()
        self._picker.release()


def embedded_prometheus(stack: contextlib.ExitStack, state_dir: Path) -> str:
    """Return the address of a Prometheus on the stack's own data, up until ``stack`` is left."""
    options = StackOptions(with_api=False, exporter_targets=(), state_dir=state_dir)
    return stack.enter_context(EmbeddedStack(options)).prometheus_url or ""
