"""Which line counts where two set a threshold for the same, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from swarmscope.errors import CommandError
from swarmscope.objectives import Threshold
from swarmscope.project.places import DEFAULT_RULES
from swarmscope.project.settings import Project, read_project
from swarmscope.project.tested import TargetSettings
from swarmscope.prometheus.judging import judging_thresholds
from swarmscope.prometheus.names import TARGET_COUNTER
from swarmscope.prometheus.rule_confidence import with_confidence
from swarmscope.prometheus.rule_files import FileRule, changes, read_rules
from swarmscope.prometheus.rule_sets import lay_out, rule_set
from swarmscope.prometheus.thresholds import in_force, thresholds_of

TOML = """\
[thresholds]
latency_p95 = "1s"
[scenarios.shop]
thresholds = { error_ratio = "2%", latency_p99 = { warning = "2s" } }
"""


def rule(objective: str, value: float, scenario: str = "shop", severity: str = "critical") -> str:
    labels = f"scenario: {scenario}, objective: {objective}, bound: max, severity: {severity}"
    return f"  - {{record: loadtest:threshold, labels: {{{labels}}}, expr: vector({value})}}\n"


def rule_file(path: Path, *rules: str) -> Path:
    path.write_text(f"groups:\n- name: own\n  rules:\n{''.join(rules)}")
    return path


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    (tmp_path / "swarmscope.toml").write_text(TOML)
    found = replace(read_project(tmp_path), rules=tmp_path / "rules")
    (tmp_path / "rules").mkdir()
    for module in ("rule_files", "rule_checks", "rule_sets", "thresholds", "judging"):
        monkeypatch.setattr(f"swarmscope.prometheus.{module}.project", lambda: found)
    return found


@pytest.fixture
def own(project: Project) -> Path:
    """Return a rule file of the project."""
    assert project.rules is not None
    return project.rules / "own.yml"


def sure(objective: str, confidence: float, scenario: str = "shop") -> str:
    labels = f"scenario: {scenario}, objective: {objective}, severity: critical"
    return f"  - {{record: loadtest:threshold_confidence, labels: {{{labels}}}, expr: vector({confidence})}}\n"


def confidences(rules: tuple[FileRule, ...]) -> dict[tuple[str, str], float | None]:
    return {(each.scenario, each.objective): each.confidence for each in thresholds_of(rules)}


def values(thresholds: tuple[Threshold, ...]) -> dict[str, tuple[float, str]]:
    return {f"{each.objective} {each.severity}": (each.value, each.source) for each in thresholds}


def by_place(rules: tuple[FileRule, ...]) -> dict[tuple[str, str], float]:
    return {(each.scenario, each.objective): each.value for each in thresholds_of(rules)}


def test_the_project_takes_the_place_of_the_defaults_and_says_nothing_of_it(project: Project) -> None:
    judging = judging_thresholds(rule_set(DEFAULT_RULES), "shop", project.catalogue.names)
    assert not judging.told
    expected = {
        "latency_p95_seconds critical": (1, "swarmscope.toml:2"),
        "error_ratio critical": (0.02, "swarmscope.toml:4"),
        "latency_p99_seconds warning": (2, "swarmscope.toml:4"),
        "availability_ratio critical": (0.999, "default"),
    }
    found = values(judging.thresholds)
    assert {each: found[each] for each in expected} == expected


def test_a_rule_file_of_the_project_takes_the_place_of_swarmscope_toml_and_is_told(own: Path, project: Project) -> None:
    rule_file(own, rule("error_ratio", 0.03), rule("latency_p95_seconds", 2, "default"))
    judging = judging_thresholds(rule_set(DEFAULT_RULES), "shop", project.catalogue.names)
    assert judging.told == (
        "rules/own.yml sets latency_p95_seconds of scenario default to 2, in place of 1 in swarmscope.toml:2",
        "rules/own.yml sets error_ratio of scenario shop to 0.03, in place of 0.02 in swarmscope.toml:4",
        "rules/own.yml sets latency_p95_seconds of scenario default to 2, in place of 0.5 by default",
    )
    assert values(judging.thresholds)["error_ratio critical"] == (0.03, "rules/own.yml")


def test_a_file_on_the_command_line_takes_the_place_of_all_others(own: Path, project: Project, tmp_path: Path) -> None:
    rule_file(own, rule("error_ratio", 0.03))
    ramp = rule("ramp_error_ratio", 0.5, "default", "warning")
    extra = rule_file(tmp_path / "extra.yml", rule("error_ratio", 0.04), ramp)
    judging = judging_thresholds(rule_set(DEFAULT_RULES, extra), "shop", project.catalogue.names)
    assert set(judging.told) == {
        "extra.yml sets error_ratio of scenario shop to 0.04, in place of 0.02 in swarmscope.toml:4",
        "extra.yml sets ramp_error_ratio of scenario default to 0.5, in place of 0.05 by default",
        "extra.yml sets error_ratio of scenario shop to 0.04, in place of 0.03 in rules/own.yml",
    }
    assert values(judging.thresholds)["error_ratio critical"] == (0.04, "extra.yml")
    assert values(judging.thresholds)["ramp_error_ratio warning"] == (0.5, "extra.yml")


def test_what_is_told_concerns_the_scenario_alone(project: Project, tmp_path: Path) -> None:
    extra = rule_file(tmp_path / "extra.yml", rule("error_ratio", 0.04))
    judging = judging_thresholds(rule_set(DEFAULT_RULES, extra), "other", project.catalogue.names)
    assert not judging.told
    assert judging.note == "No threshold is set for scenario 'other': the defaults judge alone"


def test_a_scenario_by_which_nothing_judges_is_refused(project: Project, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    rule_file(tmp_path / "bare" / "swarmscope-thresholds.yml", rule("error_ratio", 0.5).replace("threshold", "other"))
    with pytest.raises(CommandError) as error:
        judging_thresholds(rule_set(tmp_path / "bare"), "shop", project.catalogue.names)
    assert str(error.value) == (
        "No threshold is in force for scenario 'shop', not even a default: add thresholds to it in swarmscope.toml,"
        " or give a file with --thresholds"
    )


def test_each_threshold_is_loaded_once(own: Path, tmp_path: Path) -> None:
    rule_file(own, rule("error_ratio", 0.03), rule("latency_p50_seconds", 1))
    extra = rule_file(tmp_path / "extra.yml", rule("error_ratio", 0.04), rule("latency_p95_seconds", 3, "default"))
    rules = read_rules(lay_out(DEFAULT_RULES, extra, tmp_path / "laid out"))
    places = [threshold.place for threshold in thresholds_of(rules)]
    assert len(places) == len(set(places))
    assert by_place(rules)["shop", "error_ratio"] == 0.04
    assert by_place(rules)["default", "latency_p95_seconds"] == 3
    expected = rule_set(DEFAULT_RULES, extra).rules
    assert sorted(replace(each, path=Path()).__repr__() for each in rules) == sorted(
        replace(each, path=Path()).__repr__() for each in expected
    )


def test_a_threshold_that_gives_way_takes_its_confidence_with_it(own: Path, project: Project, tmp_path: Path) -> None:
    assert project.catalogue.names == ("shop",)
    found = confidences(rule_set(DEFAULT_RULES).rules)
    assert found["default", "availability_ratio"] == 0.95
    assert found["default", "latency_p95_seconds"] is None  # swarmscope.toml sets it, and says nothing of this
    file = rule("latency_p50_seconds", 1), sure("latency_p50_seconds", 0.99), rule("error_ratio", 0.03)
    rule_file(own, *file, sure("error_ratio", 0.9))
    found = confidences(rule_set(DEFAULT_RULES).rules)
    assert (found["shop", "latency_p50_seconds"], found["shop", "error_ratio"]) == (0.99, 0.9)
    extra = rule_file(tmp_path / "extra.yml", rule("error_ratio", 0.04), rule("latency_p95_seconds", 3, "default"))
    for rules in (rule_set(DEFAULT_RULES, extra).rules, read_rules(lay_out(DEFAULT_RULES, extra, tmp_path / "run"))):
        found = confidences(rules)
        assert (found["shop", "latency_p50_seconds"], found["shop", "error_ratio"]) == (0.99, None)
        assert found["default", "latency_p95_seconds"] is None


def test_the_confidence_of_a_pattern_gives_way_with_it(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "[scenarios.shop]\nendpoints.'GET /a/*' = { latency_p95 = '1s', confidence = 0.99 }\n"
    (tmp_path / "swarmscope.toml").write_text(text)
    found = replace(read_project(tmp_path), rules=project.rules)
    monkeypatch.setattr("swarmscope.prometheus.rule_sets.project", lambda: found)
    folder = lay_out(DEFAULT_RULES, None, tmp_path / "run")
    assert confidences(rule_set(folder).rules)["shop", "endpoint_latency_p95_seconds"] == 0.99
    labels = "scenario: shop, objective: endpoint_latency_p95_seconds, severity: critical, pattern: GET /a/*"
    line = f"  - {{record: loadtest:threshold, labels: {{{labels}, bound: max}}, expr: (a) * 0 + 2}}\n"
    rules = rule_set(folder, rule_file(tmp_path / "extra.yml", line)).rules
    assert confidences(rules)["shop", "endpoint_latency_p95_seconds"] is None


def test_two_lines_of_the_same_folder_are_an_error(own: Path, project: Project) -> None:
    rule_file(own, rule("latency_p50_seconds", 1))
    rule_file(own.with_name("second.yml"), rule("latency_p50_seconds", 2))
    with pytest.raises(CommandError, match=r"second.yml: the threshold latency_p50_seconds .* is set a second time: "):
        judging_thresholds(rule_set(DEFAULT_RULES), "shop", project.catalogue.names)


def test_a_folder_that_was_laid_out_for_a_run_judges_as_it_did(project: Project, tmp_path: Path) -> None:
    folder = lay_out(DEFAULT_RULES, None, tmp_path / "laid out")
    assert rule_set(folder).told == ()
    file = folder / "swarmscope-thresholds.yml"
    file.write_text(file.read_text().replace("vector(0.02)", "vector(0.05)"))
    after = rule_set(folder)
    assert after.told == (f"{file} judges, which is not as swarmscope.toml has it now",)
    assert by_place(after.rules)["shop", "error_ratio"] == 0.05
    assert project.catalogue.names == ("shop",)


def test_the_file_for_docker_is_not_read_beside_swarmscope_toml(
    own: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_file = replace(project, compiled_rules=rule_file(own, rule("error_ratio", 0.5)))
    monkeypatch.setattr("swarmscope.prometheus.rule_files.project", lambda: with_file)
    assert by_place(rule_set(DEFAULT_RULES).rules)["shop", "error_ratio"] == 0.02


def test_the_projects_own_counter_of_requests_takes_the_place_of_the_one_in_the_rules(
    tmp_path: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    expression = "sum by (instance) (requests_seen_total{path!='/metrics'})  # ours"
    counting = replace(project, tested=TargetSettings(requests_total=expression))
    for module in ("rule_files", "rule_sets"):
        monkeypatch.setattr(f"swarmscope.prometheus.{module}.project", lambda: counting)
    found = rule_set(DEFAULT_RULES)
    counters = [each for each in found.rules if each.name == TARGET_COUNTER]
    assert [(each.group, each.expr, each.labels) for each in counters] == [("loadtest-project-target", expression, {})]
    assert "loadtest:target_memory_bytes" in {each.name for each in found.rules}  # its neighbor stays
    laid_out = found.write(tmp_path / "laid-out")
    assert changes(found.rules, read_rules(laid_out)) == ""
    assert changes(found.rules, rule_set(laid_out).rules) == ""


class TestConfidenceOfOneRun:
    """`--confidence` takes the place of what the lines say, but for the defaults."""

    LINES = """\
groups:
  - name: own
    rules:
      - record: loadtest:threshold
        labels: {scenario: s, objective: error_ratio, bound: max, severity: critical}
        expr: vector(0.1)
      - record: loadtest:threshold_confidence
        labels: {scenario: s, objective: error_ratio, severity: critical}
        expr: vector(0.9)
      - record: loadtest:threshold
        labels:
          {scenario: s, objective: endpoint_latency_p95_seconds, pattern: GET /items*, bound: max, severity: critical}
        expr: (sum by (method, name) (loadtest_requests_total{scenario="s"} and on (run_id) loadtest:run) > 0) * 0 + 0.2
"""

    def confidences(self, folder: Path, confidence: float | None) -> dict[str, float | None]:
        (folder / "own.yml").write_text(self.LINES)
        found = with_confidence(rule_set(DEFAULT_RULES, folder / "own.yml"), confidence)
        written = rule_set(found.write(folder / "rules"))  # as it is read again
        assert sorted(rule.name for rule in written.rules) == sorted(rule.name for rule in found.rules)
        return {each.objective: each.confidence for each in in_force(thresholds_of(written.rules), "s")}

    @pytest.mark.parametrize("confidence", [0.0, 0.99])
    def test_it_is_asked_of_each_threshold_but_of_the_defaults_only_to_be_off(
        self, tmp_path: Path, confidence: float
    ) -> None:
        found = self.confidences(tmp_path, confidence)
        assert found["error_ratio"] == found["endpoint_latency_p95_seconds"] == confidence
        assert found["latency_p95_seconds"] == (0.95 if confidence else 0.0)

    def test_without_it_the_lines_count(self, tmp_path: Path) -> None:
        found = self.confidences(tmp_path, None)
        assert (found["error_ratio"], found["endpoint_latency_p95_seconds"]) == (0.9, None)
