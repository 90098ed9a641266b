"""Connects Swarmscope to Locust's events: the exporter, and what Locust's page and processes get beside it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any

import locust
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import MasterRunner, Runner
from locust.web import WebUI

from swarmscope.errors import CommandError
from swarmscope.locust_plugin.interim import read_final_answers
from swarmscope.locust_plugin.run_page import Addresses, RunPage
from swarmscope.locust_plugin.watch import ObjectiveWatch
from swarmscope.locust_plugin.web_tab import show_objectives, web_address
from swarmscope.project.settings import project
from swarmscope_exporter.arguments import add_argument
from swarmscope_exporter.intended_starts import IntendedStarts
from swarmscope_exporter.names import Naming
from swarmscope_exporter.phases import refusal
from swarmscope_exporter.plugin import Plugin as ExporterPlugin
from swarmscope_exporter.plugin import attach as attach_exporter

logger = logging.getLogger(__name__)
_exporter: ExporterPlugin | None = None


def attach(scenarios: Callable[[], Sequence[str]]) -> None:
    """Attach everything; once in a process. ``scenarios`` is that of `swarmscope_exporter.plugin.attach`."""
    global _exporter  # noqa: PLW0603  # Locust's events are a global of this process as well
    _exporter = attach_exporter(scenarios)
    _exporter.naming = _naming
    locust.events.init_command_line_parser.add_listener(_add_arguments)
    locust.events.init.add_listener(_on_init)  # after the exporter's


def intended_starts() -> IntendedStarts:
    """Return those of this process, which has users; to be called when Locust's init has reached the exporter."""
    worker = _exporter.worker if _exporter is not None else None
    assert worker is not None
    return worker.intended_starts


def _naming() -> Naming:
    """Return what the project says of request names."""
    try:
        return project().naming
    except CommandError as error:
        logger.error(error)  # noqa: TRY400  # a user's mistake: one line, no traceback
        sys.exit(2)


def _add_arguments(parser: LocustArgumentParser, **_: Any) -> None:
    # Not --grafana-url and so on: a plugin of Locust has an option of that name already.
    for of, text in (
        ("prometheus", "Address of the Prometheus that judges the run, for the tab Objectives of the web interface"),
        ("grafana", "Address of Grafana, as your browser reaches it, for a link in the web interface"),
        ("live", "Address of the live report, as your browser reaches it, for a link in the web interface"),
    ):
        add_argument(
            parser,
            f"watch-{of}-url",
            type=web_address,
            default="",
            env_var=f"LOADTEST_{of.upper()}_URL",
            help=text,
            include_in_web_ui=False,
        )


def _on_init(environment: Environment, runner: Runner, web_ui: WebUI | None, **_: Any) -> None:
    if not isinstance(runner, MasterRunner):
        read_final_answers()
    if web_ui is not None:
        _show_objectives(web_ui, environment)


def _show_objectives(web_ui: WebUI, environment: Environment) -> None:
    """Show the objectives; addresses are read once: a form of the web interface may set any argument later."""
    master = _exporter.master if _exporter is not None else None
    assert master is not None  # where there is a web interface
    options: Any = environment.parsed_options
    prometheus_url = options.loadtest_watch_prometheus_url

    def refused() -> str:
        return refusal(environment)

    watch = ObjectiveWatch(prometheus_url, lambda: master.run, refused)
    watch.start()
    addresses = Addresses(
        options.loadtest_watch_grafana_url, options.loadtest_watch_live_url, prometheus_url, watch.alerts_path
    )
    show_objectives(web_ui, watch, RunPage(addresses, lambda: master.run, master.verdicts, refused))
