"""A run from preflight to verdict."""

from __future__ import annotations

import os
import platform
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from scripts.errors import CommandError, PrometheusUnavailableError
from scripts.judging.decide import decide
from scripts.judging.read import RunReader
from scripts.judging.verdict import Verdict
from scripts.prometheus_api import PrometheusApi
from scripts.reporting.evidence_files import write_evidence
from scripts.running import follow as following
from scripts.running import preflight
from scripts.running.barrier import settle
from scripts.running.locust_api import LocustApi, LocustUnavailableError
from scripts.running.locust_processes import LocustPorts, RunningLocust, locust_processes, pick_ports
from scripts.running.options import RunOptions
from scripts.running.progress import Progress
from scripts.running.rule_files import (
    FileRule,
    difference,
    read_rules,
    require_loaded,
    require_thresholds,
    watched_groups,
)
from scripts.stack.env_file import settings
from scripts.stack.options import RunningStack, StackOptions
from scripts.stack.ports import LOOPBACK
from scripts.stack.stack import EmbeddedStack

_WORKERS_TIMEOUT_SECONDS = 30.0
_WATCHED_TIMEOUT_SECONDS = 20.0
_SETTLE_TIMEOUT_SECONDS = 30.0


class Session:
    """One run of one scenario."""

    def __init__(self, options: RunOptions, console: Console) -> None:
        self._options = options
        self._console = console
        self.run_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{options.scenario}"
        self.folder = options.results / self.run_id
        self._rules: tuple[FileRule, ...] = ()

    def run(self) -> Verdict:
        """Brings up what is missing, runs, judges, and leaves the evidence in ``folder``.

        Raises CommandError or StackError when the run cannot start, before any load.
        """
        options = self._options
        self._rules = read_rules(options.rules)
        require_thresholds(self._rules, options.scenario, options.rules)
        self._make_folder()
        ports = pick_ports()
        with EmbeddedStack(self._stack_options(ports), self._say) as stack:
            prometheus = PrometheusApi(stack.prometheus_url or "")
            host = options.host or stack.api_url or ""
            preflight.require_target(host)
            preflight.require_prometheus(prometheus)
            environment = os.environ | settings(StackOptions().env_file) | stack.locust_environment
            with locust_processes(options, host, ports, environment, self.folder / "logs") as locust:
                try:
                    require_loaded(prometheus, self._rules, options.rules)
                    return self._under_load(prometheus, LocustApi(locust.url), locust, stack, host)
                except PrometheusUnavailableError as error:
                    raise CommandError(str(error)) from error

    def _under_load(
        self, prometheus: PrometheusApi, api: LocustApi, locust: RunningLocust, stack: RunningStack, host: str
    ) -> Verdict:
        options = self._options
        expected = max(1, options.workers)
        preflight.wait_for_workers(api, expected, _WORKERS_TIMEOUT_SECONDS, locust.require_master)
        api.swarm(self._form(host))
        preflight.wait_until_watched(prometheus, self.run_id, _WATCHED_TIMEOUT_SECONDS)
        self._say(
            f"run {self.run_id}: {expected} worker(s) on {host}; Locust {locust.url}, Prometheus {prometheus.url}"
        )

        def require_alive() -> None:
            locust.require_master()
            for process in stack.processes:
                if process.name == "Prometheus":
                    process.require_alive()

        interrupted = following.follow(
            api,
            Progress(self._console, prometheus, self.run_id),
            self._console,
            run_time_seconds=options.run_time_seconds,
            abort_on_breach=options.abort_on_breach,
            require_alive=require_alive,
        )
        return self._judge(prometheus, api, interrupted)

    def _judge(self, prometheus: PrometheusApi, api: LocustApi, interrupted: str) -> Verdict:
        status = following.stop(api, self._options.stop_timeout_seconds + 30.0)
        count = status.exporter_requests if status is not None else None
        self._say("waiting until Prometheus holds the final totals and has judged them")
        missing = settle(prometheus, self.run_id, count, _SETTLE_TIMEOUT_SECONDS if status else 0.0)
        reader = RunReader(prometheus, self.run_id, watched_groups(self._rules))
        evidence = reader.read(self._options.scenario, count, interrupted)
        doubts = tuple(filter(None, (missing, self._rules_changed(prometheus))))
        evidence = replace(evidence, problems=tuple(dict.fromkeys((*evidence.problems, *doubts))))
        verdict = decide(evidence)
        self._keep(verdict, prometheus, api)
        return verdict

    def _rules_changed(self, prometheus: PrometheusApi) -> str:
        """What of the rules is no longer what the run began with; empty when nothing."""
        try:
            changed = difference(prometheus, self._rules)
        except PrometheusUnavailableError as error:
            return str(error)
        return f"the rules changed during the run: {changed}" if changed else ""

    def _keep(self, verdict: Verdict, prometheus: PrometheusApi, api: LocustApi) -> None:
        try:
            write_evidence(self.folder, verdict, self._context(prometheus), self._options.rules)
            for name, content in api.reports().items():
                (self.folder / name).write_bytes(content)
        except LocustUnavailableError as error:
            self._say(f"Locust's own reports are missing: {error}")
        except OSError as error:
            raise CommandError(f"The evidence cannot be written to {self.folder}: {error.strerror}") from error

    def _context(self, prometheus: PrometheusApi) -> dict[str, Any]:
        options = self._options
        try:
            version = prometheus.version()
        except PrometheusUnavailableError:
            version = "unknown"
        return {
            "prometheus_version": version,
            "prometheus_url": prometheus.url,
            "workers": options.workers,
            "users": options.users,
            "run_time_seconds": options.run_time_seconds,
            "locustfile": options.locustfile.name,
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        }

    def _form(self, host: str) -> dict[str, str]:
        options = self._options
        figures = {"user_count": options.users, "spawn_rate": options.spawn_rate, "run_time": options.run_time_seconds}
        given = {name: f"{value:g}" for name, value in figures.items() if value is not None}
        return {"scenario": options.scenario, "run_id": self.run_id, "host": host, **given}

    def _stack_options(self, ports: LocustPorts) -> StackOptions:
        options = self._options
        return StackOptions(
            with_api=options.host is None,
            prometheus_url=options.prometheus_url,
            exporter_targets=(f"{LOOPBACK}:{ports.exporter}",),
            api_metrics_target=options.api_metrics_target,
            rules_dir=options.rules,
            state_dir=options.state_dir,
            log_dir=self.folder / "logs",
            verbose=options.verbose,
        )

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(f"The results folder {self.folder} cannot be made: {error.strerror}") from error

    def _say(self, line: str) -> None:
        self._console.print(line, style="dim", highlight=False)
