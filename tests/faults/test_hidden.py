"""What a sum over the run would hide: several kinds in one run, each of which is found by itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.faults.faulted import assert_failed, assert_inconclusive
from tests.faults.target import Target
from tests.faults.test_judging_again import judge
from tests.runs.command import RunCommand

pytestmark = [pytest.mark.real, pytest.mark.faults]

PROGRAMS = Path(__file__).with_name("programs")
SCENARIO = "hidden"
#: So wide that only what is about one kind can be missed.
WIDE = (("error_ratio", "max", 0.5), ("latency_p95_seconds", "max", 0.5))

#: Missed while each task computes.
TIGHT = ("latency_p95_seconds", "max", 0.1)


def run_of(
    folder: Path, program: str, host: str, *arguments: str, limits: Iterable[tuple[str, str, float]]
) -> RunCommand:
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        f"    - {{record: loadtest:threshold, labels: {{scenario: {SCENARIO}, objective: {objective}, bound: {bound},"
        f" severity: critical}}, expr: vector({value})}}"
        for objective, bound, value in limits
    ]
    thresholds = folder / "own.yml"
    thresholds.write_text("\n".join(["groups:", "  - name: own", "    rules:", *lines, ""]))
    files = ("--locustfile", str(PROGRAMS / program), "--thresholds", str(thresholds), "--host", host)
    return RunCommand(folder, SCENARIO, *files, *arguments)


@pytest.mark.kind(
    "good sums hide it", "answers over WS take 3 s; HTTP is quick, and many events say 0 ms", verdict="FAIL"
)
@pytest.mark.kind("good sums hide it", "one endpoint fails each time, with few of all requests", verdict="FAIL")
@pytest.mark.kind("good sums hide it", "WebSocket connections are cut", verdict="FAIL")
@pytest.mark.kind("good sums hide it", "log-ins fail in the ramp: a warning, beside what fails", verdict="FAIL")
def test_slow_answers_a_broken_endpoint_and_cut_connections_fail_a_run_whose_sums_are_good(
    tmp_path: Path, target: Target
) -> None:
    load = ("--users", "4", "--spawn-rate", "4", "--run-time", "12s")
    run = run_of(tmp_path, "covered.py", target.url, *load, limits=WIDE)
    verdict = assert_failed(run)
    status = {item["objective"]: item["status"] for item in verdict["objectives"] if not item["method"]}
    assert status == {
        "latency_p95_seconds": "FAIL",  # answers over WS take 3 s, whatever else says 0 ms
        "latency_p99_seconds": "WARNING",
        "error_ratio": "PASS",
        "availability_ratio": "PASS",
        "endpoint_error_ratio": "FAIL",
        "websocket_drop_ratio": "FAIL",
        "ramp_error_ratio": "WARNING",
    }
    broken = {entry["name"]: entry for entry in verdict["figures"]["endpoint_errors"]}
    assert broken["/checkout"]["failures"] == broken["/checkout"]["requests"] >= 10
    assert broken["/checkout"]["errors"] == {"validation": broken["/checkout"]["failures"]}
    (left_out,) = verdict["figures"]["left_out"]
    assert (left_out["method"], left_out["why"]) == ("WSR", "no_time")
    assert left_out["ratio"] > 0.2
    for text in (run.text, *((run.folder / name).read_text() for name in ("verdict.md", "report.html"))):
        assert "/checkout" in text
        assert "Failures in the ramp" in text
        assert "(no time measured)" in text


@pytest.mark.kind("the load is not what was asked for", "half of the users (fixed_count)", verdict="INCONCLUSIVE")
@pytest.mark.kind(
    "the load is not what was asked for", "the users' code ends the run before its time", verdict="INCONCLUSIVE"
)
@pytest.mark.kind("the load generator breaks", "each task computes for 100 ms", verdict="INCONCLUSIVE")
def test_a_starved_generator_missing_users_and_an_early_end_void_a_run_and_do_so_without_its_results(
    tmp_path: Path, target: Target
) -> None:
    load = ("--users", "10", "--spawn-rate", "10", "--run-time", "60s")
    run = run_of(tmp_path, "starved.py", target.url, *load, limits=(*WIDE[:1], TIGHT))
    reasons = (
        r"^run: the run ended after \d+ s of the 60 s that were planned: the users' code",
        r"^users: [45]\d\.\d% of \d+ user-seconds that were asked for$",
        r"\(Generator(CpuSaturated|LoopBlocked) \d\), (\d times )?from ",
        r"^latency p95 [\d.]+ m?s, limit [\d.]+ m?s, over .*, as measured by a saturated generator$",
    )
    verdict = assert_inconclusive(run, *reasons)
    assert verdict["run"]["ending"] == "quit"
    shutil.rmtree(run.folder)
    again = judge(tmp_path, "--run-id", verdict["run"]["run_id"])
    assert again.returncode == 2, again.stdout
    assert "ended after" in again.stdout
