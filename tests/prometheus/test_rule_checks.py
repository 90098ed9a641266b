"""Rules that would let a run pass that ours would not: each is refused, or told, before anything is started."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from swarmscope.errors import CommandError
from swarmscope.project.places import DEFAULT_RULES
from swarmscope.project.settings import project
from swarmscope.prometheus.rule_checks import checked_rules, differing_from_ours
from swarmscope.prometheus.rule_files import read_rule_file, read_rules, rule_paths, ungated_alerts
from swarmscope.prometheus.rule_sets import lay_out


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return lay_out(DEFAULT_RULES, None, tmp_path / "rules")


def own(folder: Path, *alerts: str, interval: str = "") -> Path:
    path = folder / "own.yml"
    lines = "".join(f"  - {{alert: Own{number}, expr: up == 0, {alert}}}\n" for number, alert in enumerate(alerts))
    path.write_text(f"groups:\n- name: own\n  {interval}\n  rules:\n{lines}")
    return path


def complaint(folder: Path) -> str:
    with pytest.raises(CommandError) as error:
        checked_rules(folder)
    return str(error.value)


def test_our_own_rules_hold_and_so_does_a_copy_with_alerts_of_ones_own(folder: Path) -> None:
    assert len(checked_rules(DEFAULT_RULES)) == len(read_rules(folder)) > len(read_rules(DEFAULT_RULES))
    own(folder, "labels: {gate: objective}", "labels: {gate: validity}, for: 1m", "labels: {team: a}")
    rules = checked_rules(folder)
    assert differing_from_ours(rules, folder) == ""
    assert ungated_alerts(rules) == ("Own2",)


def test_rules_of_the_project_come_with_those_of_the_package_and_with_no_other(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thresholds.yml").write_text((folder / "thresholds.yml").read_text())
    own_project = replace(project(), rules=mine)
    monkeypatch.setattr("swarmscope.prometheus.rule_files.project", lambda: own_project)
    ours = sorted(DEFAULT_RULES.glob("*.yml"))
    assert rule_paths(DEFAULT_RULES) == [*ours, mine / "thresholds.yml"]
    laid_out = lay_out(DEFAULT_RULES, None, tmp_path / "all")
    of_project = {"project-thresholds.yml", "swarmscope-thresholds.yml"}
    assert {path.name for path in rule_paths(laid_out)} == {path.name for path in ours} | of_project
    assert rule_paths(mine) == [mine / "thresholds.yml"]


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that swarmscope.toml names, which is not there yet."""
    folder = tmp_path / "mine"
    own_project = replace(project(), root=tmp_path, rules=folder)
    for module in ("rule_files", "rule_checks"):
        monkeypatch.setattr(f"swarmscope.prometheus.{module}.project", lambda: own_project)
    return folder


@pytest.mark.parametrize("name", ["own.yaml", "own.rules", "more/own.yml", "more/and/more/own.yml"])
def test_a_file_in_the_project_s_folder_of_rules_that_nothing_reads_is_refused(mine: Path, name: str) -> None:
    (mine / name).parent.mkdir(parents=True)
    (mine / name).write_text("groups: []\n")
    assert complaint(DEFAULT_RULES).startswith(f"{mine / name} is read by nothing: rules have to be in {mine}/*.yml; ")


def test_a_project_s_folder_of_rules_that_is_not_there_is_refused(mine: Path) -> None:
    assert complaint(DEFAULT_RULES) == f"{mine.parent / 'swarmscope.toml'}: rules: the folder {mine} does not exist"


def test_rules_that_earlier_runs_left_below_a_project_with_its_rules_at_its_root_are_not_its_own(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_root = replace(project(), root=mine, rules=mine)
    for module in ("rule_files", "rule_checks"):
        monkeypatch.setattr(f"swarmscope.prometheus.{module}.project", lambda: at_the_root)
    kept = mine / "results" / "20260131-120000-shop" / "rules"
    kept.mkdir(parents=True)
    (kept / "thresholds.yml").write_text("groups: []\n")
    checked_rules(DEFAULT_RULES)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("own.yaml", "rename it"), ("own.YML", "rename it"), ("own.rules", "rename it"), ("more/own.yml", "move it to")],
)
def test_a_rule_file_that_nothing_reads_is_refused(folder: Path, name: str, remedy: str) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("groups: []\n")
    said = complaint(folder)
    assert said.startswith(f"{path} is read by nothing: rules have to be in {folder}/*.yml; {remedy}")


def test_notes_and_tests_beside_the_rules_are_none(folder: Path) -> None:
    (folder / "README.md").write_text("notes")
    (folder / "thresholds.yml~").write_text("old")
    (folder / "tests").mkdir()
    (folder / "tests" / "own.yml").write_text("rule_files: [../own.yml]\ntests: []\n")
    checked_rules(folder)


def test_a_folder_without_the_validity_rules_is_refused(folder: Path) -> None:
    (folder / "validity.yml").unlink()
    assert complaint(folder).startswith(
        f"The rules in {folder} lack group loadtest-validity, alert GeneratorCpuSaturated, alert GeneratorLoopBlocked,"
    )


def test_a_folder_without_one_alert_is_refused_with_its_name(folder: Path) -> None:
    path = folder / "validity.yml"
    before, after = path.read_text().split("      - alert: WorkerLost\n")
    path.write_text(before + after[after.index("      - alert: ") :])
    assert complaint(folder) == (
        f"The rules in {folder} lack alert WorkerLost: without them a run could pass that no rule watched; copy the"
        f" files of {DEFAULT_RULES} beside your own"
    )


@pytest.mark.parametrize(
    ("file", "rule", "before", "after"),
    [
        ("alerts.yml", "loadtest-live/ObjectiveMissed", "for: 30s", "for: 5m"),
        ("validity.yml", "loadtest-validity/WorkerLost", "> 0", "> 9"),
        ("validity.yml", "loadtest-validity/WorkerLost", "severity: critical", "severity: info"),
        ("validity.yml", "loadtest-validity/loadtest:condition", "> 0.9", "> 0.99"),
    ],
)
def test_a_rule_of_ours_in_another_form_is_told(folder: Path, file: str, rule: str, before: str, after: str) -> None:
    path = folder / file
    text = path.read_text()
    place = text.index(f": {rule.partition('/')[2]}\n")
    path.write_text(text[:place] + text[place:].replace(before, after, 1))
    assert differing_from_ours(checked_rules(folder), folder) == (
        f"these rules in {folder} are not as {DEFAULT_RULES} has them: {rule}"
    )


def test_thresholds_and_the_names_of_the_targets_metrics_may_be_changed(folder: Path) -> None:
    for name, before, after in (
        ("thresholds.yml", "vector(0.5)", "vector(0.25)"),
        ("target.yml", "http_requests_total", "requests_total"),
    ):
        (folder / name).write_text((folder / name).read_text().replace(before, after))
    assert differing_from_ours(checked_rules(folder), folder) == ""


def test_a_gate_that_does_not_exist_is_refused(folder: Path) -> None:
    path = own(folder, "labels: {gate: objektive}")
    assert complaint(folder) == (
        f"{path}: the alert Own0 has gate 'objektive': expected objective, validity, watch, or none for an alert that"
        " decides nothing"
    )


def test_an_alert_that_gates_and_is_hardly_ever_evaluated_is_refused(folder: Path) -> None:
    path = own(folder, "labels: {gate: objective}", interval="interval: 1m")
    assert complaint(folder) == (
        f"{path}: the alert Own0 gates, and its group own is evaluated every 60 s: expected at most 2 s, or no interval"
    )
    own(folder, "labels: {team: a}", interval="interval: 1m")
    checked_rules(folder)


def test_an_alert_that_gates_and_looks_at_the_past_is_refused(folder: Path) -> None:
    path = own(folder, "labels: {gate: objective}", interval="query_offset: 10m")
    assert complaint(folder) == (
        f"{path}: the alert Own0 gates, and its group own looks at what was 600 s ago: expected no query_offset, with"
        " which it would miss the end of the run"
    )
    own(folder, "labels: {team: a}", interval="query_offset: 10m")
    checked_rules(folder)


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("1m30s", 90), ("1h", 3600), ("2d", 172800), ("500ms", 0.5), ("0", 0)]
)
def test_durations_are_read_as_prometheus_writes_them(tmp_path: Path, text: str, seconds: float) -> None:
    (rule,) = read_rule_file(own(tmp_path, f"for: {text}, keep_firing_for: {text}", interval=f"interval: {text}"))
    assert (rule.for_seconds, rule.keep_firing_seconds, rule.interval_seconds) == (seconds, seconds, seconds)


@pytest.mark.parametrize("text", ["soon", "30", "1.5s", "-1s", "1s1h"])
def test_what_is_no_duration_is_one_line(tmp_path: Path, text: str) -> None:
    path = own(tmp_path, f"for: {text}")
    with pytest.raises(CommandError, match=rf"^{re.escape(str(path))} is not a Prometheus rule file: "):
        read_rule_file(path)
