"""Asks a running reference API for what it caches, until its cache answers often enough."""

from __future__ import annotations

import itertools
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from swarmscope.cli import options as given
from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.errors import CommandError
from swarmscope.network import require_url
from swarmscope.project.places import STATE_DIR
from swarmscope.project.syntax import require_positive
from swarmscope.stack.running_stack import addresses_of_running

sys.path.append(str(Path(__file__).resolve().parents[1]))
from scripts.reference_api import FIRST_TEST_USER, ReferenceApi, password_of_test_users

#: What the API caches and many users ask for, as they ask for it.
PATHS = (
    "/api/dashboard",
    "/api/dashboard/metrics",
    "/api/leads?limit=20",
    "/api/leads?limit=20&status=new",
    "/api/leads?limit=20&status=qualified",
    "/api/projects?limit=20",
    "/api/projects?limit=20&status=active",
    "/api/analytics/revenue",
    "/api/analytics/funnel",
    "/api/analytics/performance",
)
DEFAULT_URL = "http://127.0.0.1:8000"

app = new_app()


@app.command(help=__doc__)
def warm_cache(
    host: Annotated[str | None, typer.Option(help="URL of the API; the running stack's by default.")] = None,
    hit_rate: Annotated[float, typer.Option(metavar="PERCENT", help="Share of hits to reach.")] = 80.0,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="Give up after so long.")] = 60.0,
    user: Annotated[str, typer.Option(help="Test user to ask as, with the password of .env.")] = FIRST_TEST_USER,
    state_dir: given.StateDir = STATE_DIR,
) -> None:
    console = Console()
    with one_line_errors():
        require_url("--host", host)
        require_positive("--timeout", timeout)
        if not 0 < hit_rate <= 99:
            raise CommandError(f"Invalid --hit-rate {hit_rate:g}: expected a percentage from 1 to 99")
        running = addresses_of_running(state_dir)
        api = ReferenceApi(host or (running.api_url if running is not None else DEFAULT_URL))
        api.log_in(user, password_of_test_users())
        reached = _warm(api, hit_rate / 100, timeout, console)
    console.print(f"{api.url}: {reached:.0%} of the last round came from the cache", style="green")


def _warm(api: ReferenceApi, wanted_ratio: float, timeout_seconds: float, console: Console) -> float:
    """Ask round by round; return the share of hits of the last round. Raise CommandError past the deadline."""
    deadline = time.monotonic() + timeout_seconds
    ratio = 0.0
    for number in itertools.count(1):
        before = api.cache_counts()
        for path in PATHS:
            api.get(path)
        hits, reads = (after - earlier for after, earlier in zip(api.cache_counts(), before, strict=True))
        ratio = hits / reads if reads else 0.0
        console.print(f"round {number}: {hits} of {reads} reads were hits ({ratio:.0%})", highlight=False)
        if ratio >= wanted_ratio:
            break
        if time.monotonic() > deadline:
            raise CommandError(
                f"The cache of {api.url} reached {ratio:.0%} hits in {timeout_seconds:g} s, and not {wanted_ratio:.0%}:"
                " is the fault cold-cache on, or are lifetimes shorter than a round?"
            )
    return ratio


if __name__ == "__main__":
    app()
