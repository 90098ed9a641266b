"""Endpoints with errors, from answers of Prometheus that are made by hand."""

from __future__ import annotations

import re

from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.series import Sample, Series
from swarmscope.verdict.coverage import CoverageReader
from swarmscope.verdict.evidence import EndpointErrors

_QUERY = re.compile(r"sum by \((.+?)\) \((?:last_over_time\()?([\w:]+)\{(.*?)\}")
Row = tuple[dict[str, str], float]


class Answering(PrometheusApi):
    """Sums the rows of each metric as a query by labels would."""

    def __init__(self, rows: dict[str, list[Row]]) -> None:
        super().__init__("http://prometheus")
        self._rows = rows

    def instant(self, query: str, at_seconds: float | None = None) -> tuple[Series, ...]:  # noqa: ARG002
        match = _QUERY.match(query)
        assert match is not None, query
        labels, metric, matcher = match.groups()
        sums: dict[tuple[str, ...], float] = {}
        for row, number in self._rows.get(metric, []):
            if "failure" not in matcher or row["outcome"] == "failure":
                key = tuple(row.get(label, "") for label in labels.split(", "))
                sums[key] = sums.get(key, 0.0) + number
        return tuple(
            Series(dict(zip(labels.split(", "), key, strict=True)), (Sample(0.0, number),))
            for key, number in sums.items()
        )


def requests(name: str, success: int, failure: int) -> list[Row]:
    counts = {"success": success, "failure": failure}
    return [({"method": "GET", "name": name, "outcome": outcome}, count) for outcome, count in counts.items() if count]


def endpoint_errors(*rows: list[Row], errors: list[Row], templates: dict[str, str]) -> tuple[EndpointErrors, ...]:
    answers = {
        "loadtest_requests_total": [row for some in rows for row in some],
        "loadtest_request_errors_total": errors,
        "loadtest_name_template": [({"name": name, "template": template}, 1.0) for name, template in templates.items()],
    }
    return CoverageReader(Answering(answers), "r1", 60).read(None).endpoint_errors


def error(name: str, kind: str, count: int) -> Row:
    return {"method": "GET", "name": name, "error": kind}, count


def test_names_that_share_a_template_are_one_endpoint_and_those_with_ten_requests_are_one_as_well() -> None:
    found = endpoint_errors(
        requests("/items/1", 0, 2),
        requests("/items/2", 3, 9),
        requests("/items/{id}", 20, 30),
        requests("/cart", 90, 10),
        requests("/ok/1", 5, 0),
        errors=[
            error("/items/1", "timeout", 2),
            error("/items/2", "http_5xx", 9),
            error("/items/{id}", "http_5xx", 30),
            error("/cart", "http_4xx", 10),
        ],
        templates={"/items/1": "/items/{id}", "/items/2": "/items/{id}", "/ok/1": "/ok/{id}", "/ok/2": "/ok/{id}"},
    )
    assert found == (
        EndpointErrors("GET", "/items/2", 12, 9, {"http_5xx": 9}),
        EndpointErrors("GET", "/items/{id}", 64, 41, {"timeout": 2, "http_5xx": 39}),
        EndpointErrors("GET", "/cart", 100, 10, {"http_4xx": 10}),
    )
