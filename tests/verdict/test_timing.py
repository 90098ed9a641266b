"""Response times in seconds where milliseconds are expected, from answers of Prometheus that are made by hand."""

from __future__ import annotations

import pytest

from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.series import Sample, Series
from swarmscope.verdict.timing import timing_warnings

COUNT, SUM, QUICK = ("loadtest_request_duration_seconds_" + suffix for suffix in ("count", "sum", "bucket"))
NOTED = "loadtest_times_like_seconds"


class Answering(PrometheusApi):
    """Knows the sum of each metric by request type."""

    def __init__(self, figures: dict[str, dict[str, float]]) -> None:
        super().__init__("http://prometheus")
        self._figures = figures

    def instant(self, query: str, at_seconds: float | None = None) -> tuple[Series, ...]:  # noqa: ARG002
        (metric,) = [name for name in (COUNT, SUM, QUICK, NOTED) if f"({name}{{" in query]
        found = self._figures.get(metric, {}).items()
        return tuple(Series({"method": method}, (Sample(0.0, value),)) for method, value in found)


@pytest.mark.parametrize(
    ("method", "count", "seconds", "quick", "is_told"),
    [
        ("grpc", 240, 0.03, 230, True),
        ("grpc", 240, 0.03, 120, False),  # half of them
        ("grpc", 9, 0.003, 9, False),
        ("SIO", 240, 0.0, 240, False),  # an event of no duration
        ("GET", 240, 0.03, 240, False),
        ("get", 240, 0.03, 240, False),
    ],
)
def test_a_type_whose_times_are_mostly_under_a_millisecond_is_told(
    method: str, count: int, seconds: float, quick: int, *, is_told: bool
) -> None:
    prometheus = Answering({COUNT: {method: count}, SUM: {method: seconds}, QUICK: {method: quick}})
    expected = (
        f"the response times of {method} look like seconds, and Locust expects milliseconds:"
        f" {quick / count:.0%} of {count} are under 1 ms"
    )
    assert timing_warnings(prometheus, "r1", 60) == ((expected,) if is_told else ())


def test_a_type_that_the_events_themselves_gave_away_is_told_whatever_it_is_called() -> None:
    prometheus = Answering({COUNT: {"GET": 20}, SUM: {"GET": 0.06}, QUICK: {"GET": 0}, NOTED: {"GET": 1}})
    assert timing_warnings(prometheus, "r1", 60) == (
        (
            "the response times of GET look like seconds, and Locust expects milliseconds: they are as many as the"
            " seconds since start_time"
        ),
    )
