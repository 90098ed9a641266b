"""Arrivals and paced users when the target stands still, or the generator breaks: a hang cannot hide, books balance."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from swarmscope.project.places import PROJECT_VARIABLE
from tests.faults.faulted import FaultedRun, assert_failed, assert_inconclusive, fired
from tests.places import ROOT
from tests.runs.command import RunCommand

pytestmark = [pytest.mark.real, pytest.mark.alone]

PROGRAMS = Path(__file__).with_name("programs")
ARRIVALS, PACED = PROGRAMS / "arrivals_locustfile.py", PROGRAMS / "paced_locustfile.py"
HANG_SECONDS = 2.5
RATE = 150
#: From the first request that a server sees, which is the look at it before the load, to a hang in the judged part.
AFTER_SECONDS = 14.0


@contextmanager
def stalling_server(after_seconds: float, hang_seconds: float = HANG_SECONDS) -> Iterator[str]:
    """Serve in 2 ms, but stand still for a while; give the address."""
    command = [sys.executable, "-m", "benchmarks.stalling_server", "0", "--after", f"{after_seconds}"]
    command += ["--hang", f"{hang_seconds}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[-1]
        finally:
            server.terminate()


def run_with_arrivals(
    folder: Path, host: str, *arguments: str, users: int = 600, run_time: str = "24s", **given: Any
) -> FaultedRun:
    rate = () if "--rate" in arguments else ("--rate", f"{RATE}/s")
    return FaultedRun(
        folder,
        host,
        *rate,
        *("--spawn-rate", str(users)),
        *arguments,
        users=users,
        run_time=run_time,
        locustfile=ARRIVALS,
        **given,
    )


def measured(verdict: dict[str, Any]) -> dict[str, float]:
    figures: dict[str, float] = verdict["figures"]["measured"]
    return figures


def books(verdict: dict[str, Any]) -> tuple[int, int]:
    """Return how many arrivals were scheduled, and how many are accounted for."""
    arrivals = verdict["arrivals"]
    for counts in arrivals["workers"].values():
        assert counts["scheduled"] == counts["started"] + counts["dropped"] + counts["cut_off"]
    return arrivals["scheduled"], sum(arrivals[each] for each in ("started", "dropped", "cut_off", "lost"))


def quantile_of_a_hang(share: float, observations: float, rate: float) -> float:
    """Return the latency of requests that arrive evenly and wait for the end of a hang, in seconds."""
    return HANG_SECONDS - share * observations / rate


@pytest.mark.nightly
@pytest.mark.kind("the target stands still", "for 2.5 s, under arrivals at one worker or two", verdict="FAIL")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_hang_is_in_the_response_time_as_long_as_it_was(tmp_path: Path, workers: int) -> None:
    with stalling_server(AFTER_SECONDS) as host:
        verdict = assert_failed(run_with_arrivals(tmp_path, host, workers=workers), "latency_p95_seconds")
    scheduled, accounted = books(verdict)
    assert scheduled == accounted > 3000
    assert len(verdict["arrivals"]["workers"]) == workers
    samples = next(o["samples"] for o in verdict["objectives"] if o["objective"] == "latency_p95_seconds")
    for level in (0.95, 0.99):
        expected = quantile_of_a_hang(1 - level, samples, RATE)
        found = measured(verdict)[f"latency_p{level * 100:.0f}_seconds"]
        # As many are slower, of which Poisson has more or fewer, by three standard errors.
        errors = 3 * math.sqrt((1 - level) * samples) / RATE
        assert found == pytest.approx(expected, abs=errors + 0.03), level
    assert fired(verdict, "validity") == set()


@pytest.mark.kind("the target stands still", "under arrivals that too few users are there for", verdict="FAIL")
@pytest.mark.nightly
def test_arrivals_that_no_user_can_take_are_dropped_and_counted(tmp_path: Path) -> None:
    (tmp_path / "swarmscope.toml").write_text(
        f'locustfile = "{ARRIVALS}"\n[scenarios.small]\nspawn_rate = 60\nrun_time = "24s"\n'
        f'arrivals = {{ rate = "{RATE}/s", max_users = 60, max_wait = "1s" }}\n'
    )
    with stalling_server(AFTER_SECONDS) as host:
        of_project = {PROJECT_VARIABLE: str(tmp_path)}
        run = RunCommand(tmp_path, "small", "--host", host, "--workers", "2", environment=of_project)
        verdict = assert_failed(run, "dropped_arrivals_ratio")
    scheduled, accounted = books(verdict)
    assert scheduled == accounted
    # what arrives in the hang, but for those that users take and those that wait for its end
    assert verdict["arrivals"]["dropped"] == pytest.approx((HANG_SECONDS - 1) * RATE - 60, abs=60)


@pytest.mark.nightly
@pytest.mark.kind("the target stands still", "for 2.5 s, under users with a pace", verdict="FAIL")
def test_starts_that_paced_users_miss_in_a_hang_count_with_the_time_they_waited(tmp_path: Path) -> None:
    with stalling_server(AFTER_SECONDS) as host:
        run = FaultedRun(tmp_path, host, "--spawn-rate", "20", users=20, run_time="24s", locustfile=PACED, workers=1)
        verdict = assert_failed(run, "latency_p95_seconds")
    missed, done = verdict["users"]["missed_starts"]["Reader"], verdict["ledger"]["prometheus"]
    assert missed == pytest.approx(HANG_SECONDS * 80, rel=0.25)
    samples = next(o["samples"] for o in verdict["objectives"] if o["objective"] == "latency_p95_seconds")
    expected = quantile_of_a_hang(0.05, samples, 80)
    assert measured(verdict)["latency_p95_seconds"] == pytest.approx(expected, rel=0.12)
    assert measured(verdict)["service_time_p95_seconds"] < 0.2
    assert f"({'Reader'} {missed} of {missed + done})" in run.text


@pytest.mark.kind("the target stands still", "in the last seconds of a run with arrivals", verdict="FAIL")
@pytest.mark.nightly
def test_a_hang_that_outlasts_the_run_is_not_hidden_by_its_stop(tmp_path: Path) -> None:
    with stalling_server(20.0, 60.0) as host:
        verdict = assert_failed(run_with_arrivals(tmp_path, host, "--stop-timeout", "1", users=100))
    scheduled, accounted = books(verdict)
    assert scheduled == accounted
    assert verdict["arrivals"]["cut_off"] > 300
    assert measured(verdict)["latency_p95_seconds"] > 2


@pytest.mark.kind("the load generator breaks", "a worker is killed under arrivals", verdict="INCONCLUSIVE")
@pytest.mark.nightly
def test_arrivals_of_a_worker_that_is_killed_are_lost_and_the_others_take_over(tmp_path: Path) -> None:
    with stalling_server(1000.0) as host:
        run = run_with_arrivals(tmp_path, host, users=100, run_time="25s")
        run.wait_until_steady()
        run.worker().kill()
        verdict = assert_inconclusive(run, r"ledger: arrivals: .* (\d+) lost", r"\(WorkerLost")
    arrivals = verdict["arrivals"]
    assert arrivals["scheduled"] == sum(arrivals[each] for each in ("started", "dropped", "cut_off", "lost"))
    assert 0 < arrivals["lost"] < 0.35 * arrivals["scheduled"], "what came after was shared anew"


@pytest.mark.kind(
    "the load generator breaks", "too few users and a burning generator, under arrivals", verdict="INCONCLUSIVE"
)
@pytest.mark.nightly
def test_drops_of_a_generator_without_cpu_prove_nothing_about_the_target(tmp_path: Path) -> None:
    with stalling_server(1000.0) as host:
        run = run_with_arrivals(tmp_path, host, users=4, run_time="24s", workers=1, fault="burn")
        run.wait_until_steady()
        run.strike()
        verdict = assert_inconclusive(run, r"\(Generator(CpuSaturated|LoopBlocked|LoopLagHigh)")
    scheduled, accounted = books(verdict)
    assert scheduled == accounted


@pytest.mark.nightly
@pytest.mark.kind("the load is stopped", "by Ctrl-C in a burst of arrivals", verdict="INCONCLUSIVE")
def test_books_balance_when_a_burst_is_stopped(tmp_path: Path) -> None:
    with stalling_server(1000.0) as host:
        run = run_with_arrivals(tmp_path, host, "--rate", "1500/s", users=200, run_time="60s")
        run.wait_until_steady()
        time.sleep(2)
        run.interrupt()
        verdict = assert_inconclusive(run)
    scheduled, accounted = books(verdict)
    assert scheduled == accounted > 1000


@pytest.mark.nightly
def test_a_healthy_run_with_arrivals_passes_and_each_of_them_became_a_request(tmp_path: Path) -> None:
    with stalling_server(1000.0) as host:
        run = run_with_arrivals(tmp_path, host, users=100, run_time="20s")
        assert run.exit_code() == 0, run.text
    verdict = run.verdict()
    scheduled, accounted = books(verdict)
    assert scheduled == accounted == verdict["arrivals"]["started"] == verdict["ledger"]["prometheus"]
    assert "Response time p" not in run.text, "both times are the same"


@pytest.mark.nightly
def test_a_worker_that_joins_late_takes_its_share_and_the_books_balance(tmp_path: Path) -> None:
    """Whatever the verdict says of one worker more than planned, each arrival is counted once."""
    with stalling_server(1000.0) as host:
        run = run_with_arrivals(tmp_path, host, users=100, run_time="25s", workers=1)
        run.wait_until_steady()
        first = run.worker()
        with subprocess.Popen(first.cmdline(), cwd=first.cwd(), env=first.environ(), stderr=subprocess.DEVNULL) as late:
            try:
                assert run.exit_code() in {0, 2}, run.text
            finally:
                late.terminate()
    verdict = run.verdict()
    scheduled, accounted = books(verdict)
    assert scheduled == accounted == verdict["ledger"]["prometheus"]
    counts = verdict["arrivals"]["workers"]
    assert len(counts) == 2
    assert all(each["started"] > 100 for each in counts.values())


@pytest.mark.nightly
@pytest.mark.kind("good sums hide it", "requests of greenlets that outlive their users hang", verdict="INCONCLUSIVE")
def test_requests_that_no_user_waits_for_are_cut_off_like_others(tmp_path: Path) -> None:
    with stalling_server(22.0, 60.0) as host:
        arguments = ("--stop-timeout", "2", "--spawn-rate", "20")
        run = FaultedRun(
            tmp_path, host, *arguments, users=20, run_time="24s", locustfile=PROGRAMS / "spawning_locustfile.py"
        )
        verdict = assert_inconclusive(run, r"ledger: cut off: \d\d+ requests")
    assert verdict["ledger"]["cut_off"] > 20
