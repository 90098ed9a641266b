"""What the dashboard says of a run at each of its moments: never green for one that does not pass."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from grafana.source.boards.run_overview import board
from grafana.source.verdict import (
    ENDED,
    FAIL,
    FAILING,
    FAILING_NOW,
    INCONCLUSIVE,
    INCONCLUSIVE_SO_FAR,
    PASS,
    PASSING,
    UNDER_WAY,
    WAITING,
    verdict_of,
)
from swarmscope.stack.programs.prometheus import find_prometheus
from tests.grafana.dashboard_files import filled

pytestmark = pytest.mark.real

MINUTES = 60
STEP_SECONDS = 10


def series(name: str, begin: int, end: int, value: float | str = 1, run_id: str = "r", **labels: str) -> dict[str, str]:
    """Return a series that has a value from one minute to another, and is gone after that."""
    # What is asked for after a time is not loaded yet here: tests on a real Prometheus look at a run from before.
    shown = ",".join(f'{key}="{text}"' for key, text in {"run_id": run_id, "scenario": "s", **labels}.items())
    a, b = (minute * MINUTES // STEP_SECONDS for minute in (begin, end))
    return {"series": f"{name}{{{shown}}}", "values": " ".join([*(["_"] * a), *([f"{value}"] * (b - a)), "stale"])}


def alert(begin: int, end: int, *, state: str = "firing", gate: str = "objective", **labels: Any) -> dict[str, str]:
    shown = {"severity": "critical", "alertname": "ObjectiveMissed", "objective": "latency_p95_seconds"} | labels
    return series("ALERTS", begin, end, alertstate=state, gate=gate, **shown)


def since(begin: int, end: int, value: float, **labels: str) -> dict[str, str]:
    shown = {"severity": "critical", "alertname": "ObjectiveMissed", "objective": "latency_p95_seconds"} | labels
    return series("ALERTS_FOR_STATE", begin, end, value, gate="objective", **shown)


def missed(severity: str = "critical", since: float = 180, end: int = 9) -> list[dict[str, str]]:
    """Return what the rules record of an objective that the run so far misses."""
    of = {"objective": "latency_p95_seconds", "bound": "max", "severity": severity}
    return [
        series("loadtest:run_missed", 3, end, 4, **of),
        series("loadtest:run_missed_since_seconds", 3, end, since, **of),
    ]


RUNNING = [series("loadtest_run_info", 1, 9), series("loadtest_phase_start_timestamp_seconds", 1, 9, 60, phase="ramp")]
JUDGED = [*RUNNING, series("loadtest:begun_seconds", 2, 9, 120)]
OVER = [*JUDGED, series("loadtest_run_end_timestamp_seconds", 8, 9, 480)]
#: What Prometheus holds, the minute in which it is looked at, and what is said.
MOMENTS: dict[str, tuple[list[dict[str, str]], int, int]] = {
    "no run at all": ([], 5, WAITING),
    "a run of another id": ([series("loadtest_run_info", 1, 9, run_id="other")], 5, WAITING),
    "in the ramp": (RUNNING, 1, UNDER_WAY),
    "all is well": (JUDGED, 5, PASSING),
    "a warning is missed so far": (JUDGED + missed("warning"), 5, PASSING),
    "over the threshold, the alert waits": ([*JUDGED, alert(4, 6, state="pending")], 5, FAILING_NOW),
    "the run so far is over it, the last minute is not": (JUDGED + missed(), 5, FAILING_NOW),
    "only a warning is pending": ([*JUDGED, alert(4, 6, state="pending", severity="warning")], 5, PASSING),
    "only a warning fired": ([*JUDGED, alert(4, 6, severity="warning")], 5, PASSING),
    "an alert fires": ([*JUDGED, alert(4, 6)], 5, FAILING),
    "one of a severity that is not known": ([*JUDGED, alert(4, 6, severity="page")], 5, FAILING),
    "the alert resolved a while ago": ([*JUDGED, alert(3, 4)], 8, FAILING),
    "fifteen minutes after the end": ([*OVER, alert(3, 4)], 24, FAILING),
    "the alert of another run": ([*JUDGED, alert(4, 6, run_id="other")], 5, PASSING),
    "the measurement is in doubt": ([*JUDGED, alert(4, 5, gate="validity")], 7, INCONCLUSIVE_SO_FAR),
    "both": ([*JUDGED, alert(4, 5, gate="validity"), alert(4, 5)], 7, FAILING),
    "over, and the runner has not spoken": (OVER, 9, ENDED),
    "long over, and the runner never spoke": (OVER, 600, ENDED),
    "PASS": ([*OVER, series("loadtest_run_verdict", 9, 10, verdict="pass")], 600, PASS),
    "FAIL, of which no alert spoke": ([*OVER, series("loadtest_run_verdict", 9, 10, verdict="fail")], 12, FAIL),
    "INCONCLUSIVE, of which no alert spoke": (
        [*OVER, series("loadtest_run_verdict", 9, 10, verdict="inconclusive")], 12, INCONCLUSIVE,
    ),
}  # fmt: skip


def require(folder: Path, cases: list[dict[str, Any]]) -> None:
    path = folder / "panel.yml"
    path.write_text(yaml.safe_dump({"rule_files": [], "evaluation_interval": "10s", "tests": cases}))
    promtool = find_prometheus().promtool
    result = subprocess.run([promtool, "test", "rules", path], capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, (result.stdout + result.stderr)[:6000]


def case(name: str, held: list[dict[str, str]], minute: int, query: str, value: float | None) -> dict[str, Any]:
    expected = [] if value is None else [{"labels": "{}", "value": value}]
    check = {"expr": filled(query, {"run_id": "r"}), "eval_time": f"{minute}m", "exp_samples": expected}
    return {"name": name, "interval": f"{STEP_SECONDS}s", "input_series": held, "promql_expr_test": [check]}


def test_the_verdict_is_that_of_the_run_at_each_moment(tmp_path: Path) -> None:
    require(tmp_path, [case(name, *moment[:2], verdict_of(), moment[2]) for name, moment in MOMENTS.items()])


def test_the_first_breach_is_when_the_objective_crossed_and_the_same_from_wherever_it_is_looked_at(
    tmp_path: Path,
) -> None:
    [panel] = [
        panel
        for section in board().sections
        for line in section.lines
        for given in line.panels
        for panel in [(given[0] if isinstance(given, tuple) else given).build()]
        if panel.title == "First breach"
    ]
    query = panel.targets[0].expr
    later = {"objective": "error_ratio"}
    breach = [*OVER, alert(4, 6), since(3, 6, 190), alert(7, 8, **later), since(6, 8, 400, **later)]
    pending_only = [*OVER, since(3, 4, 190)]
    in_the_end = [*OVER, *missed(end=10), alert(9, 10, alertname="ObjectiveMissedOverRun")]
    recovered = [*OVER, *missed(end=5)]
    cases = [case(f"in minute {minute}", breach, minute, query, 130) for minute in (6, 9, 24)]
    cases += [case(f"missed over the run, in minute {minute}", in_the_end, minute, query, 120) for minute in (5, 9, 24)]
    cases += [case("it never fired", pending_only, 9, query, None), case("it recovered", recovered, 9, query, None)]
    require(tmp_path, cases)
