"""Arrivals and missed starts, from answers of Prometheus that are made by hand."""

from __future__ import annotations

import re
from typing import cast

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.series import Sample, Series
from swarmscope.verdict.evidence import ArrivalCounts, Arrivals
from swarmscope.verdict.read import RunReader
from swarmscope.verdict.read_arrivals import read_arrivals
from swarmscope.verdict.read_users import read_user_facts
from tests.report.fake_prometheus import FakePrometheus, Rows

TOTAL, BY_WORKER = "loadtest_arrivals_total", "loadtest_worker_arrivals_total"
ROWS: dict[str, Rows] = {
    "loadtest_arrivals_scheduled_total": [({}, 10.0)],
    TOTAL: [({"outcome": outcome}, count) for outcome, count in {"started": 6.0, "dropped": 3.0, "lost": 1.0}.items()],
    "loadtest_worker_arrivals_scheduled_total": [({"worker": "0"}, 8.0), ({"worker": "1"}, 2.0)],
    BY_WORKER: [
        ({"worker": "0", "outcome": "started"}, 5.0),
        ({"worker": "0", "outcome": "dropped"}, 3.0),
        ({"worker": "1", "outcome": "started"}, 1.0),
    ],
    "loadtest_missed_starts_total": [({"user_class": "ApiUser"}, 4.0)],
}


def prometheus(rows: dict[str, Rows], lateness: float) -> PrometheusApi:
    """Return one that answers by the metric that a query names."""

    def answer(query: str) -> Rows:
        found = re.search(r"loadtest_\w+", query)
        assert found, query
        return [({}, lateness)] if query.startswith("histogram_quantile") else rows.get(found[0], ())

    class Answering(FakePrometheus):
        def value(self, query: str) -> float | None:
            return next((value for _, value in self._rows(query)), None)

    return cast(PrometheusApi, Answering(answer))


def test_what_became_of_arrivals_is_read_in_total_and_by_worker() -> None:
    assert read_arrivals(prometheus(ROWS, 0.25), "r", 60) == Arrivals(
        scheduled=10,
        started=6,
        dropped=3,
        cut_off=0,
        lost=1,
        workers={"0": ArrivalCounts(8, 5, 3, 0), "1": ArrivalCounts(2, 1, 0, 0)},
        lateness_p50_seconds=0.25,
        lateness_p99_seconds=0.25,
    )


def test_without_an_arrival_that_began_lateness_is_not_known() -> None:
    found = read_arrivals(prometheus(ROWS, float("nan")), "r", 60)
    assert found is not None
    assert found.lateness_p99_seconds is None


def test_a_run_without_arrivals_has_none() -> None:
    assert read_arrivals(prometheus({}, 0.0), "r", 60) is None


def test_missed_starts_are_facts_of_the_users() -> None:
    assert read_user_facts(prometheus(ROWS, 0.0), "r", 60).missed_starts == {"ApiUser": 4}


class Broken(PrometheusApi):
    """Holds a run, and answers to nothing about its arrivals."""

    def instant(self, query: str, at_seconds: float | None = None) -> tuple[Series, ...]:  # noqa: ARG002
        if "arrivals" in query:
            raise PrometheusUnavailableError("too many samples")
        return ()

    def raw(self, selector: str, range_seconds: float, at_seconds: float | None = None) -> tuple[Series, ...]:  # noqa: ARG002
        return (Series({}, (Sample(1.0, 1.0),)),) if "run_start" in selector else ()

    def rules(self) -> tuple[()]:
        return ()

    def exemplars(self, *_: object) -> tuple[()]:
        return ()

    def ready(self) -> bool:
        return True

    def as_of(self, at_seconds: float | None) -> PrometheusApi:  # noqa: ARG002
        return self


def test_arrivals_that_cannot_be_read_are_a_problem() -> None:
    found = RunReader(Broken("http://unset"), "r").read()
    assert (found.arrivals, found.problems) == (None, ("too many samples",))
