"""Checks what a run needs, and says how to fix what is missing: exit code 0 ready, 1 not ready, 2 could not check.

With --prometheus-url it checks that Prometheus instead, and ends with 2 when a run could not be judged by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from swarmscope.cli import options as given
from swarmscope.cli.app import CommandLine, new_app, one_line_errors
from swarmscope.doctor import machine
from swarmscope.doctor.findings import Finding, Level, exit_code_of
from swarmscope.doctor.machine import TargetCheck, check_target
from swarmscope.doctor.own_prometheus import OwnPrometheus
from swarmscope.doctor.prometheus_files import SelfScrape, write_files
from swarmscope.doctor.scrape_probe import DEFAULT_EXPORTER_PORT, ExporterAddress
from swarmscope.errors import CommandError, ExitCode, PrometheusUnavailableError
from swarmscope.network import require_url
from swarmscope.output import new_console
from swarmscope.processes.ports import LOOPBACK
from swarmscope.project.env_file import settings, users_take_proxies
from swarmscope.project.places import COMPOSE_FILE, DEFAULT_RULES
from swarmscope.project.settings import project
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.rule_checks import checked_rules
from swarmscope.stack.prometheus_server import LOOKBACK_SECONDS

_STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}


def app_with(*target_checks: TargetCheck) -> CommandLine:
    """Return the command; ``target_checks`` are done on an API that answers."""
    app = new_app()

    @app.command(help=__doc__)
    def validate_setup(  # noqa: PLR0917  # each is an option on the command line
        host: Annotated[str | None, typer.Option(help="URL of an API that runs: does it answer?")] = None,
        rules: given.Rules = DEFAULT_RULES,
        fetch: Annotated[bool, typer.Option("--fetch", help="Fetch Prometheus when none is found.")] = False,
        prometheus_url: Annotated[
            str | None, typer.Option(help="A Prometheus of yours: what does it lack for runs to be judged by it?")
        ] = None,
        write: Annotated[
            Path | None, typer.Option(help="Folder for what that Prometheus has to read: rules, scrape configuration.")
        ] = None,
        thresholds: given.Thresholds = None,
        exporter_port: given.ExporterPort = None,
        exporter_host: given.ExporterHost = LOOPBACK,
        _help_all: given.HelpAll = False,
    ) -> None:
        console = new_console()
        if prometheus_url is not None:
            exporter = ExporterAddress(exporter_port or DEFAULT_EXPORTER_PORT, exporter_host)
            raise typer.Exit(_own_prometheus(console, prometheus_url, (rules, thresholds), exporter, write))
        with one_line_errors():
            if write is not None:
                raise CommandError("--write needs --prometheus-url: the Prometheus that is to read the files")
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


def _own_prometheus(
    console: Console, url: str, files: tuple[Path, Path | None], exporter: ExporterAddress, write: Path | None
) -> ExitCode:
    rules, thresholds = files
    with one_line_errors():
        require_url("--prometheus-url", url)
        wanted = checked_rules(rules, thresholds)
        prometheus = OwnPrometheus(PrometheusApi(url), wanted, exporter)
        failed = _print_lines(console, prometheus.findings())
        if write is not None:
            written = write_files(write, rules, thresholds, exporter, _self_scrape(prometheus))
            _say(console, _what_to_do(write.absolute(), len(written)))
        more = "" if exporter.port == DEFAULT_EXPORTER_PORT else f" --exporter-port {exporter.port}"
        more += "" if exporter.host == LOOPBACK else f" --exporter-host {exporter.host}"
        if not failed:
            _say(console, f"Ready: `swarmscope run SCENARIO --prometheus-url {url}{more}`", "green")
            return ExitCode.PASS
        hint = "" if write is not None else f"; `swarmscope doctor --prometheus-url {url}{more} --write FOLDER` writes"
        hint += "" if write is not None else " the files to load"
        _say(console, f"{failed} to fix before a run can be judged by this Prometheus{hint}", "red")
    return ExitCode.COULD_NOT_RUN


def _print_lines(console: Console, findings: Iterator[Finding]) -> int:
    """Print a line for each, as soon as it is found; return how many have to be fixed."""
    failed = 0
    for finding in findings:
        failed += finding.level is Level.FAIL
        line = Text(f"{finding.level.value:<4}", style=_STYLES[finding.level])
        line.append(f"  {finding.what}: {finding.found}", style="none")
        line.append(f" -> {finding.remedy}" if finding.remedy else "", style="none")
        console.print(line, soft_wrap=True)
    return failed


def _self_scrape(prometheus: OwnPrometheus) -> SelfScrape | None:
    """Return how Prometheus is to scrape itself; None where it does. Of one that is away its port is all we know."""
    try:
        return None if prometheus.scrapes_itself() else SelfScrape.of(prometheus.api.flags())
    except PrometheusUnavailableError:
        return SelfScrape(f"localhost:{urlsplit(prometheus.api.url).port or 9090}")


def _what_to_do(folder: Path, count: int) -> str:
    return (
        f"Wrote {count} files to {folder}. Add to your prometheus.yml, then reload Prometheus (SIGHUP):\n"
        f'  rule_files: ["{folder}/rules/*.yml"]\n'
        f'  scrape_config_files: ["{folder}/scrape.yml"]\n'
        f"Or start one for load tests alone: prometheus --config.file={folder}/prometheus.yml"
        f" --query.lookback-delta={LOOKBACK_SECONDS:g}s --enable-feature=exemplar-storage"
    )


def _say(console: Console, text: str, style: str | None = None) -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


app = app_with()
