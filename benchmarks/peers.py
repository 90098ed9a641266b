"""Other load generators on the same server, those that are on PATH: wrk, hey, k6, artillery.

    python -m benchmarks.peers [--seconds N]

Requests are counted by the server, CPU seconds are those of the generator's processes.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.generator import Batch, Generator, Kind
from benchmarks.table import Table
from benchmarks.target import Target, nginx

_CONNECTIONS = 10
_REQUESTS = 20_000
_KINDS = (Kind("LeanHttpUser", user="lean"), Kind("FastHttpUser"))
_K6_SCRIPT = """
import http from "k6/http";
export const options = { vus: %d, duration: "%ds" };
export default function () { http.get("%s/"); }
"""


def _wrk(program: str, url: str, seconds: int, _: Path) -> list[str]:
    return [program, "--threads", "1", "--connections", f"{_CONNECTIONS}", "--duration", f"{seconds}s", f"{url}/"]


def _hey(program: str, url: str, seconds: int, _: Path) -> list[str]:
    return [program, "-z", f"{seconds}s", "-c", f"{_CONNECTIONS}", f"{url}/"]


def _k6(program: str, url: str, seconds: int, folder: Path) -> list[str]:
    script = folder / "script.js"
    script.write_text(_K6_SCRIPT % (_CONNECTIONS, seconds, url))
    return [program, "run", "--quiet", str(script)]


def _artillery(program: str, url: str, seconds: int, folder: Path) -> list[str]:
    """Return one virtual user a connection, each in a loop that is longer than the time."""
    scenario = {"flow": [{"loop": [{"get": {"url": "/"}}], "count": 1_000_000}]}
    phase = {"duration": seconds, "arrivalCount": _CONNECTIONS}
    script = folder / "script.json"
    script.write_text(json.dumps({"config": {"target": url, "phases": [phase]}, "scenarios": [scenario]}))
    return [program, "run", "--quiet", str(script)]


PEERS: dict[str, Callable[[str, str, int, Path], list[str]]] = {
    "wrk": _wrk,
    "hey": _hey,
    "k6": _k6,
    "artillery": _artillery,
}


def run_peer(name: str, program: str, target: Target, seconds: int) -> Batch:
    """Run one for some seconds, and stop it when it does not stop itself."""
    with tempfile.TemporaryDirectory(prefix="swarmscope-peer-") as folder:
        before, used_before = target.requests(), _cpu_of_children()
        command = PEERS[name](program, target.url, seconds, Path(folder))
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_without_proxy())
        try:
            process.wait(timeout=seconds + 10)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait()
        used = _cpu_of_children() - used_before
        return Batch(max(target.requests() - before - 1, 0), used, float(seconds), 0)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _without_proxy() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}


def measure(seconds: int = 5) -> Table:
    """Return all that are there, one after another."""
    with nginx() as target:
        results = {}
        for kind in _KINDS:
            with Generator(kind, target, _CONNECTIONS) as generator:
                generator.batch(_REQUESTS // 5)
                results[f"{kind.name}, one process"] = generator.batch(_REQUESTS)
        for name in PEERS:
            if program := shutil.which(name):
                results[name] = run_peer(name, program, target, seconds)
    base = results[f"{_KINDS[0].name}, one process"].requests_per_cpu_second
    missing = [name for name in PEERS if name not in results]
    return Table(
        "Load generators",
        ".venv/bin/python -m benchmarks.peers",
        ("generator", "requests per CPU s", "against LeanHttpUser", "requests"),
        tuple(
            (
                name,
                f"{batch.requests_per_cpu_second:.0f}",
                f"{batch.requests_per_cpu_second / base:.2f} x",
                f"{batch.requests}",
            )
            for name, batch in results.items()
        ),
        f"{_CONNECTIONS} connections. " + (f"Not on PATH: {', '.join(missing)}." if missing else ""),
    )


def tables() -> list[Table]:
    """Return what `python -m benchmarks` writes down."""
    return [measure()]


def main(seconds: Annotated[int, typer.Option(help="How long each of the others runs.")] = 5) -> None:
    """Measure those that are there and print the table."""
    measure(seconds).print()


if __name__ == "__main__":
    typer.run(main)
