"""Durations of user journeys: several requests that are timed as one."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from prometheus_client import Histogram

from swarmscope_exporter.buckets import EDGES_SECONDS

OUTCOMES = ("success", "failure")

TRANSACTION_SECONDS = Histogram(
    "loadtest_transaction_duration_seconds",
    "Duration of a user journey of several requests, in seconds.",
    ["transaction", "outcome"],
    buckets=EDGES_SECONDS,
)


def declare_transactions(names: Iterable[str]) -> None:
    """Create the series of these journeys at 0, before the load."""
    for name, outcome in product(names, OUTCOMES):
        TRANSACTION_SECONDS.labels(name, outcome)


def observe_transaction(name: str, seconds: float, *, success: bool) -> None:
    """Record one journey; ``name`` is one of a few, set in code."""
    TRANSACTION_SECONDS.labels(name, "success" if success else "failure").observe(seconds)
