"""Run ids are checked wherever they come in, and harmless wherever they go."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from swarmscope.locust_plugin.objectives_tab import query_of
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.report.html.panel_data import filled_query
from swarmscope.verdict.read import RunReader
from swarmscope_exporter.run_ids import new_run_id, numbered, problem_with_run_id, series_of
from tests.places import ROOT

ODD = 'a"b\\c\nd'


#: Importing Locust would patch this process.
PARSER = """
import contextlib, io, json, sys
from locust.argument_parser import LocustArgumentParser
from swarmscope_exporter.arguments import add_arguments, problem_with

def parsed(option, value):
    parser = LocustArgumentParser()
    add_arguments(parser, None)
    with contextlib.redirect_stderr(io.StringIO()) as error, contextlib.suppress(SystemExit):
        options = vars(parser.parse_args([f"{option}={value}"]))
        return options["loadtest_" + option.strip("-").replace("-", "_")]
    return error.getvalue().partition("error: ")[2].strip()

def in_form(option, value):
    field = "loadtest_" + option.strip("-").replace("-", "_")
    return problem_with({"loadtest_scenario": "shop", field: value}, None)

said = [[parsed(option, value), in_form(option, value)] for option, value in json.loads(sys.argv[1])]
print(json.dumps(said))
"""


def told(option: str, *values: str) -> dict[str, tuple[str, str | None]]:
    """Return what Locust's command line makes, or says, of each value, and what the web form says of it."""
    pairs = json.dumps([[option, value] for value in values])
    done = subprocess.run([sys.executable, "-c", PARSER, pairs], cwd=ROOT, capture_output=True, text=True, check=True)
    return {value: tuple(said) for value, said in zip(values, json.loads(done.stdout), strict=True)}


@pytest.mark.real
def test_valid_run_ids_are_taken_as_they_are_and_none_is_made_later() -> None:
    valid = ("20260131-142501-smoke", "mine", "a.b_c-d", "x" * 100, "")
    assert told("--run-id", *valid) == {run_id: (run_id, None) for run_id in valid}


@pytest.mark.real
def test_an_invalid_run_id_is_refused_by_the_command_line_and_by_the_web_form() -> None:
    invalid = ("../x", "a/b", "a b", 'a"b', ".hidden", "-x", "x" * 101, "mine\n", "ä")
    for run_id, (command_line, web_form) in told("--run-id", *invalid).items():
        problem = f"invalid run id {run_id!r}: expected up to 100 letters, digits, dots, dashes and underscores"
        assert (command_line, web_form) == (f"argument --loadtest-run-id/--run-id: {problem}", problem)


@pytest.mark.real
def test_a_scenario_that_would_make_an_invalid_run_id_is_refused_as_well() -> None:
    problem = "invalid scenario '../x': expected up to 64 letters, digits, dots, dashes and underscores"
    assert told("--scenario", "../x", "shop") == {
        "../x": (f"argument --loadtest-scenario/--scenario: {problem}", problem),
        "shop": ("shop", None),
    }


def test_the_longest_run_id_that_is_made_is_valid() -> None:
    assert problem_with_run_id(numbered(new_run_id("x" * 64), 9999)) == ""
    assert numbered(new_run_id("smoke", lambda: 0.0), 1) == "19700101-000000-smoke"


def test_whatever_is_in_a_run_id_stays_between_its_quotes_in_every_query(monkeypatch: pytest.MonkeyPatch) -> None:
    quoted = r'run_id="a\"b\\c\nd"'
    assert series_of(ODD, "up") == f"up{{{quoted}}}"
    assert query_of(ODD, 10).count(quoted) == 4
    assert filled_query('up{run_id="$run_id"}', {"run_id": ODD}) == f"up{{{quoted}}}"
    asked: list[str] = []

    def get(_: PrometheusApi, path: str, **parameters: str) -> object:
        asked.append(parameters.get("query", ""))
        return {"groups": [], "resultType": "vector", "result": []} if path != "/api/v1/query_exemplars" else []

    monkeypatch.setattr(PrometheusApi, "_get", get)
    RunReader(PrometheusApi("http://127.0.0.1:9"), ODD).read()
    of_the_run = [query for query in asked if "loadtest" in query and "run_id" in query]
    assert len(of_the_run) > 10
    assert [query for query in of_the_run if quoted not in query] == []
