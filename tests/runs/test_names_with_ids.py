"""Whole runs of an unchanged locustfile with ids in its paths."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.runs.command import RunCommand
from tests.runs.counting_target import CountingTarget
from tests.runs.test_clients import run_of

pytestmark = pytest.mark.real


def rows_of_locust(run: RunCommand) -> set[str]:
    with (run.folder / "locust-requests.csv").open(newline="") as file:
        return {row["Name"] for row in csv.DictReader(file)}


def require_equal_counts(verdict: dict[str, Any], target: CountingTarget) -> None:
    ledger = verdict["ledger"]
    counts = {
        ledger["locust"],
        ledger["exporter"],
        ledger["prometheus"],
        ledger["timed"],
        sum(ledger["workers"].values()),
    }
    assert counts == {ledger["target"]}
    assert sum(target.answered.values()) >= ledger["target"] > 500  # the preflight asks as well


@pytest.mark.kind("names with ids", "2,000 ids in the paths", verdict="PASS")
def test_a_locustfile_with_thousands_of_ids_is_judged_and_the_user_is_told_how_to_name_them(tmp_path: Path) -> None:
    with CountingTarget() as target:
        hosts = ("--host", target.url, "--api-metrics", target.address, "--workers", "2")
        run = run_of(tmp_path, "ids.py", *hosts, users=8)
        assert run.exit_code() == 0, run.text
    verdict = run.verdict()
    assert (verdict["verdict"], verdict["reasons"]) == ("PASS", [])
    require_equal_counts(verdict, target)
    assert len(rows_of_locust(run)) > 400  # Locust's own statistics keep all names
    (warning,) = verdict["warnings"]
    assert warning.startswith("there are too many request names, so some were counted by their templates: /items/")
    assert warning.endswith(
        'add to [target] in swarmscope.toml: name_patterns = ["/items/{id}", "/users/{uuid}/orders?page={value}"], or'
        ' give each a name in the locustfile, such as name="/items/{id}"'
    )


@pytest.mark.nightly
@pytest.mark.kind("names with ids", "an endpoint that fails, each time with another id", verdict="FAIL")
def test_an_endpoint_does_not_hide_its_failures_behind_its_ids(tmp_path: Path) -> None:
    with CountingTarget() as target:
        broken = {"BROKEN": "1"}
        run = run_of(tmp_path, "ids.py", "--host", target.url, users=8, error_ratio=0.1, environment=broken)
        assert run.exit_code() == 1, run.text
    verdict = run.verdict()
    failed = sum(count for path, count in target.answered.items() if path.startswith("/broken/"))
    assert failed > 10
    assert [objective["objective"] for objective in verdict["objectives"] if objective["status"] == "FAIL"] == [
        "endpoint_error_ratio"
    ]
    (reason,) = verdict["reasons"]
    assert reason.startswith(f"endpoint error ratio 100 % (GET /broken/{{id}}, {failed} of {failed}), limit 50 %, over")


@pytest.mark.faults
@pytest.mark.kind("names with ids", "name_patterns in swarmscope.toml", verdict="PASS")
def test_patterns_of_the_project_name_requests_from_the_first_one_on(tmp_path: Path) -> None:
    patterns = '["/items/{item}", "/users/*/orders"]'
    (tmp_path / "swarmscope.toml").write_text(f"[target]\nmax_names = 10\nname_patterns = {patterns}\n")
    project = {"SWARMSCOPE_PROJECT": str(tmp_path)}
    with CountingTarget() as target:
        hosts = ("--host", target.url, "--api-metrics", target.address)
        run = run_of(tmp_path, "ids.py", *hosts, "--workers", "0", users=8, environment=project)
        assert run.exit_code() == 0, run.text
    verdict = run.verdict()
    assert (verdict["verdict"], verdict["reasons"], verdict["warnings"]) == ("PASS", [], [])
    require_equal_counts(verdict, target)


def test_a_pattern_that_is_not_valid_ends_the_run_before_any_load(tmp_path: Path) -> None:
    (tmp_path / "swarmscope.toml").write_text('[target]\nname_patterns = ["/items/{}"]\n')
    run = run_of(tmp_path, "ids.py", users=1, environment={"SWARMSCOPE_PROJECT": str(tmp_path)})
    assert run.exit_code() == 2
    assert " ".join(run.text.split()) == (
        f"{tmp_path}/swarmscope.toml:2: target.name_patterns = ['/items/{{}}']: '/items/{{}}' has a brace that is not"
        " part of a placeholder: expected {word} or *, such as '/items/{id}' or '/users/*/orders'"
    )
