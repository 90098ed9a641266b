"""Run ids and names of scenarios: how they are made, what is valid, and how PromQL selects the series of a run."""

from __future__ import annotations

import json
import re
import time
from argparse import ArgumentTypeError
from collections.abc import Callable

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SCENARIO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_EXPECTED = "letters, digits, dots, dashes and underscores"


def new_run_id(scenario: str, clock: Callable[[], float] = time.time) -> str:
    """For example ``20260131-142501-smoke``: sorts by time, says what it was, fits a folder's name."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(clock()))}-{scenario}"


def numbered(run_id: str, number: int) -> str:
    """Return the first, second, … of the runs that would have the same id: ``ID``, ``ID-2``, ``ID-3``."""
    return run_id if number == 1 else f"{run_id}-{number}"


def problem_with_run_id(run_id: str) -> str:
    """Return what is wrong with a run id, in words; empty when it is valid."""
    return "" if _RUN_ID.fullmatch(run_id) else f"invalid run id {run_id!r}: expected up to 100 {_EXPECTED}"


def problem_with_scenario(scenario: str) -> str:
    """Return what is wrong with the name of a scenario, in words; empty when it is valid."""
    return "" if _SCENARIO.fullmatch(scenario) else f"invalid scenario {scenario!r}: expected up to 64 {_EXPECTED}"


def run_id_or_none(text: str) -> str:
    """Return the value of an argument that may be left empty; raise ArgumentTypeError for an invalid run id."""
    if text and (problem := problem_with_run_id(text)):
        raise ArgumentTypeError(problem)
    return text


def scenario_name(text: str) -> str:
    """Return the value of an argument; raise ArgumentTypeError for an invalid name."""
    if problem := problem_with_scenario(text):
        raise ArgumentTypeError(problem)
    return text


def series_of(run_id: str, metric: str = "", *matchers: str, **labels: str) -> str:
    """Return the PromQL selector of a run's series, whatever is in its id: ``up{run_id="r",gate!="watch"}``.

    ``matchers`` are as PromQL has them, ``labels`` the values that labels must have.
    """
    equal = (f'{name}="{escaped(value)}"' for name, value in {"run_id": run_id, **labels}.items())
    return f"{metric}{{{','.join((*equal, *matchers))}}}"


def escaped(text: str) -> str:
    """Return a text as it stands between double quotes in PromQL."""
    return json.dumps(text, ensure_ascii=False)[1:-1]
