"""Counts how many of many healthy runs in a row pass: a gate that refuses healthy runs is switched off.

    python -m benchmarks.healthy_runs                               60 runs of smoke, 30 s each, on a machine left alone
    python -m benchmarks.healthy_runs --runs 20 --beside-load       the same beside another load of one core
    python -m benchmarks.healthy_runs --runs 10 --alternate         each followed by a run on an API of one's own
    python -m benchmarks.healthy_runs --runs 10 --abort-on-breach   with an option that ends what cannot pass any more
    python -m benchmarks.healthy_runs --runs 3 --every-scenario --run-time 2m     every scenario with all of its users

All runs are made in this clone, as a person would make them. Exit code 0 when all passed, else 1.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from swarmscope.project.settings import project

ROOT = Path(__file__).resolve().parents[1]

SMOKE = "smoke"
OWN_API = ROOT / "examples" / "own_api"
_VERDICT = re.compile(r"^Verdict: (.+)$", re.MULTILINE)
_REASONS = re.compile(r"^  - (.+)$", re.MULTILINE)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Outcome:
    """How one run ended; ``said`` is its verdict and reasons, or its last line where it came to none."""

    name: str
    exit_code: int
    seconds: float
    said: str


@app.command(help=__doc__)
def healthy_runs(
    *,
    runs: Annotated[int, typer.Option(min=1, help="How many runs of each.")] = 60,
    run_time: Annotated[str, typer.Option(help="Length of each run.")] = "30s",
    beside_load: Annotated[bool, typer.Option("--beside-load", help="While another process uses a core.")] = False,
    alternate: Annotated[bool, typer.Option("--alternate", help="With a run on examples/own_api after each.")] = False,
    every_scenario: Annotated[bool, typer.Option("--every-scenario", help="Each scenario in turn, not smoke.")] = False,
    abort_on_breach: Annotated[bool, typer.Option("--abort-on-breach", help="Give each run that option.")] = False,
) -> None:
    more = ("--abort-on-breach",) if abort_on_breach else ()
    runs_of = [name for name, one in project().catalogue.by_name.items() if one.search is None]
    scenarios = runs_of if every_scenario else [SMOKE]
    console, outcomes = Console(soft_wrap=True, highlight=False), list[Outcome]()
    try:
        with busy_core() if beside_load else nullcontext(), shop() if alternate else nullcontext("") as shop_url:
            for number in range(1, runs + 1):
                for name, arguments in _commands(scenarios, run_time, shop_url):
                    outcomes.append(_run(name, (*arguments, *more)))
                    console.print(_line(number, outcomes[-1]), markup=False)
    except KeyboardInterrupt:
        console.print("interrupted")
    passed = sum(not outcome.exit_code for outcome in outcomes)
    console.print(f"{passed} of {len(outcomes)} runs in a row passed")
    raise typer.Exit(0 if outcomes and passed == len(outcomes) else 1)


def _commands(scenarios: Iterable[str], run_time: str, shop_url: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for scenario in scenarios:
        yield scenario, (scenario, "--run-time", run_time)
    if shop_url:
        own = ("--locustfile", str(OWN_API / "locustfile.py"), "--thresholds", str(OWN_API / "thresholds.yml"))
        metrics = ("--api-metrics", shop_url.removeprefix("http://"))
        yield "own API", ("shop", *own, *metrics, "--host", shop_url, "--users", "20", "--run-time", run_time)


def _run(name: str, arguments: tuple[str, ...]) -> Outcome:
    begun = time.monotonic()
    command = [str(ROOT / "scripts" / "run-tests.sh"), *arguments, "--headless"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    verdict = _VERDICT.search(done.stdout)
    reasons = _REASONS.findall(done.stdout[verdict.start() :]) if verdict and done.returncode else []
    last = (done.stdout + done.stderr).strip().splitlines()[-1:]
    said = "; ".join([verdict[1], *reasons]) if verdict else " ".join(last)
    return Outcome(name, done.returncode, time.monotonic() - begun, said)


def _line(number: int, outcome: Outcome) -> str:
    return f"{number:3}  {outcome.name:<14} exit {outcome.exit_code}  {outcome.seconds:5.1f} s  {outcome.said}"


@contextmanager
def busy_core() -> Iterator[None]:
    """Another load beside the runs: a process that never rests."""
    burner = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        burner.kill()
        burner.wait()


@contextmanager
def shop() -> Iterator[str]:
    """Yield an API of one's own, up for all runs; give its address."""
    process = subprocess.Popen(
        [sys.executable, str(OWN_API / "app.py"), "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    app()
