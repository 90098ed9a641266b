"""What whole runs measure here, and what each part of the stack costs: the tables of PERFORMANCE_BASELINES.md.

    python -m benchmarks.scenarios baseline stress spike --run-time 2m

Runs one scenario after another on the embedded stack, and looks at the CPU time and memory of every process meanwhile.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
from rich.console import Console

ROOT = Path(__file__).resolve().parents[1]


_INTERVAL_SECONDS = 2.0
_EARLY_SECONDS = 300.0  #: the memory at the end is compared with the memory after so long, or half-way
_MIB = 1 << 20
#: What a part is known by: words that are all on its command line; the first that fits.
_PARTS = (
    ("Locust master", ("locustfile.py", "--master-bind-host")),
    ("Locust workers", ("locustfile.py", "--worker")),
    ("Locust", ("locustfile.py",)),
    ("API", ("-m", "api")),
    ("Prometheus", ("--storage.tsdb.path",)),
    ("Redis", ("redis-server",)),
    ("PostgreSQL", ("postgres",)),
)
_RUNNER, _OTHER = "runner", "other"


@dataclass(frozen=True)
class Usage:
    """What one part has used up to a moment: CPU seconds so far, and bytes of memory that it has alone."""

    at_seconds: float
    cpu_seconds: float
    memory_bytes: int


@dataclass(frozen=True)
class Measured:
    """A run that is over: its verdict.json, and the usage of each part over time."""

    verdict: dict[str, Any]
    usage: dict[str, list[Usage]]

    def window(self, part: str) -> list[Usage]:
        """Return the usage between the end of the ramp and the order to stop."""
        phases = {name: datetime.fromisoformat(at).timestamp() for name, at in self.verdict["run"]["phases"].items()}
        begin, end = phases.get("steady", phases["ramp"]), phases["stopping"]
        return [usage for usage in self.usage[part] if begin <= usage.at_seconds <= end]


def run(scenario: str, arguments: list[str], console: Console) -> Measured:
    """Run a scenario by the command that everybody uses. Raise RuntimeError when it leaves no verdict."""
    command = [sys.executable, "-m", "swarmscope", "run", scenario, "--headless", *arguments]
    console.print(f"$ scripts/run-tests.sh {' '.join((scenario, *arguments))}", highlight=False)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        usage = _watch(psutil.Process(process.pid))
        text = process.stdout.read() if process.stdout else ""
    results = re.search(r"(?m)^Results: (\S+)", text)
    if results is None:
        raise RuntimeError(f"{scenario} left no verdict:\n{text}")
    verdict = json.loads((ROOT / results[1] / "verdict.json").read_text(encoding="utf-8"))
    console.print(f"  {verdict['verdict']} {'; '.join(verdict['reasons'])}", highlight=False)
    return Measured(verdict, usage)


def _watch(root: psutil.Process) -> dict[str, list[Usage]]:
    usage: dict[str, list[Usage]] = defaultdict(list)
    while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
        now, sums = time.time(), defaultdict[str, list[float]](lambda: [0.0, 0.0])
        for part, cpu_seconds, memory_bytes in _processes(root):
            sums[part][0] += cpu_seconds
            sums[part][1] += memory_bytes
        for part, (cpu_seconds, memory) in sums.items():
            usage[part].append(Usage(now, cpu_seconds, int(memory)))
        time.sleep(_INTERVAL_SECONDS)
    return usage


def _processes(root: psutil.Process) -> Iterator[tuple[str, float, int]]:
    try:
        everybody = [root, *root.children(recursive=True)]
    except psutil.Error:
        return
    parts = {root.pid: _RUNNER}
    for process in everybody:
        try:
            inherited = parts.get(process.ppid(), _RUNNER)  # a server's children rename themselves, and are part of it
            part = _part(process.cmdline()) if inherited == _RUNNER and process != root else inherited
            parts[process.pid] = part
            times = process.cpu_times()
            yield part, times.user + times.system, _memory(process)
        except psutil.Error:
            continue


def _part(words: list[str]) -> str:
    line = " ".join(words)
    return next((part for part, marks in _PARTS if all(mark in line for mark in marks)), _OTHER)


def _memory(process: psutil.Process) -> int:
    """Bytes, with a fair share of what is shared, where the system can tell."""
    full = process.memory_full_info()
    return int(getattr(full, "pss", full.rss))


def scenario_row(measured: Measured) -> str:
    """Return one line of the table of scenarios, in Markdown."""
    verdict = measured.verdict
    figures, run_facts = verdict["figures"], verdict["run"]
    objectives = figures["measured"]
    begin, end = (datetime.fromisoformat(run_facts[name]) for name in ("load_start", "end"))
    quantiles = [_milliseconds(objectives.get(f"latency_p{q}_seconds")) for q in (50, 95, 99)]
    cells = [
        run_facts["scenario"],
        f"{run_facts['peak_users']:.0f}",
        f"{(end - begin).total_seconds():.0f} s",
        f"{verdict['ledger']['prometheus']:,}",
        f"{objectives.get('throughput_requests_per_second') or 0:.0f}",
        *quantiles,
        f"{100 * (objectives.get('error_ratio') or 0):.3f} %",
        verdict["verdict"] + ("" if verdict["verdict"] == "PASS" else f": {'; '.join(verdict['reasons'])}"),
    ]
    return f"| {' | '.join(cells)} |"


def _milliseconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.3g} ms"


def usage_rows(measured: Measured) -> Iterator[str]:
    """Lines of the table of parts: CPU of one core under load, and memory early and at the end."""
    for part in measured.usage:
        window = measured.window(part)
        if len(window) < 2 or part == _OTHER:
            continue
        first, last = window[0], window[-1]
        cpu = (last.cpu_seconds - first.cpu_seconds) / (last.at_seconds - first.at_seconds)
        early_at = first.at_seconds + min(_EARLY_SECONDS, (last.at_seconds - first.at_seconds) / 2)
        early = [usage.memory_bytes for usage in window if abs(usage.at_seconds - early_at) <= 5 * _INTERVAL_SECONDS]
        late = [usage.memory_bytes for usage in window[-5:]]
        yield (
            f"| {measured.verdict['run']['scenario']} | {part} | {100 * cpu:.0f} % |"
            f" {statistics.median(early) / _MIB:.1f} MiB | {statistics.median(late) / _MIB:.1f} MiB |"
        )


def main(
    scenarios: Annotated[list[str], typer.Argument(help="Names of scenarios.")],
    run_time: Annotated[str | None, typer.Option(help="Instead of the scenario's own, for example 2m.")] = None,
    output: Annotated[Path | None, typer.Option(help="Also write the tables here.")] = None,
) -> None:
    """Print what whole runs measure here, and what each part of the stack costs, as Markdown tables."""
    console = Console()
    arguments = ["--run-time", run_time] if run_time else []
    runs = [run(scenario, arguments, console) for scenario in scenarios]
    lines = [
        "| scenario | users | time | requests | req/s | p50 | p95 | p99 | errors | verdict |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *map(scenario_row, runs),
        "",
        "| scenario | part | CPU of one core | memory after 5 min, or half-way | memory at the end |",
        "|---|---|---|---|---|",
        *(row for measured in runs for row in usage_rows(measured)),
    ]
    text = "\n".join(lines)
    print(text)
    if output is not None:
        output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
