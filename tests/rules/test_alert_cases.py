"""That the promtool tests have, for each alert, all the cases that its liveness and its silence rest on."""

import re
from functools import cache
from typing import Any

import pytest

from tests.rules.rule_files import alert_names, held_alerts, promtool_tests, wait_seconds

#: "over" has to fire; each of the others has to be silent. A suffix tells variants apart: over-nan, under-ramp.
KINDS = {"over", "at", "under", "nan", "missing"}
INTERVAL_SECONDS = 2
RUN_BEGINS_SECONDS = 10
RUN_ENDS_SECONDS = 62
SENTENCE = re.compile(r"[A-Z]\w+: [a-z].{30,}[^.]$")


@cache
def cases_of(alert: str) -> tuple[dict[str, Any], ...]:
    return tuple(entry for entry in promtool_tests() if entry["name"].startswith(f"{alert}:"))


def run_ids(case: dict[str, Any]) -> set[str]:
    found = (re.search(r'run_id="([^"]+)"', series["series"]) for series in case["input_series"])
    return {match.group(1) for match in found if match}


def checks_of(alert: str, case: dict[str, Any]) -> dict[int, set[str]]:
    """By time in seconds, the runs for which the alert is expected to fire."""
    checks = case["alert_rule_test"]
    assert {check["alertname"] for check in checks} == {alert}
    return {
        int(check["eval_time"].removesuffix("s")): {
            one["exp_labels"]["run_id"] for one in check.get("exp_alerts") or []
        }
        for check in checks
    }


def hold_seconds(case: dict[str, Any]) -> int:
    """Return what the exporter says in a case; 30 s hold where it says nothing."""
    held = [series["values"] for series in case["input_series"] if series["series"].startswith("loadtest_hold_seconds")]
    return min((int(match[1]) for values in held if (match := re.search(r" (\d+)x", values))), default=30)


@pytest.mark.parametrize("alert", sorted(held_alerts()))
def test_an_alert_on_a_condition_that_lasts_has_a_case_of_a_short_run(alert: str) -> None:
    assert 6 in {hold_seconds(case) for case in cases_of(alert)}


@pytest.mark.parametrize("alert", alert_names())
def test_an_alert_has_a_case_of_each_kind(alert: str) -> None:
    kinds = {run_id.partition("-")[0] for case in cases_of(alert) for run_id in run_ids(case)}
    assert kinds == KINDS


@pytest.mark.parametrize("alert", alert_names())
def test_an_alert_fires_for_runs_beyond_the_threshold_and_no_others(alert: str) -> None:
    expected = {run_id for case in cases_of(alert) for run_id in run_ids(case) if run_id.startswith("over")}
    fired = {run_id for case in cases_of(alert) for runs in checks_of(alert, case).values() for run_id in runs}
    assert fired == expected


@pytest.mark.parametrize("alert", alert_names())
def test_an_alert_is_silent_just_before_its_time(alert: str) -> None:
    firing = [case for case in cases_of(alert) if any(checks_of(alert, case).values())]
    assert firing
    for case in firing:
        checks = checks_of(alert, case)
        first = min(time for time, runs in checks.items() if runs)
        waits = hold_seconds(case) if alert in held_alerts() else wait_seconds(alert)
        if waits:
            assert first >= RUN_BEGINS_SECONDS + waits
            assert checks.get(first - INTERVAL_SECONDS) == set()


@pytest.mark.parametrize("alert", alert_names())
def test_an_alert_is_silent_before_and_after_a_run(alert: str) -> None:
    for case in cases_of(alert):
        checks = checks_of(alert, case)
        assert min(checks) < RUN_BEGINS_SECONDS
        assert max(checks) >= RUN_ENDS_SECONDS
        assert checks[min(checks)] == checks[max(checks)] == set()


@pytest.mark.parametrize("name", [entry["name"] for alert in alert_names() for entry in cases_of(alert)])
def test_the_name_of_a_case_is_a_sentence(name: str) -> None:
    assert SENTENCE.match(name)


def test_every_promtool_test_is_about_an_alert_that_exists_or_about_what_is_measured() -> None:
    for entry in promtool_tests():
        assert "promql_expr_test" in entry or entry["name"].partition(":")[0] in alert_names(), entry["name"]
