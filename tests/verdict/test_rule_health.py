"""Whether rules failed is known from Prometheus' own counters, of the run and not of the time before it."""

from __future__ import annotations

import pytest

from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.series import Sample, Series
from swarmscope.verdict.evidence import RunFacts
from swarmscope.verdict.read import RunReader
from tests.verdict.builders import END, LOAD_START, evidence

COUNTER = "prometheus_rule_evaluation_failures_total"


def increase(*samples: tuple[float, float]) -> float | None:
    class Counting(PrometheusApi):
        def raw(self, selector: str, range_seconds: float, at_seconds: float | None = None) -> tuple[Series, ...]:  # noqa: ARG002
            return (Series({}, tuple(Sample(*sample) for sample in samples)),) if samples else ()

    reader = RunReader(Counting("http://unset"), "run")
    reader._end_seconds = END
    facts: RunFacts = evidence().run
    return reader._increase(COUNTER, facts, 200.0)


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ((), None),
        (((LOAD_START - 30, 3.0), (LOAD_START - 2, 3.0)), None),
        (((LOAD_START - 2, 3.0), (LOAD_START + 2, 3.0)), 0.0),
        (((LOAD_START - 2, 3.0), (LOAD_START + 2, 5.0)), 2.0),
    ],
)
def test_a_prometheus_that_stopped_scraping_itself_before_the_load_knows_nothing_of_failures(
    samples: tuple[tuple[float, float], ...], expected: float | None
) -> None:
    assert increase(*samples) == expected
