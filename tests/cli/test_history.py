"""The runs of a results folder on the command line: as a table, as JSON, and as a page."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from swarmscope.cli.history import app
from swarmscope.report.history.past_runs import past_runs
from swarmscope.report.history.table import as_table
from tests.cli.command import call
from tests.report.runs_of_the_past import BEGAN, left

COMMIT = "1b07124aa0b7e9f1c2d3e4f5a6b7c8d9e0f1a2b3"


def results(tmp_path: Path) -> Path:
    left(tmp_path, commit=COMMIT, labels={"build": "12"}, environment="staging")
    left(tmp_path, BEGAN + 60, "checkout-with-a-long-name-for-a-scenario", verdict="INCONCLUSIVE", commit=COMMIT)
    left(tmp_path, BEGAN + 120, verdict="FAIL", commit=f"{COMMIT}-dirty")
    return tmp_path


def headings(folder: Path, width: int) -> list[str]:
    """Return the columns of the table at that width, which it must fit."""
    console = Console(width=width, record=True, file=StringIO())
    console.print(as_table(past_runs(folder).runs, "runs", {}, width))
    lines = console.export_text().splitlines()
    assert max(map(len, lines)) <= width
    assert not any("…" in line for line in lines if "smoke" in line)
    return [cell.strip() for cell in lines[2].strip("┃").split("┃")]


def test_runs_are_listed_oldest_first_with_their_figures(tmp_path: Path) -> None:
    ended = call(app, "--results", str(results(tmp_path)))
    assert ended.exit_code == 0
    rows = [line.replace("│", " ").split() for line in ended.output.splitlines() if line.startswith("│")]
    assert [row[0:2] for row in rows] == [["2026-01-31", "14:25"], ["2026-01-31", "14:26"], ["2026-01-31", "14:27"]]
    assert rows[0][2:] == [
        *("smoke", "PASS", "120", "ms", "88.2/s", "0.4", "%", "1,765", "10", "1b07124", "staging", "build=12"),
    ]
    assert rows[2][-2:] == ["1b07124*", "-"]
    assert ended.output.splitlines()[-1] == "1 PASS, 1 FAIL, 1 INCONCLUSIVE"


def test_80_columns_have_what_tells_runs_apart_and_wider_ones_show_more(tmp_path: Path) -> None:
    folder = results(tmp_path)
    base = ["Began (UTC)", "Scenario", "Verdict", "p95", "Rate", "Commit"]
    assert headings(folder, 80) == base
    assert headings(folder, 100) == [*base[:-1], "Errors", "Commit"]
    assert set(headings(folder, 200)) == {*base, "Errors", "Labels", "Folder", "Requests", "Users"}


def test_json_has_a_stable_shape(tmp_path: Path) -> None:
    ended = call(app, "--results", str(results(tmp_path)), "--json", "--scenario", "smoke")
    written = json.loads(ended.output)
    assert (written["schema"], written["results"], written["skipped"]) == (1, str(tmp_path), [])
    assert [run["verdict"] for run in written["runs"]] == ["PASS", "FAIL"]
    assert written["runs"][0] | {"load_seconds": None} == {
        "began": "2026-01-31T14:25:01Z",
        "run_id": "20260131-142501-smoke",
        "scenario": "smoke",
        "verdict": "PASS",
        "exit_code": 0,
        "began_seconds": BEGAN,
        "folder": "20260131-142501-smoke",
        "load_seconds": None,
        "users": 10.0,
        "requests": 1765,
        "requests_per_second": 88.25,
        "latency_p50_seconds": None,
        "latency_p95_seconds": 0.12,
        "latency_p99_seconds": None,
        "p95_limit_seconds": 0.2,
        "error_ratio": 0.004,
        "host": "",
        "environment": "staging",
        "commit": COMMIT,
        "labels": {"build": "12"},
        "reasons": [],
    }


def test_the_docs_name_every_field_of_the_json(tmp_path: Path) -> None:
    left(tmp_path)
    [run] = json.loads(call(app, "--results", str(tmp_path), "--json").output)["runs"]
    page = (Path(__file__).parents[2] / "docs" / "results.md").read_text()
    assert [name for name in run if f"`{name}`" not in page] == []


def test_a_page_is_written_where_it_was_asked_for(tmp_path: Path) -> None:
    page = tmp_path / "pages" / "history.html"
    ended = call(app, "--results", str(results(tmp_path)), "--html", str(page))
    assert ended.exit_code == 0
    assert ended.error == f"History: {page}\n"
    assert "<h1>3 runs in " in page.read_text()


def test_what_is_skipped_is_named_on_standard_error_alone(tmp_path: Path) -> None:
    left(tmp_path)
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "verdict.json").write_text("{")
    ended = call(app, "--results", str(tmp_path), "--json")
    assert len(json.loads(ended.output)["runs"]) == 1
    assert ended.error_line.startswith(f"Skipped {tmp_path / 'half' / 'verdict.json'}: not JSON: Expecting property")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ("--results", "{folder}/none"),
            "The folder {folder}/none does not exist: start a run with `swarmscope run`, or give --results",
        ),
        (
            ("--results", "{folder}/empty"),
            (
                "No runs in {folder}/empty: no folder in it has a verdict.json; start one with `swarmscope run`, or"
                " give another folder with --results"
            ),
        ),
        (
            ("--results", "{folder}", "--scenario", "soak"),
            "No runs of scenario 'soak' in {folder}: there are runs of checkout-with-a-long-name-for-a-scenario, smoke",
        ),
        (
            ("--results", "{folder}", "--html", "{folder}/empty"),
            "The page cannot be written to {folder}/empty: Is a directory",
        ),
    ],
)
def test_what_cannot_be_done_is_one_line(tmp_path: Path, arguments: tuple[str, ...], line: str) -> None:
    (results(tmp_path) / "empty").mkdir()
    ended = call(app, *(word.format(folder=tmp_path) for word in arguments))
    assert (ended.exit_code, ended.output) == (2, "")
    assert ended.error_line == line.format(folder=tmp_path)


def test_changes_are_listed_on_the_terminal_as_json_and_drawn_into_the_page(tmp_path: Path) -> None:
    for number in range(24):
        measured = {"latency_p95_seconds": (0.16 if number < 12 else 0.2) * (1 + 0.001 * (number * 7 % 5))}
        left(tmp_path, BEGAN + 60 * number, commit=COMMIT, figures={"requests": 100, "measured": measured})
    page = tmp_path / "history.html"
    ended = call(app, "--results", str(tmp_path), "--changes", "--html", str(page))
    assert ended.exit_code == 0
    last = " ".join(ended.output.split())
    assert "smoke: p95 160 ms -> 200 ms (+25.0 %) from 20260131-143701-smoke (commit 1b07124) on, after 12 runs" in last
    assert '"name":"change"' in page.read_text()
    document = json.loads(call(app, "--results", str(tmp_path), "--changes", "--json").output)
    (change,) = document["changes"]
    assert (change["run_id"], change["figure"]) == ("20260131-143701-smoke", "latency_p95_seconds")
    assert "changes" not in json.loads(call(app, "--results", str(tmp_path), "--json").output)
