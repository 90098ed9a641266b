"""How often a search for the capacity finds a limit that is known.

    python -m benchmarks.capacity                    simulated targets, whose limit is another in each try
    python -m benchmarks.capacity --servers          ten searches of real servers (benchmarks.limited_server), an hour
    python -m benchmarks.capacity --servers --only 3 one of them

An interval is right when the true limit lies between its lower end less 5 % and its upper end plus 5 %.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Annotated, Any

import typer

from benchmarks.limited_server import running
from benchmarks.table import Table
from swarmscope.capacity.search import End, Ended, Limits, Try, next_load
from swarmscope.capacity.step import StepOutcome

ROOT = Path(__file__).resolve().parents[1]
LOCUSTFILE = ROOT / "tests" / "runs" / "locustfiles" / "pages.py"
_SLACK = 0.05
_SEARCHES = 2000
_THRESHOLDS = """groups:
  - name: capacity-benchmark
    rules:
      - record: loadtest:threshold
        labels: {scenario: pages, objective: latency_p95_seconds, bound: max, severity: critical}
        expr: vector(%g)
"""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Case:
    """A server, the most that it carries, and how a search of it is asked for."""

    limit: tuple[str, ...]
    true: float
    first: str
    p95_seconds: float | None = None
    soft: bool = False


def _soft(seconds: float, p95_seconds: float) -> float:
    """Return at which rate the p95 of an M/M/1 queue is on a threshold: mu - ln 20 / p95."""
    return 1 / seconds - math.log(20) / p95_seconds


CASES = (
    Case(("workers", "4", "0.02"), 200, "50/s"),
    Case(("workers", "1", "0.008"), 125, "30/s"),
    Case(("workers", "8", "0.1"), 80, "20/s"),
    Case(("workers", "2", "0.004"), 500, "60/s"),
    Case(("workers", "16", "0.05"), 320, "100/s"),
    Case(("bucket", "300", "300"), 300, "75/s"),
    Case(("bucket", "150", "150"), 150, "50/s"),
    Case(("bucket", "90", "90"), 90, "25/s"),
    Case(("random", "1", "0.004"), _soft(0.004, 0.05), "50/s", 0.05, soft=True),
    Case(("random", "1", "0.0025"), _soft(0.0025, 0.03), "80/s", 0.03, soft=True),
)


def is_right(low: float | None, high: float | None, true: float) -> bool:
    """Return whether an interval holds the true limit, within 5 %."""
    return low is not None and high is not None and low * (1 - _SLACK) <= true <= high * (1 + _SLACK)


def simulated(searches: int = _SEARCHES) -> Table:
    """Return how searches end whose target's limit varies from try to try."""
    rows = []
    for spread in (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3):
        random, right, widths, steps = Random(19), 0, [], []  # noqa: S311  # reproducible
        for _ in range(searches):
            true = math.exp(random.uniform(math.log(60), math.log(2000)))
            ended, number = _searched(true, spread, random)
            steps.append(number)
            if ended.end is End.SETTLED and ended.low is not None and ended.high is not None:
                right += is_right(ended.low, ended.high, true)
                widths.append(ended.high / ended.low - 1)
        steps.sort()
        rows.append(
            (
                f"{spread:.0%}",
                f"{right / searches:.1%}",
                f"{sum(widths) / len(widths):.1%}",
                f"{sum(steps) / searches:.1f}",
                f"{steps[int(0.95 * searches)]}",
            )
        )
    columns = ("spread of the limit", "right", "mean width", "steps, mean", "95 %")
    return Table(f"{searches} searches a row", "python -m benchmarks.capacity", columns, tuple(rows))


def _searched(true: float, spread: float, random: Random) -> tuple[Ended, int]:
    tries: list[Try] = []
    while not isinstance(load := next_load(tries, Limits(50, 5000)), Ended):
        holds = load <= true * math.exp(random.gauss(0, spread))
        tries.append(Try(load, StepOutcome.HELD if holds else StepOutcome.BROKE))
    return load, len(tries)


def searched_for_real(case: Case, folder: Path) -> dict[str, Any]:
    """Search the limit of a server; return what capacity.json says, with the seconds that it took."""
    more: list[str] = []
    folder.mkdir(parents=True)
    if case.p95_seconds is not None:
        thresholds = folder / "thresholds.yml"
        thresholds.write_text(_THRESHOLDS % case.p95_seconds, encoding="utf-8")
        more = ["--thresholds", str(thresholds)]
    with running(*case.limit) as (host, _):
        began = time.monotonic()
        command = [
            *(sys.executable, "-m", "swarmscope", "capacity", "pages", "--headless", "--locustfile", str(LOCUSTFILE)),
            *("--host", host, "--from", case.first, "--results", str(folder / "results")),
            *("--state-dir", str(folder / "state"), *more),
        ]
        with (folder / "output.txt").open("w") as output:
            subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT, check=False)
        seconds = time.monotonic() - began
    (path,) = (folder / "results").glob("*/capacity.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found | {"took_seconds": seconds}


@app.command(help=__doc__)
def main(
    *,
    servers: Annotated[bool, typer.Option("--servers", help="Search real servers.")] = False,
    only: Annotated[int | None, typer.Option(help="Only this one of them, from 1.")] = None,
) -> None:
    if not servers:
        simulated().print()
        return
    print("| server | true limit | found | right | how it broke | steps | time |")
    print("|---|---:|---:|---|---|---:|---:|")
    for number, case in enumerate(CASES, 1):
        if only in {None, number}:
            with tempfile.TemporaryDirectory() as folder:
                print(_row(case, searched_for_real(case, Path(folder) / "search")), flush=True)


def _row(case: Case, found: dict[str, Any]) -> str:
    first = found["first"] or {}
    is_cliff = first.get("is_cliff")
    how = "unknown" if is_cliff is None else "cliff" if is_cliff else "softly"
    low, high = (found[end] for end in ("low", "high"))
    right = "yes" if is_right(low, high, case.true) else "NO"
    told = f"{low:g} to {high:g}/s" if low and high else found["sentence"]
    minutes, seconds = divmod(round(found["took_seconds"]), 60)
    return (
        f"| {' '.join(case.limit)}{' (soft)' if case.soft else ''} | {case.true:.0f}/s | {told} | {right}"
        f" | {first.get('title', '')}, {how} | {len(found['steps'])} | {minutes} min {seconds} s |"
    )


if __name__ == "__main__":
    app()
