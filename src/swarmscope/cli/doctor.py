"""Checks what a run needs, and says how to fix what is missing: exit code 0 ready, 1 not ready, 2 could not check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from swarmscope import doctor as machine
from swarmscope.cli import options as given
from swarmscope.cli.app import CommandLine, new_app, one_line_errors
from swarmscope.doctor import Finding, Level, TargetCheck, check_target, exit_code_of
from swarmscope.network import require_url
from swarmscope.project.env_file import settings, users_take_proxies
from swarmscope.project.places import COMPOSE_FILE, DEFAULT_RULES
from swarmscope.project.settings import project

_STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}


def app_with(*target_checks: TargetCheck) -> CommandLine:
    """Return the command; ``target_checks`` are done on an API that answers."""
    app = new_app()

    @app.command(help=__doc__)
    def validate_setup(
        host: Annotated[str | None, typer.Option(help="URL of an API that runs: does it answer?")] = None,
        rules: given.Rules = DEFAULT_RULES,
        fetch: Annotated[bool, typer.Option("--fetch", help="Fetch Prometheus when none is found.")] = False,
    ) -> None:
        console = Console()
        with one_line_errors():
            require_url("--host", host)
            findings = tuple(_findings(host, rules, target_checks, fetch=fetch))
        _print(console, findings)
        raise typer.Exit(exit_code_of(findings))

    return app


def _findings(host: str | None, rules: Path, target_checks: Sequence[TargetCheck], *, fetch: bool) -> Iterator[Finding]:
    known = settings()
    target = project().target
    services = target.services if target is not None else ()
    yield machine.check_python()
    yield machine.check_packages()
    yield machine.check_env_file(services=services)
    yield machine.check_prometheus(known, fetch=fetch)
    yield machine.check_grafana(known)
    yield machine.check_rules(rules)
    if host is None:
        yield from machine.check_embedded_servers(services)
    yield from machine.check_ports(
        {**(machine.DEFAULT_API_PORTS if target is not None else {}), **machine.DEFAULT_PORTS}
    )
    yield machine.check_open_files()
    if COMPOSE_FILE.is_file():
        yield machine.check_docker()
    if host is not None:
        yield from check_target(host, known, through_proxies=users_take_proxies(), more=target_checks)


def _print(console: Console, findings: Sequence[Finding]) -> None:
    table = Table("", "What", "Found", "What to do", title="Setup", title_justify="left")
    for finding in findings:
        table.add_row(
            Text(finding.level.value, style=_STYLES[finding.level]), finding.what, Text(finding.found), finding.remedy
        )
    console.print(table)
    failed = sum(finding.level is Level.FAIL for finding in findings)
    console.print(
        f"{failed} to fix before a run" if failed else "Ready: `swarmscope run SCENARIO`",
        style="red" if failed else "green",
    )


app = app_with()
