"""The Locust processes of a run on this machine: a master and its workers, or a single process."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.running.options import RunOptions
from scripts.stack.paths import ROOT
from scripts.stack.ports import LOOPBACK, PortPicker
from scripts.stack.process import ManagedProcess
from scripts.stack.signals import signals_ignored
from scripts.stack.stack import print_line


@dataclass(frozen=True)
class LocustPorts:
    web: int
    master: int
    exporter: int


_USUAL_WEB_PORT, _USUAL_EXPORTER_PORT = 8089, 9646


def pick_ports() -> LocustPorts:
    """The usual ports where they are free, others where not, with a line for each that was replaced."""
    picker = PortPicker(print_line)
    return LocustPorts(
        web=picker.pick("Locust's web interface", usual=_USUAL_WEB_PORT),
        master=picker.pick("the Locust master"),  # never the usual one: a stranger's worker would join
        exporter=picker.pick("the exporter", usual=_USUAL_EXPORTER_PORT),
    )


@dataclass(frozen=True)
class RunningLocust:
    """The first process serves the web interface and the exporter."""

    url: str
    processes: tuple[ManagedProcess, ...]

    def require_master(self) -> None:
        """Raises ProcessFailedError, with the last lines of its log, when the master has ended."""
        self.processes[0].require_alive()


@contextmanager
def locust_processes(
    options: RunOptions, host: str, ports: LocustPorts, environment: Mapping[str, str], logs: Path
) -> Iterator[RunningLocust]:
    """Starts them, and stops them whatever happens."""
    commands = _commands(options, host, ports)
    processes = tuple(
        ManagedProcess(name, command, env=environment, log_path=logs / f"{name}.log", cwd=ROOT)
        for name, command in commands.items()
    )
    try:
        for process in processes:
            process.start()
        yield RunningLocust(f"http://{LOOPBACK}:{ports.web}", processes)
    finally:
        with signals_ignored():
            for process in processes:  # the master first: it tells its workers to quit
                process.stop()


def _commands(options: RunOptions, host: str, ports: LocustPorts) -> dict[str, list[str]]:
    common = [
        *(sys.executable, "-m", "locust", "-f", str(options.locustfile)),
        *("--scenario", options.scenario),
        *options.locust_arguments,
    ]
    serving = [
        *common,
        *("--host", host),
        *("--web-host", LOOPBACK, "--web-port", str(ports.web)),
        *("--exporter-host", LOOPBACK, "--exporter-port", str(ports.exporter)),
        *("--stop-timeout", str(options.stop_timeout_seconds)),
    ]
    if not options.workers:
        return {"locust": serving}
    master = [
        *serving,
        *("--master", "--master-bind-host", LOOPBACK, "--master-bind-port", str(ports.master)),
        *("--expect-workers", str(options.workers)),
    ]
    worker = [*common, "--worker", "--master-host", LOOPBACK, "--master-port", str(ports.master)]
    return {"locust-master": master} | {f"locust-worker-{index}": worker for index in range(options.workers)}
