"""Fills the reference API's database: of the running stack, of Docker, or of the stack that the next run starts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from swarmscope.cli import options as given
from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.errors import CommandError
from swarmscope.project.env_file import settings
from swarmscope.project.places import COMPOSE_FILE, STATE_DIR
from swarmscope.run.docker import require_docker
from swarmscope.stack.options import StackOptions
from swarmscope.stack.running_stack import addresses_of_running
from swarmscope.stack.stack import EmbeddedStack, print_line

ROOT = Path(__file__).resolve().parents[1]

MAX_ROWS = 1_000_000
_MODULE = "api.seed"

app = new_app()


@app.command(help=__doc__)
def seed_data(  # noqa: PLR0917  # each is an option on the command line
    leads: Annotated[int, typer.Option(help="Minimum number of leads.")] = 100,
    customers: Annotated[int, typer.Option(help="Customers, each with its invoices.")] = 50,
    projects: Annotated[int, typer.Option(help="Projects of these customers.")] = 75,
    documents: Annotated[int | None, typer.Option(help="Documents; left alone by default.")] = None,
    users: Annotated[int | None, typer.Option(help="Test users; left alone by default.")] = None,
    clear_first: Annotated[
        bool, typer.Option("--clear-first", help="First delete all leads, customers, projects and invoices.")
    ] = False,
    docker: Annotated[bool, typer.Option("--docker", help="Into the Docker stack, which has to run.")] = False,
    state_dir: given.StateDir = STATE_DIR,
) -> None:
    with one_line_errors():
        amounts = {
            "--leads": leads,
            "--customers": customers,
            "--projects": projects,
            "--documents": documents,
            "--users": users,
        }
        if projects and not customers:
            raise CommandError(f"--projects {projects} needs customers to belong to: give --customers 1 or more")
        arguments = [*_arguments(amounts), *(["--clear-first"] if clear_first else [])]
        code = _seed_docker(arguments) if docker else _seed_here(arguments, state_dir)
    raise typer.Exit(code)


def _arguments(amounts: Mapping[str, int | None]) -> Iterator[str]:
    for name, amount in amounts.items():
        if amount is None:
            continue
        if not 0 <= amount <= MAX_ROWS:
            raise CommandError(f"Invalid {name} {amount}: expected a number from 0 to {MAX_ROWS}")
        yield from (name, str(amount))


def _seed_docker(arguments: list[str]) -> int:
    require_docker()
    command = ["docker", "compose", "--file", str(COMPOSE_FILE), "exec", "-T", "api", "python", "-m", _MODULE]
    return subprocess.run([*command, *arguments], cwd=ROOT, check=False).returncode


def _seed_here(arguments: list[str], state_dir: Path) -> int:
    with _database(state_dir) as addresses:
        environment = settings() | addresses
        command = [sys.executable, "-m", _MODULE, *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


@contextmanager
def _database(state_dir: Path) -> Iterator[dict[str, str]]:
    """Return where PostgreSQL and Redis are: as the environment says, those that run, or some started for this."""
    if os.environ.get("API_DATABASE_URL") and os.environ.get("API_REDIS_URL"):
        yield {}
        return
    running = addresses_of_running(state_dir)
    if running is not None:
        yield {"API_DATABASE_URL": running.database_url, "API_REDIS_URL": running.redis_url}
        return
    print_line(f"No stack runs on {state_dir}: starting its database for the time of the seeding")
    with EmbeddedStack(StackOptions(with_prometheus=False, state_dir=state_dir)) as stack:
        yield {"API_DATABASE_URL": stack.database_url or "", "API_REDIS_URL": stack.redis_url or ""}


if __name__ == "__main__":
    app()
