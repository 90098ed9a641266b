"""Whether response time and service time part, in a sentence."""

from __future__ import annotations

import pytest

from swarmscope.two_times import two_times

WHY = (
    ": requests waited until a user was free to begin them. Endpoints without a threshold of their own are listed with"
    " their service time."
)


def times(**figures: tuple[float, float]) -> dict[str, float]:
    """Return response time and service time by figure."""
    names = ("latency", "service_time")
    return {
        f"{name}_{figure}_seconds": value
        for figure, both in figures.items()
        for name, value in zip(names, both, strict=True)
    }


@pytest.mark.parametrize(
    ("measured", "sentence"),
    [
        (
            times(p50=(0.0021, 0.002), p95=(2.0, 0.0024), p99=(4.4, 0.0031)),
            f"Response time p95 2 s, p99 4.4 s; service time p95 2.4 ms, p99 3.1 ms{WHY}",
        ),
        (
            times(p50=(0.002, 0.002), p95=(0.1, 0.1), p99=(0.22, 0.2)),
            f"Response time p99 220 ms; service time p99 200 ms{WHY}",
        ),
        (times(p50=(0.002, 0.002), p95=(0.104, 0.1), p99=(0.2, 0.2)), ""),
        (times(p50=(0.0034, 0.0026)), ""),  # as late as an event loop is
        (times(p95=(2.0, float("nan"))), ""),
        ({"latency_p95_seconds": 2.0}, ""),
        ({}, ""),
    ],
)
def test_both_times_are_told_where_they_differ_by_more_than_a_twentieth(
    measured: dict[str, float], sentence: str
) -> None:
    assert two_times(measured) == sentence
