import re
import subprocess
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from swarmscope.objectives import BUILT_IN
from swarmscope.prometheus.thresholds import bound_of
from tests.rules.rule_files import (
    PROMETHEUS_DIR,
    RULE_FILES,
    RULES_DIR,
    TEST_FILES,
    groups,
    objectives,
    rules,
    wait_seconds,
)

ALERTS = rules("alert")
ROOT = PROMETHEUS_DIR.parent
#: An alert that judges all objectives is explained by the one it fired for.
GENERIC = {"ObjectiveMissed", "ObjectiveMissedOverRun"}
ALERTS_PAGE = ROOT / "docs" / "alerts.md"
OBJECTIVES_PAGE = ROOT / "docs" / "objectives.md"


def name_of(rule: dict[str, Any]) -> str:
    return str(rule["alert"])


def run(promtool: Path, *arguments: str | Path) -> None:
    result = subprocess.run(
        [promtool, *arguments], capture_output=True, text=True, timeout=540, check=False, cwd=PROMETHEUS_DIR
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.real
def test_promtool_finds_nothing_to_object_to_in_the_rules(promtool: Path) -> None:
    run(promtool, "check", "rules", "--lint=all", "--lint-fatal", *RULE_FILES)


@pytest.mark.timeout(600)
@pytest.mark.real
@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.stem)
def test_promtool_tests_hold(promtool: Path, path: Path) -> None:
    run(promtool, "test", "rules", path)


def test_there_are_promtool_tests_of_every_rule_file() -> None:
    tested = {
        Path(line.strip(" -[],")).name
        for path in TEST_FILES
        for line in re.findall(r"\.\./rules/\w+\.yml", path.read_text())
    }
    assert tested == {path.name for path in RULE_FILES}


def test_each_group_with_alerts_ends_with_proof_of_its_evaluation() -> None:
    for path in RULE_FILES:
        for group in groups(path):
            if any("alert" in rule for rule in group["rules"]):
                last = group["rules"][-1]
                assert last.get("alert") == "RunWatched", group["name"]
                assert last["labels"] == {"gate": "watch", "severity": "none", "group": group["name"]}


def test_objectives_are_recorded_and_run_done_last_in_one_group() -> None:
    """Who reads that a run is done has to find everything else computed from the same, final totals."""
    [sli] = groups(RULES_DIR / "sli.yml")
    assert sli["rules"][-2]["record"] == "loadtest:run_done"


@pytest.mark.parametrize("rule", ALERTS, ids=name_of)
def test_an_alert_says_whom_it_speaks_of_and_how_bad_it_is(rule: dict[str, Any]) -> None:
    gate, severity = rule["labels"]["gate"], rule["labels"].get("severity", "of the threshold")
    allowed = {
        "objective": {"of the threshold", "critical"},
        "validity": {"critical", "of the threshold"} if rule["alert"] == "ObjectiveUndecided" else {"critical"},
        "watch": {"none"},
    }
    assert severity in allowed[gate]
    if severity == "of the threshold":
        of_thresholds = ("_threshold", "loadtest:run_missed", "loadtest:run_undecided")  # whose labels are the same
        assert any(name in rule["expr"] for name in of_thresholds)


@pytest.mark.parametrize("rule", ALERTS, ids=name_of)
def test_an_alert_is_explained_where_its_runbook_link_points(rule: dict[str, Any]) -> None:
    annotations = rule["annotations"]
    assert set(annotations) == {"summary", "description", "runbook_url"}
    assert "{{" not in annotations["summary"], "a summary is fixed: alerts are grouped by it"
    if rule["alert"] in GENERIC:
        assert annotations["runbook_url"] == "docs/objectives.md#objective-{{ $labels.objective }}"
    else:
        assert annotations["runbook_url"] == f"docs/alerts.md#alert-{rule['alert'].lower()}"
    assert anchors(ALERTS_PAGE).count(f"alert-{rule['alert'].lower()}") == 1


def test_the_table_of_alerts_lists_those_of_the_rules_and_no_other() -> None:
    listed = re.findall(r"^\| <a id=\"alert-\w+\"></a>(\w+) \| (\w+) \|", ALERTS_PAGE.read_text(), re.MULTILINE)
    assert sorted(listed) == sorted({(rule["alert"], rule["labels"]["gate"]) for rule in ALERTS})


@pytest.mark.parametrize("objective", BUILT_IN)
def test_an_objective_is_explained_where_the_runbook_link_of_its_alerts_points(objective: str) -> None:
    [link] = {rule["annotations"]["runbook_url"] for rule in ALERTS if rule["alert"] in GENERIC}
    path, _, anchor = link.replace("{{ $labels.objective }}", objective).partition("#")
    assert anchors(ROOT / path).count(anchor) == 1


class _Ids(HTMLParser):
    """Collects the ids of all elements."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  # HTMLParser calls it
        self.found.extend(value for name, value in attrs if name == "id" and value)


@cache
def anchors(path: Path) -> list[str]:
    """Return the ids of a page as a browser sees them, once its Markdown is rendered."""
    ids = _Ids()
    ids.feed(MarkdownIt("commonmark").enable("table").render(path.read_text()))
    return ids.found


@pytest.mark.parametrize("rule", [rule for rule in ALERTS if rule.get("for")], ids=name_of)
def test_an_alert_that_waits_does_so_for_whole_evaluations(rule: dict[str, Any]) -> None:
    assert rule["for"] in {"10s", "30s"}


@pytest.mark.parametrize("rule", [rule for rule in ALERTS if rule["alert"] in GENERIC], ids=name_of)
def test_an_alert_on_objectives_tells_value_and_threshold(rule: dict[str, Any]) -> None:
    description = rule["annotations"]["description"]
    assert "$value" in description
    assert "loadtest:run_threshold{run_id=%q,objective=%q,bound=%q,severity=%q,method=%q,name=%q}" in description


def test_an_objective_is_missed_live_after_30_seconds_and_over_the_run_at_once() -> None:
    assert {alert: wait_seconds(alert) for alert in GENERIC} == {"ObjectiveMissed": 30, "ObjectiveMissedOverRun": 0}


def test_every_objective_has_its_number_of_observations() -> None:
    recorded = rules("record")
    objectives, samples = (
        {rule.get("labels", {}).get("objective") for rule in recorded if rule["record"] == record}
        for record in ("loadtest:objective", "loadtest:objective_samples")
    )
    assert objectives == samples


def test_no_alert_names_an_objective_but_those_of_the_recovery_and_one_that_an_objective_takes_the_place_of() -> None:
    """A new objective needs a formula and a threshold: the alerts are for all of them."""
    named = {rule["alert"]: match for rule in ALERTS for match in re.findall(r'objective="(\w+)"', rule["expr"])}
    assert named == {
        "RecoveryTooSlow": "recovery_seconds",
        "RecoveryNotReached": "recovery_seconds",
        "TasksRaised": "task_exception_ratio",
    }


def test_every_built_in_objective_is_in_the_table_of_objectives_and_each_has_its_unit_and_bound() -> None:
    units = {"seconds": {"s"}, "ratio": {"share", "change"}, "second": {"1/s"}}
    row = re.compile(r"^\| <a id=\"objective-(\w+)\"></a>`(\w+)` \| ([^|]+) \| (\w+) \|", flags=re.MULTILINE)
    listed = row.findall(OBJECTIVES_PAGE.read_text())
    assert set(BUILT_IN) <= {objective for _, objective, _, _ in listed} <= objectives()
    for anchor, objective, unit, bound in listed:
        assert anchor == objective
        assert bound == bound_of(objective)
        assert unit in units[objective.rpartition("_")[2]]


def test_no_rule_mentions_the_api_but_those_of_target_yml() -> None:
    for path in RULE_FILES:
        if path.name != "target.yml":
            assert 'job="api"' not in path.read_text(), path.name
