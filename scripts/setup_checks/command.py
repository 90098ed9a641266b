"""Checks what a run needs, and says how to fix what is missing: exit code 0 ready, 1 not ready, 2 could not check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scripts.cli import new_app, one_line_errors
from scripts.errors import CommandError
from scripts.running import arguments as given
from scripts.running.options import DEFAULT_RULES
from scripts.running.parameters import require_url
from scripts.setup_checks import machine
from scripts.setup_checks.finding import Finding, Level, exit_code_of
from scripts.setup_checks.target import check_target
from scripts.stack.env_file import settings

_STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}
_USUAL_TEST_USERS = 1000

app = new_app()


@app.command(help=__doc__)
def validate_setup(
    host: Annotated[
        str | None, typer.Option(help="URL of an API that runs: is it there, and can users log in?")
    ] = None,
    rules: given.Rules = DEFAULT_RULES,
    fetch: Annotated[bool, typer.Option("--fetch", help="Fetch Prometheus when none is found.")] = False,
) -> None:
    console = Console()
    with one_line_errors():
        require_url("--host", host)
        findings = tuple(_findings(host, rules, fetch=fetch))
    _print(console, findings)
    raise typer.Exit(exit_code_of(findings))


def _findings(host: str | None, rules: Path, *, fetch: bool) -> Iterator[Finding]:
    known = settings()
    yield machine.check_python()
    yield machine.check_packages()
    yield machine.check_env_file()
    yield machine.check_prometheus(known, fetch=fetch)
    yield machine.check_grafana(known)
    yield machine.check_rules(rules)
    if host is None:
        yield from machine.check_embedded_servers()
    yield from machine.check_ports()
    yield machine.check_open_files()
    yield machine.check_docker()
    if host is not None:
        yield from check_target(host, _test_users(known.get("LOADTEST_TEST_USERS") or known.get("API_TEST_USERS")))


def _test_users(text: str | None) -> int:
    if not text:
        return _USUAL_TEST_USERS
    if not text.isdecimal() or not int(text):
        raise CommandError(f"API_TEST_USERS={text} is no number of test users: expected 10 or more")
    return int(text)


def _print(console: Console, findings: Sequence[Finding]) -> None:
    table = Table("", "What", "Found", "What to do", title="Setup", title_justify="left")
    for finding in findings:
        table.add_row(
            Text(finding.level.value, style=_STYLES[finding.level]), finding.what, Text(finding.found), finding.mend
        )
    console.print(table)
    failed = sum(finding.level is Level.FAIL for finding in findings)
    console.print(
        f"{failed} to mend before a run" if failed else "Ready: `make smoke`", style="red" if failed else "green"
    )
