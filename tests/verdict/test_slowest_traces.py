"""The slowest traced requests, from answers of Prometheus that are made by hand."""

from __future__ import annotations

from typing import Any

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.verdict.evidence import TracedRequest
from swarmscope.verdict.figures import slowest_traces

SERIES = {"method": "POST", "name": "/api/chat", "outcome": "success", "run_id": "r1"}


class Answering(PrometheusApi):
    """Answers each question alike; an exception is raised."""

    def __init__(self, answer: Any) -> None:
        super().__init__("http://prometheus")
        self.answer = answer
        self.asked: list[tuple[str, dict[str, str | list[str]]]] = []

    def _get(self, path: str, **parameters: str | list[str]) -> Any:
        self.asked.append((path, parameters))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def exemplar(trace_id: str, seconds: str, at: float) -> dict[str, Any]:
    return {"labels": {"trace_id": trace_id}, "value": seconds, "timestamp": at}


def test_the_slowest_come_first_each_once_and_no_more_than_asked_for() -> None:
    prometheus = Answering(
        [
            {
                "seriesLabels": {**SERIES, "le": "0.1"},
                "exemplars": [exemplar("a", "0.09", 5.5), exemplar("b", "0.07", 6)],
            },
            {"seriesLabels": {**SERIES, "le": "2"}, "exemplars": [exemplar("c", "1.9", 7), exemplar("c", "1.9", 7)]},
            {"seriesLabels": SERIES, "exemplars": [{"labels": {"other": "x"}, "value": "9", "timestamp": 1}]},
        ]
    )
    assert slowest_traces(prometheus, "r1", 1.0, 9.5, how_many=2) == (
        TracedRequest("POST", "/api/chat", "success", 1.9, "c", 7.0),
        TracedRequest("POST", "/api/chat", "success", 0.09, "a", 5.5),
    )
    assert prometheus.asked == [
        (
            "/api/v1/query_exemplars",
            {"query": 'loadtest_request_duration_seconds_bucket{run_id="r1"}', "start": "1.0", "end": "9.5"},
        )
    ]


def test_a_run_without_traces_has_none_and_a_prometheus_that_cannot_say_is_no_problem() -> None:
    assert slowest_traces(Answering([]), "r1", 1.0, 9.5) == ()
    assert slowest_traces(Answering(PrometheusUnavailableError("no exemplars here")), "r1", 1.0, 9.5) == ()
