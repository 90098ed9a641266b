"""Proving alerts: every alert has a cause, and a short subset is really proven."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from swarmscope.alert_proof.case import Case, load_cases
from swarmscope.alert_proof.prover import PROMETHEUS, _fired, _problem, _scenario, was_started_with
from swarmscope.alert_proof.rules import alert_names, quicker, write_rules
from swarmscope.cli.prove_alerts import chosen, without_cause
from swarmscope.errors import CommandError
from swarmscope.project.places import DEFAULT_RULES
from swarmscope.project.settings import project
from swarmscope.prometheus.rule_files import read_rules
from swarmscope.prometheus.thresholds import judged_apart, thresholds_of
from swarmscope.verdict.verdict import Outcome
from tests.rules.rule_files import live_objectives
from tests.runs.command import ROOT

CASES = load_cases(project().alert_cases).cases
API, WORKER = ("-m", "api"), ("--worker", "--master-port")


def test_every_alert_of_the_rules_has_a_cause() -> None:
    assert without_cause(CASES) == ()


def test_every_case_proves_alerts_that_exist() -> None:
    known = set(alert_names(DEFAULT_RULES))
    strangers = {name for case in CASES for name in (*case.alerts, *case.tolerated)} - known
    assert strangers == set()
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_judged_by_its_own_thresholds_alone(tmp_path: Path, case: Case) -> None:
    scenario = _scenario(case)
    rules = read_rules(write_rules(DEFAULT_RULES, tmp_path / "rules", case, scenario, quick=True))
    assert thresholds_of(rules) == tuple(
        replace(threshold, scenario=scenario, confidence=threshold.confidence or 0) for threshold in case.thresholds
    )
    assert judged_apart(rules) == ()


@pytest.mark.parametrize("case", CASES[:1], ids=lambda case: case.name)
def test_the_rules_of_a_case_are_those_of_the_product_and_of_the_project_but_for_the_thresholds(
    tmp_path: Path, case: Case
) -> None:
    rules = read_rules(write_rules(DEFAULT_RULES, tmp_path / "rules", case, _scenario(case), quick=False))
    left_out = {"loadtest:threshold", "loadtest:threshold_confidence", "loadtest:judged_apart"}
    kept = [(rule.group, rule.name, rule.expr) for rule in rules if rule.name not in left_out]
    assert sorted(kept) == sorted(
        (rule.group, rule.name, rule.expr) for rule in read_rules(DEFAULT_RULES) if rule.name not in left_out
    )


@pytest.mark.parametrize("text", ["CASES = ()\n", "import nothing_of_the_kind\n"])
def test_a_file_that_holds_no_cases_is_an_error_that_names_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cases.py"
    path.write_text(text)
    with pytest.raises(CommandError) as raised:
        load_cases(path)
    assert str(raised.value).startswith(f"{path} cannot be read as cases (CASES, LOCUSTFILE): ")


def test_a_project_without_cases_is_told_what_they_are() -> None:
    with pytest.raises(CommandError, match="names no alert_cases: a Python file with what makes each alert fire"):
        load_cases(None)


def test_quicker_rules_have_short_windows_and_nothing_else_changed() -> None:
    text = "expr: (a - a offset 1m) > 1\nfor: 30s\nexpr: b offset 30s > 20\nexpr: c[5m] > 20"
    assert quicker(text) == "expr: (a - a offset 10s) > 1\nfor: 6s\nexpr: b offset 6s > 2\nexpr: c[5m] > 20"


def test_what_did_not_fire_what_fired_as_well_and_a_wrong_verdict_are_all_named() -> None:
    (case,) = chosen(CASES, ["names"])
    assert _problem(case, frozenset({"NameOverflow", "RunWatched"}), "INCONCLUSIVE", 2) == ""
    assert _problem(case, frozenset({"WorkerLost"}), "PASS", 0) == (
        "did not fire: NameOverflow; fired as well: WorkerLost; PASS, not INCONCLUSIVE; exit code 0, not 2"
    )


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (API, "python -m api --port 8000"),
        (WORKER, "python -m locust -f locustfile.py --worker --master-port 5558"),
        (PROMETHEUS, "prometheus --config.file=p.yml --storage.tsdb.path=data"),
    ],
)
def test_the_process_that_a_cause_is_brought_upon_is_not_another_one(words: tuple[str, ...], command: str) -> None:
    assert was_started_with(command.split(), words)
    runner = ["python", "-m", "swarmscope", "run", "proof", "--api-metrics", "api:8000", "--workers", "2"]
    assert not was_started_with(runner, words)


def test_only_chooses_by_the_name_of_an_alert_or_of_a_run() -> None:
    assert [case.name for case in chosen(CASES, ["NameOverflow"])] == ["names"]
    assert [case.name for case in chosen(CASES, ["burning"])] == ["burning"]
    assert chosen(CASES, ["burning"])[0].outcome is Outcome.INCONCLUSIVE


def test_only_chooses_by_an_objective_and_the_alert_on_objectives_is_all_of_them() -> None:
    for name in ("citation_ratio", "ObjectiveMissed citation_ratio"):
        assert [case.name for case in chosen(CASES, [name])] == ["no-citations"]
    live = [case.name for case in CASES if any(alert.startswith("ObjectiveMissed ") for alert in case.alerts)]
    assert [case.name for case in chosen(CASES, ["ObjectiveMissed"])] == live


def test_the_alert_on_objectives_is_to_be_proven_for_each_of_them() -> None:
    names = alert_names(DEFAULT_RULES)
    assert "ObjectiveMissed" not in names
    assert {f"ObjectiveMissed {objective}" for objective in live_objectives()} <= set(names)


def test_an_objective_that_was_missed_live_is_told_from_another_one() -> None:
    spans = [
        {"name": "ObjectiveMissed", "state": "firing", "subject": "endpoint_latency_p95_seconds POST /api/chat"},
        {"name": "ObjectiveMissed", "state": "pending", "subject": "error_ratio"},
        {"name": "NameOverflow", "state": "firing", "subject": ""},
    ]
    fired = _fired({"alerts": spans, "completeness": []})
    assert fired == {"ObjectiveMissed endpoint_latency_p95_seconds", "NameOverflow"}


@pytest.mark.real
def test_an_unknown_alert_is_one_line_and_exit_code_2() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "swarmscope", "prove-alerts", "--only", "Nothing"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr.startswith("unknown alert or run 'Nothing': expected one of ")
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.alone
@pytest.mark.real
@pytest.mark.parametrize(
    "names",
    [
        pytest.param(("ObjectiveWithoutData",), marks=pytest.mark.nightly),
        pytest.param(("NameOverflow", "ExporterRestarted"), marks=pytest.mark.faults),
    ],
    ids=" ".join,
)
def test_alerts_are_really_proven(tmp_path: Path, names: tuple[str, ...]) -> None:
    only = [word for name in names for word in ("--only", name)]
    result = subprocess.run(
        [sys.executable, "-m", "swarmscope", "prove-alerts", "--fast", "--folder", str(tmp_path), *only],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("as expected") == len(names)
