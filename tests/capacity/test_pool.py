"""How many users wait for arrivals, and when these are the limit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from swarmscope.capacity.pool import MAX_USERS, Pool, allowed_seconds, users_were_limit
from swarmscope.objectives import Threshold


def test_users_are_enough_for_answers_as_slow_as_the_thresholds_allow() -> None:
    pool = Pool(allowed=0.5, least=4)
    assert pool.users(100) == 60
    assert pool.users(100) > 100 * 0.5, "by Little's law, so many are under way at once"
    assert replace(pool, doublings=1).users(100) == 120
    assert Pool(0.001, least=40).users(10) == 40
    assert pool.users(1e6) == MAX_USERS


def test_the_slowest_answer_that_a_critical_threshold_of_all_requests_allows_counts() -> None:
    thresholds = [
        Threshold("latency_p95_seconds", 0.5),
        Threshold("endpoint_latency_p95_seconds", 3.0, method="POST", name="/chat"),
        Threshold("latency_p99_seconds", 9.0, severity="warning"),
        Threshold("error_ratio", 0.01),
    ]
    assert allowed_seconds(thresholds[:1]) == 0.5
    assert allowed_seconds(thresholds) == 0.5, "one endpoint is a small part of the requests"
    assert allowed_seconds(thresholds[2:]) == 1.0


@pytest.mark.parametrize(
    ("missed", "late", "kept", "grows", "expected"),
    [
        (("latency_p95_seconds", "dropped_arrivals_ratio"), 2.0, True, False, True),
        (("latency_p95_seconds",), 0.004, True, False, False),
        (("latency_p95_seconds",), 2.0, False, False, False),
        (("latency_p95_seconds",), 2.0, True, True, False),
        (("latency_p95_seconds", "error_ratio"), 2.0, True, False, False),
        (("dropped_arrivals_ratio",), None, True, False, False),
    ],
    ids=["users", "on time", "slow answers", "slower and slower", "errors", "lateness is not known"],
)
def test_users_are_the_limit_only_where_answers_came_in_time(
    missed: tuple[str, ...], late: float | None, kept: bool, grows: bool, expected: bool
) -> None:
    assert users_were_limit(missed, late, service_kept=kept, service_grows=grows) is expected
