"""What an arrival costs a worker, and how late it is started, at rates that one worker can make.

python -m benchmarks.arrivals [--seconds N]
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.table import Table
from benchmarks.target import Target, free_port, nginx
from swarmscope.locust_plugin.driven import OWN_SCENARIO_VARIABLE, own_scenario
from swarmscope.run.locust_processes import with_plugin

_LOCUSTFILE = Path(__file__).with_name("arrivals_locustfile.py")
_SAMPLE = re.compile(r"^(\w+)\{([^}]*)\} (\S+)", re.MULTILINE)
_IS_IN_PHASE = re.compile(r'^loadtest_phase\{phase="(\w+)"[^}]*\} 1', re.MULTILINE)
_EDGE = re.compile(r'le="([^"]+)"')
_USERS = 400
_RAMP_SECONDS = 4.0
_SCRAPE_SECONDS, _REPORT_SECONDS = 2.0, 3.0


@dataclass(frozen=True)
class Case:
    """A rate of arrivals per second, each of them one request or none."""

    rate: int
    is_empty: bool = False


_CASES = (Case(5000, is_empty=True), Case(20_000, is_empty=True), Case(1000), Case(3000), Case(5000))


@dataclass(frozen=True)
class Figures:
    """What one run came to; CPU in seconds, that of the worker."""

    scheduled: int
    started: int
    dropped: int
    cpu_seconds: float
    lateness_p50_seconds: float
    lateness_p99_seconds: float
    lateness_max_seconds: float


def run(case: Case, target: Target, seconds: float) -> Figures:
    """Return the figures of one run on one worker beside its master."""
    port, exporter_port = free_port(), free_port()
    command = [sys.executable, "-m", "locust", "-f", with_plugin(str(_LOCUSTFILE)), "--headless", "--only-summary"]
    command += ["--host", target.url, "--processes", "1", "--master-bind-port", str(port), "--master-port", str(port)]
    command += ["--exporter-port", str(exporter_port), "--prepare-seconds", "0", "--loglevel", "ERROR"]
    command += ["--scenario", "arrivals", "--users", str(_USERS), "--spawn-rate", f"{_USERS / _RAMP_SECONDS:g}"]
    own = own_scenario("arrivals", _USERS, seconds + _RAMP_SECONDS, case.rate)
    environment = os.environ | {OWN_SCENARIO_VARIABLE: own, "BENCHMARK_EMPTY": str(int(case.is_empty))}
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        text = ramp = ""
        while process.poll() is None and _IS_IN_PHASE.findall(text) != ["done"]:
            time.sleep(_SCRAPE_SECONDS if ramp else 0.2)
            text = _scraped(exporter_port) or text
            if not ramp and _IS_IN_PHASE.findall(text) == ["steady"]:
                time.sleep(_REPORT_SECONDS)  # until the worker has told what was in its ramp
                ramp = text = _scraped(exporter_port)
        process.wait(timeout=60)
        if process.returncode or not text:
            log.seek(0)
            sys.exit(f"Locust ended with {process.returncode}:\n{log.read()[-2000:]}")
    return _figures(text, ramp)


def _scraped(port: int) -> str:
    with (
        suppress(OSError),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer,
    ):  # loopback
        return str(answer.read().decode())
    return ""


def _figures(text: str, ramp: str) -> Figures:
    """Return what was counted between two answers of the exporter."""
    samples, before = ({(m[1], m[2]): float(m[3]) for m in _SAMPLE.finditer(each)} for each in (text, ramp))

    def value(metric: str, label: str = "") -> float:
        found = (key for key in samples if key[0] == metric and label in key[1])
        return sum(samples[key] - before.get(key, 0.0) for key in found)

    buckets = [
        (float(edge[1]), count - before.get((name, labels), 0.0))
        for (name, labels), count in samples.items()
        if name == "loadtest_arrival_lateness_seconds_bucket" and (edge := _EDGE.search(labels))
    ]
    return Figures(
        scheduled=round(value("loadtest_arrivals_scheduled_total")),
        started=round(value("loadtest_arrivals_total", 'outcome="started"')),
        dropped=round(value("loadtest_arrivals_total", 'outcome="dropped"')),
        cpu_seconds=value("loadtest_generator_cpu_seconds_total", 'worker="0"'),
        lateness_p50_seconds=_quantile(buckets, 0.5),
        lateness_p99_seconds=_quantile(buckets, 0.99),
        lateness_max_seconds=_quantile(buckets, 1.0),
    )


def _quantile(buckets: list[tuple[float, float]], share: float) -> float:
    """Return the edge of the bucket that the quantile lies in."""
    return next((edge for edge, count in buckets if count >= share * buckets[-1][1]), float("nan"))


def measure(seconds: float = 20.0) -> Table:
    """Return one run of each case."""
    with nginx() as target:
        rows = [(case, run(case, target, seconds)) for case in _CASES]
    return Table(
        "Arrivals",
        ".venv/bin/python -m benchmarks.arrivals",
        ("arrivals", "scheduled", "started", "dropped", "CPU µs each", "late p50", "p99", "max"),
        tuple(
            (
                f"{case.rate}/s, {'an empty task' if case.is_empty else 'one request each'}",
                f"{found.scheduled}",
                f"{found.started}",
                f"{found.dropped}",
                f"{found.cpu_seconds / max(1, found.started) * 1e6:.1f}",
                *(
                    f"≤ {seconds * 1000:.3g} ms"
                    for seconds in (
                        found.lateness_p50_seconds,
                        found.lateness_p99_seconds,
                        found.lateness_max_seconds,
                    )
                ),
            )
            for case, found in rows
        ),
        f"{seconds:g} s each, after a ramp that is left out, one worker of LeanHttpUser beside its master, {_USERS}"
        " users, Poisson. CPU is all that the worker used, over the arrivals that it started: with an empty"
        " task it is what an arrival costs, and everything else that a worker does.",
    )


def tables() -> list[Table]:
    """Return what `python -m benchmarks` writes down."""
    return [measure()]


def main(seconds: Annotated[float, typer.Option(help="Length of each run, without its ramp.")] = 20.0) -> None:
    """Measure each rate and print the table."""
    measure(seconds).print()


if __name__ == "__main__":
    typer.run(main)
