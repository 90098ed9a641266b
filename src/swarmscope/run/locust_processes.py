"""The Locust processes of a run on this machine: a master and its workers, or a single process."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from swarmscope.errors import CommandError
from swarmscope.locust_plugin.driven import (
    DRIVEN_BY_VARIABLE,
    OPENED_VARIABLE,
    OWN_SCENARIO_VARIABLE,
    PLUGIN,
    own_scenario,
)
from swarmscope.processes.ports import LOOPBACK, PortPicker
from swarmscope.processes.process import ManagedProcess, describe_exit
from swarmscope.processes.signals import signals_ignored
from swarmscope.project.places import PROJECT, PROJECT_VARIABLE
from swarmscope.run.options import RunOptions
from swarmscope.stack.stack import print_line
from swarmscope_exporter.exit_code import MARK, RAISED


@dataclass(frozen=True)
class LocustPorts:
    """Where they listen; ``picker`` keeps others from choosing the same ports before they do."""

    web: int
    master: int
    exporter: int
    picker: PortPicker


#: -P: not what lies in the current folder and is called locust.
LOCUST = (sys.executable, "-P", "-m", "locust")
#: A worker loads what the master has loaded, the plug-in as well.
_FROM_MASTER = "-"
_EXIT_CODE_OF_A_USERS_MISTAKE = 2
_ERROR_LINE = re.compile(r"/ERROR/[\w.]+: (.+)")
#: Locust says what it ends with last, but for what listeners of `quit` say.
_LAST_LINES = 200
_DEFAULT_WEB_PORT, _DEFAULT_EXPORTER_PORT = 8089, 9646


def pick_ports(exporter_port: int | None = None) -> LocustPorts:
    """Return the usual ports where they are free, others where not, with a line for each that was replaced.

    Raise StackError when the port that is given for the exporter is in use.
    """
    picker = PortPicker(print_line)
    exporter = picker.pick(
        "the exporter", usual=_DEFAULT_EXPORTER_PORT, requested=exporter_port, option="--exporter-port"
    )
    return LocustPorts(
        web=picker.pick("Locust's web interface", usual=_DEFAULT_WEB_PORT),
        master=picker.pick("the Locust master"),  # never the usual one: a stranger's worker would join
        exporter=exporter,
        picker=picker,
    )


@dataclass(frozen=True)
class LocustEnd:
    """What Locust ended with: the exit code that its locustfile has set, 0 for none; why that is not known."""

    exit_code: int = 0
    problem: str = ""


@dataclass(frozen=True)
class RunningLocust:
    """The first process serves the web interface and the exporter."""

    url: str
    processes: tuple[ManagedProcess, ...]

    def require_master(self) -> None:
        """Raise CommandError when the master has ended: with its own words where it blames a setting."""
        master = self.processes[0]
        if master.exit_code == _EXIT_CODE_OF_A_USERS_MISTAKE:
            said = [match[1] for line in master.log_tail() if (match := _ERROR_LINE.search(line))]
            if said:
                raise CommandError(said[-1])
        master.require_alive()

    def end(self) -> LocustEnd:
        """Stop all processes; a master that had ended before has nothing to say of the run."""
        master = self.processes[0]
        was_alive = master.alive
        self.stop()
        return _end_of(master) if was_alive else LocustEnd()

    def stop(self) -> None:
        for process in self.processes:  # the master first: it tells its workers to quit
            process.stop()


def _end_of(master: ManagedProcess) -> LocustEnd:
    code, lines = master.exit_code, master.log_tail(_LAST_LINES)
    said = [line for line in lines if line.startswith(MARK)]
    if said:
        problem = f"a listener of the locustfile raised, see {master.log_path}" if RAISED in lines else ""
        return LocustEnd(int(said[-1].removeprefix(MARK)), problem)
    if code is None or code < 0:
        how = "did not end" if code is None else f"was {describe_exit(code)} as it did not end in time"
        return LocustEnd(problem=f"{master.name} {how}: what the locustfile's listeners of quitting found is not known")
    return LocustEnd(code)  # a listener has ended the process itself


@contextmanager
def locust_processes(
    options: RunOptions,
    host: str | None,
    ports: LocustPorts,
    environment: Mapping[str, str],
    logs: Path,
    serving_arguments: Sequence[str] = (),
) -> Iterator[RunningLocust]:
    """Start them, and stop them whatever happens. Without a host each user class uses its own.

    ``serving_arguments`` are for the first process.
    """
    commands = _commands(options, host, ports, serving_arguments)
    processes = tuple(
        ManagedProcess(
            name,
            command,
            env={**environment, **_driven(options), PROJECT_VARIABLE: str(PROJECT)},
            log_path=logs / f"{name}.log",
            cwd=PROJECT,
        )
        for name, command in commands.items()
    )
    locust = RunningLocust(f"http://{LOOPBACK}:{ports.web}", processes)
    try:
        for process in processes:
            process.start()
        yield locust
    finally:
        with signals_ignored():
            locust.stop()


def _commands(options: RunOptions, host: str | None, ports: LocustPorts, more: Sequence[str]) -> dict[str, list[str]]:
    common = [
        *LOCUST,
        *("-f", with_plugin(",".join(map(str, options.locustfiles)))),
        *("--loadtest-scenario", options.scenario),
        *_chosen(options),
        *options.locust_arguments,
    ]
    serving = [
        *common,
        *(("--host", host) if host else ()),
        *("--web-host", LOOPBACK, "--web-port", str(ports.web)),
        *("--loadtest-exporter-host", options.exporter_host, "--loadtest-exporter-port", str(ports.exporter)),
        *("--stop-timeout", str(options.stop_timeout_seconds)),
        *more,
    ]
    picked = ["--", *options.user_classes] if options.user_classes else []
    if not options.worker_processes:
        return {"locust": [*serving, *picked]}
    master = [
        *serving,
        *("--master", "--master-bind-host", LOOPBACK, "--master-bind-port", str(ports.master)),
        *("--expect-workers", str(options.worker_processes)),
        *picked,
    ]
    worker = [*common, "--worker", "--master-host", LOOPBACK, "--master-port", str(ports.master), *picked]
    return {"locust-master": master} | {f"locust-worker-{index}": worker for index in range(options.worker_processes)}


def with_plugin(locustfiles: str) -> str:
    """Return the value of Locust's ``-f``: our plug-in goes last, see `swarmscope.locust_plugin.swarmscope_plugin`."""
    return locustfiles if locustfiles == _FROM_MASTER else f"{locustfiles},{PLUGIN}"


def _driven(options: RunOptions) -> dict[str, str]:
    """Return what tells the plug-in that the processes are driven, and whether by a scenario of swarmscope.toml."""
    if options.follows_project:
        opened = {OPENED_VARIABLE: options.scenario} if options.opened else {}
        return {DRIVEN_BY_VARIABLE: options.driven_by, **opened}
    own = own_scenario(options.scenario, options.users, options.run_time_seconds, options.rate)
    return {DRIVEN_BY_VARIABLE: options.driven_by, OWN_SCENARIO_VARIABLE: own}


def _chosen(options: RunOptions) -> list[str]:
    """Return which tasks take part, and how fast: every Locust process needs to know."""
    arguments: list[str] = []
    for option, names in (("--tags", options.tags), ("--exclude-tags", options.exclude_tags)):
        if names:
            arguments += [option, *names]
    if options.think_time_scale is not None:
        arguments += ["--loadtest-think-time-scale", f"{options.think_time_scale:g}"]
    return arguments
