"""A run against the runs of a baseline, as a part of its verdict."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest

from swarmscope.compare.comparison import Comparison, Side
from swarmscope.compare.judge import RUN_POLICY, compare_runs
from swarmscope.report.verdict_json import to_json
from swarmscope.verdict.decide import decide
from swarmscope.verdict.regression import COMPARED
from swarmscope.verdict.stored import judged_run
from swarmscope.verdict.verdict import JudgedRun, Outcome, Status, Verdict
from tests.compare.made import CHAT, LIST, Load, summary
from tests.verdict.builders import evidence

LIMIT = 0.05


def against(runs: int, slower: float = 1.0, endpoints: tuple[tuple[str, str], ...] = (CHAT, LIST)) -> Comparison:
    """Return the comparison of a run with so many baseline runs that differ by about 0.5 %."""
    chance = random.Random(1)
    before = [
        summary({CHAT: Load(0.1 * level), LIST: Load(0.02 * level)})
        for level in (chance.gauss(1.0, 0.005) for _ in range(runs))
    ]
    loads = {CHAT: Load(0.1 * slower), LIST: Load(0.02)}
    own = summary({key: load for key, load in loads.items() if key in endpoints})
    policy = replace(RUN_POLICY, margin=LIMIT)
    return compare_runs(Side("baseline", tuple(before)), Side("run", (own,)), policy, figures={COMPARED})


def judged(comparison: Comparison | None, problem: str = "") -> Verdict:
    return decide(evidence(comparison=comparison, regression_limit=LIMIT, comparison_problem=problem))


def statuses(verdict: Verdict) -> dict[str, Status]:
    return {result.objective.title: result.status for result in verdict.objectives}


def test_a_run_like_its_baseline_passes_and_says_against_what() -> None:
    verdict = judged(against(8))
    assert verdict.outcome is Outcome.PASS
    assert statuses(verdict)["regression ratio"] is Status.PASS
    assert statuses(verdict)["endpoint regression ratio GET /chat"] is Status.PASS
    (check,) = (check for check in verdict.checks if check.name == "baseline")
    assert (check.ok, check.figure) == (True, "p95 of all requests and 2 endpoints, against 8 baseline runs")


def test_an_endpoint_that_became_worse_fails_the_run_and_is_named() -> None:
    verdict = judged(against(8, slower=1.3))
    assert verdict.outcome is Outcome.FAIL
    assert statuses(verdict)["endpoint regression ratio GET /chat"] is Status.FAIL
    assert statuses(verdict)["endpoint regression ratio POST /list"] is Status.PASS
    (reason,) = (reason for reason in verdict.reasons if "GET /chat" in reason)
    assert reason.startswith("latency p95 GET /chat ")
    assert reason.endswith(" ms is 30 % worse than 8 baseline runs (239 ms), allowed 5 %")


def test_few_baseline_runs_fail_nothing_and_pass_nothing() -> None:
    for slower in (1.0, 3.0):
        verdict = judged(against(4, slower=slower))
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert statuses(verdict)["regression ratio"] is Status.UNDECIDED
        (reason,) = verdict.reasons
        assert reason.startswith("baseline: cannot tell 3 of 3 from 4 baseline runs: latency p95 ")
        assert "about 1 more baseline run)" in reason


def test_a_run_that_was_not_compared_does_not_pass() -> None:
    verdict = judged(None, "not comparable with the baseline: other machine: x and y")
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reasons == ("baseline: not comparable with the baseline: other machine: x and y",)


def test_an_endpoint_that_has_vanished_does_not_pass() -> None:
    verdict = judged(against(8, endpoints=(LIST,)))
    assert verdict.outcome is not Outcome.PASS
    assert any("GET /chat" in reason for reason in verdict.reasons)


def test_a_faster_run_passes() -> None:
    verdict = judged(against(8, slower=0.5))
    assert verdict.outcome is Outcome.PASS


@pytest.mark.parametrize("slower", [1.0, 1.3], ids=["same", "worse"])
def test_it_is_read_back_as_it_was_written(slower: float) -> None:
    verdict = judged(against(8, slower=slower))
    read = judged_run(json.loads(to_json(JudgedRun(verdict)))).verdict
    assert (read.outcome, statuses(read)) == (verdict.outcome, statuses(verdict))
