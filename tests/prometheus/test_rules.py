import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.prometheus.rule_files import PROMETHEUS_DIR, RULE_FILES, RULES_DIR, TEST_FILES, groups, rules

ALERTS = rules("alert")
RUNBOOK = (PROMETHEUS_DIR.parent / "README.md").read_text()
TABLE = (PROMETHEUS_DIR / "README.md").read_text()


def name_of(rule: dict[str, Any]) -> str:
    return str(rule["alert"])


def run(promtool: Path, *arguments: str | Path) -> None:
    result = subprocess.run(
        [promtool, *arguments], capture_output=True, text=True, timeout=120, check=False, cwd=PROMETHEUS_DIR
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_promtool_finds_nothing_to_object_to_in_the_rules(promtool: Path) -> None:
    run(promtool, "check", "rules", "--lint=all", "--lint-fatal", *RULE_FILES)


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
        "validity": {"critical"},
        "watch": {"none"},
    }
    assert severity in allowed[gate]
    if severity == "of the threshold":
        assert "_threshold" in rule["expr"]


@pytest.mark.parametrize("rule", ALERTS, ids=name_of)
def test_an_alert_is_explained_where_its_runbook_link_points(rule: dict[str, Any]) -> None:
    annotations = rule["annotations"]
    assert set(annotations) == {"summary", "description", "runbook_url"}
    assert "{{" not in annotations["summary"], "a summary is fixed: alerts are grouped by it"
    assert annotations["runbook_url"] == f"README.md#alert-{rule['alert'].lower()}"
    assert f'<a id="alert-{rule["alert"].lower()}"></a>' in RUNBOOK


@pytest.mark.parametrize("rule", [rule for rule in ALERTS if rule.get("for")], ids=name_of)
def test_an_alert_that_waits_does_so_for_whole_evaluations(rule: dict[str, Any]) -> None:
    assert rule["for"] in {"10s", "30s"}


@pytest.mark.parametrize(
    "rule", [r for r in ALERTS if "AboveThreshold" in r["alert"] or "BelowThreshold" in r["alert"]], ids=name_of
)
def test_a_live_alert_tells_value_and_threshold(rule: dict[str, Any]) -> None:
    description = rule["annotations"]["description"]
    assert "{{ $value" in description
    assert "loadtest:run_threshold{run_id=%q,objective=%q,severity=%q,method=%q,name=%q}" in description
    assert rule["for"] == "30s"


def test_every_objective_has_its_number_of_observations() -> None:
    recorded = rules("record")
    objectives, samples = (
        {rule["labels"]["objective"] for rule in recorded if rule["record"] == record}
        for record in ("loadtest:objective", "loadtest:objective_samples")
    )
    assert objectives == samples


def test_every_objective_that_is_measured_live_has_an_alert_for_it() -> None:
    judged = {match for rule in ALERTS for match in re.findall(r'objective="(\w+)"', rule["expr"])}
    assert judged == {rule["labels"]["objective"] for rule in rules("record") if rule["record"] == "loadtest:objective"}


def test_the_last_minute_of_an_objective_has_a_record_of_its_own_name() -> None:
    expected = {
        f"loadtest:{objective.removeprefix('target_')}": f"sum without (window, objective) (loadtest:objective"
        f'{{window="live", objective="{objective}"}})'
        for objective in {
            rule["labels"]["objective"] for rule in rules("record") if rule["record"] == "loadtest:objective"
        }
        if objective != "recovery_seconds"
    }
    assert {rule["record"]: rule["expr"] for rule in rules("record") if rule["record"] in expected} == expected


def test_every_objective_is_in_the_table_of_the_readme() -> None:
    listed = set(re.findall(r"^\| `(\w+)` \|", TABLE, flags=re.MULTILINE))
    assert listed == {rule["labels"]["objective"] for rule in rules("record") if rule["record"] == "loadtest:objective"}


def test_no_rule_mentions_the_api_but_those_of_target_yml() -> None:
    for path in RULE_FILES:
        if path.name != "target.yml":
            assert 'job="api"' not in path.read_text(), path.name
