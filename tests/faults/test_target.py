"""What happens to the system under test in the middle of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.faulted import ITEMS, LOCUSTFILE, NEVER_CALLED, FaultedRun, assert_failed, assert_inconclusive, fired
from tests.faults.target import Behaviour, Target

pytestmark = pytest.mark.real


@pytest.mark.nightly
@pytest.mark.kind(
    "the target answers wrongly", "requests are accepted and never answered, to the end", verdict="INCONCLUSIVE"
)
def test_a_target_that_accepts_and_never_answers_cannot_pass_though_no_request_failed(
    tmp_path: Path, target: Target
) -> None:
    run = FaultedRun(tmp_path, target.url, "--stop-timeout", "4", run_time="12s")  # too short for TargetHangs
    run.wait_until_steady()
    target.behaviour = Behaviour.HANG
    verdict = assert_inconclusive(
        run, "^ledger: cut off: 4 requests of 4 users had no answer when the stop timeout was over$"
    )
    # what was answered before the target hung was answered well, if there was anything: no objective failed
    assert {item["status"] for item in verdict["objectives"]} <= {"PASS", "NO DATA"}
    assert verdict["ledger"]["cut_off"] == 4


@pytest.mark.faults
@pytest.mark.kind("the target answers wrongly", "no request is answered for 20 s of a run of 40 s", verdict="FAIL")
def test_a_target_that_hangs_in_a_short_run_fails_it(tmp_path: Path, target: Target) -> None:
    run = FaultedRun(tmp_path, target.url, "--stop-timeout", "4", run_time="40s")
    run.wait_for(r"(?m)^steady +1\d/")
    target.behaviour = Behaviour.HANG
    assert run.exit_code() == 1, run.text
    assert "TargetHangs" in fired(run.verdict(), "objective")


@pytest.mark.faults
@pytest.mark.kind("the target answers wrongly", "no request is answered for half a minute", verdict="FAIL")
def test_a_target_that_hangs_for_half_a_minute_fails_while_the_run_goes_on(tmp_path: Path, target: Target) -> None:
    run = FaultedRun(tmp_path, target.url, "--stop-timeout", "4", run_time="85s")
    run.wait_for(r"(?m)^steady +4\d/")
    target.behaviour = Behaviour.HANG
    assert run.exit_code() == 1, run.text
    assert "NoRequestsRecorded" in fired(run.verdict(), "objective")


@pytest.mark.faults
@pytest.mark.parametrize(
    ("behaviour", "objectives"),
    [
        (Behaviour.EMPTY, {"error_ratio"}),
        (Behaviour.CLOSE, {"error_ratio", "availability_ratio"}),
        (Behaviour.FAIL, {"error_ratio", "availability_ratio"}),
    ],
)
@pytest.mark.kind("the target answers wrongly", "empty bodies, closed connections, or status 500", verdict="FAIL")
def test_a_target_that_answers_wrongly_fails_the_run(
    tmp_path: Path, target: Target, behaviour: Behaviour, objectives: set[str]
) -> None:
    run = FaultedRun(tmp_path, target.url, run_time="18s")
    run.wait_until_steady()
    target.behaviour = behaviour
    assert_failed(run, *objectives)


@pytest.mark.faults
@pytest.mark.parametrize("behaviour", [Behaviour.CLOSE, Behaviour.FAIL])
@pytest.mark.kind(
    "the target answers wrongly", "closed connections, or status 500, that the users call a success", verdict="FAIL"
)
def test_what_users_call_a_success_is_not_available_for_that(
    tmp_path: Path, target: Target, behaviour: Behaviour
) -> None:
    run = FaultedRun(tmp_path, target.url, run_time="18s", users=6, locustfile=LOCUSTFILE.with_name("accepting.py"))
    run.wait_until_steady()
    target.behaviour = behaviour
    assert_failed(run, "availability_ratio")


@pytest.mark.faults
@pytest.mark.kind("the target answers wrongly", "its name no longer resolves", verdict="FAIL")
def test_a_host_name_that_no_longer_resolves_fails_the_run(tmp_path: Path, target: Target) -> None:
    run = FaultedRun(tmp_path, target.url.replace("127.0.0.1", "localhost"), fault="dns", run_time="18s")
    run.wait_until_steady()
    run.strike()
    assert_failed(run, "error_ratio", "availability_ratio")


@pytest.mark.faults
@pytest.mark.kind("the target answers wrongly", "its name never resolved", verdict="refused")
def test_a_host_name_that_never_resolved_is_one_line_before_anything_is_started(tmp_path: Path) -> None:
    run = FaultedRun(tmp_path, "http://nowhere.invalid")
    assert run.exit_code(40) == 2
    assert run.text.startswith("The API at http://nowhere.invalid does not answer (")
    assert len(run.text.strip().splitlines()) == 1


@pytest.mark.faults
@pytest.mark.kind(
    "rules are not what they should be", "a threshold for an endpoint that is never called", verdict="INCONCLUSIVE"
)
def test_an_objective_whose_endpoint_is_never_called_is_inconclusive(tmp_path: Path, target: Target) -> None:
    run = FaultedRun(tmp_path, target.url, thresholds=(ITEMS, NEVER_CALLED), run_time="18s")
    verdict = assert_inconclusive(
        run,
        "^objectives: 1 of 8 without data: endpoint latency p95 GET /never$",
    )
    assert [item["name"] for item in verdict["objectives"] if item["status"] == "NO DATA"] == ["/never"]
