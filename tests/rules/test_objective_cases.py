"""That ObjectiveMissed is proven for each objective: beyond, on and within its threshold, and without a value."""

import subprocess
from pathlib import Path

import pytest
import yaml

from swarmscope.prometheus.thresholds import bound_of
from tests.rules.objective_cases import ObjectiveCase, cases, promtool_test
from tests.rules.rule_files import RULES_DIR, wait_seconds

CASES = cases()


def result_of(promtool: Path, folder: Path, case: ObjectiveCase, rules: Path) -> "subprocess.CompletedProcess[str]":
    test = promtool_test(case, wait_seconds("ObjectiveMissed"))
    document = {"rule_files": [str(rules)], "evaluation_interval": "2s", "tests": [test]}
    path = folder / "case.yml"
    path.write_text(yaml.safe_dump(document))
    return subprocess.run([promtool, "test", "rules", path], capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.objective)
def test_a_case_is_beyond_and_within_its_threshold_on_the_side_that_the_objective_is_bound_on(
    case: ObjectiveCase,
) -> None:
    assert case.bound == bound_of(case.objective)
    assert (case.over > case.threshold > case.under) == (case.bound == "max")
    assert (case.over < case.threshold < case.under) == (case.bound == "min")


@pytest.mark.real
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.objective)
def test_an_objective_fires_beyond_its_threshold_for_so_long_and_not_on_it_within_it_without_a_value_or_a_run(
    promtool: Path, tmp_path: Path, case: ObjectiveCase
) -> None:
    result = result_of(promtool, tmp_path, case, RULES_DIR / "alerts.yml")
    assert result.returncode == 0, (result.stdout + result.stderr)[:4000]


@pytest.mark.real
@pytest.mark.parametrize(
    ("objective", "right", "wrong"),
    [
        ("latency_p50_seconds", "(1 + 1e-12)", "1"),  # fires on the threshold, by a rounding
        ("latency_p50_seconds", "(1 + 1e-12)", "0.9"),  # fires within
        ("latency_p50_seconds", "(1 + 1e-12)", "2"),  # does not fire
        ("citation_ratio", "(1 - 1e-12)", "1"),
        ("citation_ratio", "(1 - 1e-12)", "1.05"),
        ("citation_ratio", "(1 - 1e-12)", "0.5"),
        ("error_ratio", "for: 30s", "for: 28s"),  # fires too early
        ("error_ratio", "for: 30s", "for: 32s"),  # fires too late
        ("latency_p50_seconds", '"_seconds$"', '"_bytes$"'),  # says a duration in another unit
        ("citation_ratio", '"_ratio$"', '"_bytes$"'),
        ("citation_ratio", "objective-{{", "alert-{{"),  # points elsewhere
    ],
)
def test_the_cases_see_a_rule_that_is_wrong(
    promtool: Path, tmp_path: Path, objective: str, right: str, wrong: str
) -> None:
    text = (RULES_DIR / "alerts.yml").read_text()
    assert right in text
    rules = tmp_path / "alerts.yml"
    rules.write_text(text.replace(right, wrong))
    [case] = [case for case in CASES if case.objective == objective]
    result = result_of(promtool, tmp_path, case, rules)
    assert result.returncode == 1
    assert f"name: {objective}" in result.stdout + result.stderr
