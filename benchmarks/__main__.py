"""Runs the benchmarks and rewrites their tables in PERFORMANCE_BASELINES.md, between the markers of each.

    python -m benchmarks [NAME ...] [--no-write]

What cannot run here, because a program is missing, says so, and its old table stays.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Annotated

import psutil
import typer
from rich.console import Console

from benchmarks.baselines import BASELINES, MissingMarkersError, rewrite

#: In the order of the page; one that this checkout does not have is left out.
NAMES = ("lean", "overhead", "tracing", "recorder", "accuracy", "scale", "merge", "arrivals", "peers")
_MINUTES_EACH = 5
#: The benchmark is imported first: it imports Locust first, which patches what others would have imported.
_SECTION = """
import importlib, sys
module = importlib.import_module(sys.argv[1])
from benchmarks.target import MissingProgramError
try:
    print("\\n\\n".join(table.markdown() for table in module.tables()))
except MissingProgramError as error:
    sys.exit(str(error))
"""


def present() -> list[str]:
    return [name for name in NAMES if importlib.util.find_spec(f"benchmarks.{name}") is not None]


def machine() -> str:
    """Return what the figures were measured on, and when."""
    system = platform.freedesktop_os_release()["PRETTY_NAME"] if sys.platform == "linux" else platform.platform()
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({platform.machine()}), "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB, {system}, Python {platform.python_version()}, "
        f"load average before it {os.getloadavg()[0]:.1f}"
    )


def section_of(name: str) -> str | None:
    """Return the Markdown of a benchmark, run in a process of its own.

    None when it could not run, which it has said.
    """
    where = machine()
    if _has_tables(name):
        command = [sys.executable, "-c", _SECTION, f"benchmarks.{name}"]
    else:  # it prints what it measured, and that is what is kept
        command = [sys.executable, "-m", f"benchmarks.{name}"]
    try:
        done = subprocess.run(
            command,
            cwd=BASELINES.parent,
            env=os.environ | {"COLUMNS": "110", "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            text=True,
            timeout=_MINUTES_EACH * 60,
            check=False,
        )
    except subprocess.TimeoutExpired:
        print(f"{name} took more than {_MINUTES_EACH} minutes, and was stopped", file=sys.stderr)
        return None
    if done.returncode != 0:
        return None
    text = done.stdout.strip()
    if not _has_tables(name):
        text = f"`.venv/bin/python -m benchmarks.{name}`\n\n```text\n{text}\n```"
    return f"{text}\n\nMeasured {where}."


def _has_tables(name: str) -> bool:
    spec = importlib.util.find_spec(f"benchmarks.{name}")
    assert spec is not None
    assert spec.origin is not None
    with open(spec.origin, encoding="utf-8") as source:  # noqa: PTH123  # importing it would patch this process
        return "\ndef tables() " in source.read()


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all when left out.", metavar="NAME")] = None,
    write: Annotated[bool, typer.Option(help="Rewrite PERFORMANCE_BASELINES.md.")] = True,  # noqa: FBT002
) -> None:
    """Run benchmarks, prints their tables and write them down; exit code 2 when one could not run."""
    console, failed = Console(), []
    if unknown := sorted(set(names or ()) - set(present())):
        sys.exit(f"no benchmark {', '.join(unknown)}: there are {', '.join(present())}")
    for name in names or present():
        console.rule(name)
        begin = time.monotonic()
        section = section_of(name)
        if section is None:
            failed.append(name)
            continue
        print(section)
        console.print(f"{name} took {time.monotonic() - begin:.0f} s", style="dim")
        if write:
            _write(name, section)
    if failed:
        console.print(f"could not run: {', '.join(failed)}; what was written of them before is unchanged")
        sys.exit(2)


def _write(name: str, section: str) -> None:
    try:
        BASELINES.write_text(rewrite(BASELINES.read_text(encoding="utf-8"), name, section), encoding="utf-8")
    except MissingMarkersError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    typer.run(main)
