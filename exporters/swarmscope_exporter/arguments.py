"""The Locust arguments of a run; custom arguments also appear in Locust's web form.

A locustfile may have arguments of the same names: ours begin with ``--loadtest-``, and are known without that prefix as
well where the locustfile has left the short name free.
"""

from __future__ import annotations

from argparse import ArgumentError, ArgumentTypeError
from collections.abc import Sequence
from typing import Any

from locust.argument_parser import LocustArgumentParser

from swarmscope_exporter.names import MAX_NAMES, problem_with_max_names
from swarmscope_exporter.run_details import details_or_none, from_text
from swarmscope_exporter.run_ids import problem_with_run_id, problem_with_scenario, run_id_or_none, scenario_name

EXPORTER_PORT = 9646
PREPARE_SECONDS = 10.0
SILENT_AFTER_SECONDS = 60.0

_PREFIX = "loadtest"


def add_argument(parser: LocustArgumentParser, name: str, **settings: Any) -> None:
    """Register ``--loadtest-NAME``, kept as ``loadtest_NAME``, and ``--NAME`` unless the locustfile has it."""
    dest = f"{_PREFIX}_{name.replace('-', '_')}"
    try:
        parser.add_argument(f"--{_PREFIX}-{name}", f"--{name}", dest=dest, **settings)
    except ArgumentError:
        parser.add_argument(f"--{_PREFIX}-{name}", dest=dest, **settings)


def add_arguments(parser: LocustArgumentParser, scenarios: Sequence[str] | None) -> None:
    """Register the arguments; with ``scenarios`` an unknown scenario is refused with the list of them."""
    add_argument(
        parser,
        "scenario",
        type=scenario_name,
        choices=list(scenarios) if scenarios else None,
        default=scenarios[0] if scenarios else "custom",
        env_var="LOADTEST_SCENARIO",
        help="What is run, and which thresholds judge it",
    )
    add_argument(
        parser,
        "run-id",
        type=run_id_or_none,
        default="",
        help="Name of this run in every series; made from time and scenario when empty",
    )
    for name, kind, default, text in (
        ("web-hosts", str, "", "Further names under which browsers reach the web interface, separated by commas"),
        ("exporter-host", str, "127.0.0.1", "Interface of the Prometheus exporter"),
        ("exporter-port", int, EXPORTER_PORT, "Port of the Prometheus exporter, on the master or the single process"),
        (
            "exporter-allowed-hosts",
            str,
            "",
            "Further names, with commas between them, under which the exporter may be scraped",
        ),
        (
            "prepare-seconds",
            float,
            PREPARE_SECONDS,
            "The load waits at most so long until Prometheus has seen the run's series at 0",
        ),
        (
            "silent-after-seconds",
            float,
            SILENT_AFTER_SECONDS,
            "A user that waits so long without an event is silent, or half of a shorter load; 0 if none ever is",
        ),
        (
            "max-names",
            _max_names,
            None,
            f"Request names that are published as they are, {MAX_NAMES} by default; further ones by their templates",
        ),
        (
            "run-details",
            details_or_none,
            "",
            "Environment, commit and labels of the run, as JSON: what loadtest_run_info is labeled with",
        ),
        (
            "otel-endpoint",
            str,
            "",
            "OTLP/HTTP collector that traces are sent to, such as http://127.0.0.1:4318; each worker needs it",
        ),
    ):
        add_argument(
            parser,
            name,
            type=kind,
            default=default,
            env_var=f"LOADTEST_{name.upper().replace('-', '_')}",
            help=text,
            include_in_web_ui=False,
        )


def _max_names(text: str) -> int:
    number = int(text) if text.strip().isdecimal() else 0
    if problem := problem_with_max_names(number):
        raise ArgumentTypeError(f"{text!r} is not valid: {problem}")
    return number


def problem_with(options: dict[str, Any], scenarios: Sequence[str] | None) -> str | None:
    """Return what is wrong with the values of a web form, which Locust does not check itself; None when nothing is."""
    scenario = options.get("loadtest_scenario")
    if scenario and scenarios and scenario not in scenarios:
        return f"unknown scenario {scenario!r}: expected one of {', '.join(scenarios)}"
    if scenario and (problem := problem_with_scenario(scenario)):
        return problem
    try:
        from_text(options.get("loadtest_run_details") or "")
    except ValueError as error:
        return str(error)
    run_id = options.get("loadtest_run_id")
    return (run_id and problem_with_run_id(run_id)) or None
