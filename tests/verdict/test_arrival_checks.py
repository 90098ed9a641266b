"""Arrivals that are not accounted for, and starts that users missed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from swarmscope.verdict.arrival_checks import ARRIVALS_CHECK, arrival_checks, missed_starts
from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import ArrivalCounts, Arrivals
from swarmscope.verdict.user_facts import UserFacts
from swarmscope.verdict.verdict import Outcome
from tests.verdict.builders import evidence

WORKERS = {"0": ArrivalCounts(6000, 5950, 40, 10), "1": ArrivalCounts(6000, 5950, 40, 10)}
WHOLE = Arrivals(12_000, 11_900, 80, 20, 0, WORKERS)


def workers(one: ArrivalCounts) -> dict[str, ArrivalCounts]:
    return {**WORKERS, "1": one}


def test_arrivals_that_are_all_accounted_for_are_no_doubt() -> None:
    verdict = decide(evidence(arrivals=WHOLE))
    (check,) = arrival_checks(WHOLE)
    assert check in verdict.checks
    assert check.figure == "12000 scheduled = 11900 started + 80 dropped + 20 cut off + 0 lost"
    assert (verdict.outcome, verdict.arrivals) == (Outcome.PASS, WHOLE)


@pytest.mark.parametrize(
    ("arrivals", "figure"),
    [
        (
            replace(WHOLE, started=11_880, lost=20, workers=workers(ArrivalCounts(6000, 5930, 40, 10))),
            ("12000 scheduled = 11880 started + 80 dropped + 20 cut off + 20 lost: worker 1 knows of 5980 of its 6000"),
        ),
        (
            replace(WHOLE, started=11_880, lost=20),
            "12000 scheduled = 11880 started + 80 dropped + 20 cut off + 20 lost",
        ),
        (replace(WHOLE, dropped=79), "12000 scheduled ≠ 11900 started + 79 dropped + 20 cut off + 0 lost"),
        (
            replace(WHOLE, workers={"0": ArrivalCounts(6000, 5951, 40, 10), "1": ArrivalCounts(6000, 5949, 40, 10)}),
            (
                "12000 scheduled = 11900 started + 80 dropped + 20 cut off + 0 lost: worker 0 knows of 6001 of its"
                " 6000, worker 1 knows of 5999 of its 6000"
            ),
        ),
        (
            Arrivals(7, 0, 0, 0, 7, {str(number): ArrivalCounts(1, 0, 0, 0) for number in range(7)}),
            (
                "7 scheduled = 0 started + 0 dropped + 0 cut off + 7 lost: worker 0 knows of 0 of its 1, worker 1 knows"
                " of 0 of its 1, worker 2 knows of 0 of its 1, worker 3 knows of 0 of its 1, worker 4 knows of 0 of"
                " its 1 and 2 more"
            ),
        ),
    ],
)
def test_arrivals_that_are_lost_or_unknown_in_total_or_to_a_worker_are_inconclusive(
    arrivals: Arrivals, figure: str
) -> None:
    verdict = decide(evidence(arrivals=arrivals))
    assert (verdict.outcome, verdict.reasons) == (Outcome.INCONCLUSIVE, (f"{ARRIVALS_CHECK}: {figure}",))


def test_a_run_without_arrivals_has_no_such_check() -> None:
    assert ARRIVALS_CHECK not in [check.name for check in decide(evidence()).checks]


@pytest.mark.parametrize(
    ("missed", "done", "sentence"),
    [
        (
            {"ApiUser": 39},
            {"ApiUser": 201, "Other": 7},
            "1 in 6 starts missed: users were still busy with the request before (ApiUser 39 of 240)",
        ),
        (
            {"Quick": 0, "Slow": 70, "Slower": 70},
            {"Quick": 20, "Slow": 30, "Slower": 10},
            ("70 % of starts missed: users were still busy with the request before (Slow 70 of 100, Slower 70 of 80)"),
        ),
    ],
)
def test_missed_starts_are_a_warning_with_their_share(
    missed: dict[str, int], done: dict[str, int], sentence: str
) -> None:
    users = replace(evidence().users, missed_starts=missed, iterations_of=done)
    verdict = decide(evidence(users=users))
    assert (verdict.outcome, verdict.warnings) == (Outcome.PASS, (sentence,))


@pytest.mark.parametrize("missed", [{}, {"ApiUser": 0}])
def test_users_that_missed_no_start_are_not_mentioned(missed: dict[str, int]) -> None:
    assert list(missed_starts(UserFacts(iterations_of={"ApiUser": 9}, missed_starts=missed))) == []
