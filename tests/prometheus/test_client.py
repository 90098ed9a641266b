"""The client of Prometheus' HTTP API, against an answer made up."""

from __future__ import annotations

from typing import Any

import requests

from swarmscope.prometheus.client import PrometheusApi


class _Session(requests.Session):
    """Answers each query to be formatted with itself in parentheses."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def post(self, *_: Any, **parameters: Any) -> requests.Response:
        query = parameters["data"]["query"]
        self.asked.append(query)
        response = requests.Response()
        response._content = f'{{"status": "success", "data": "({query})"}}'.encode()
        return response


def test_a_query_is_formatted_by_prometheus_and_each_is_asked_for_once() -> None:
    session = _Session()
    prometheus = PrometheusApi("http://127.0.0.1:9090", session)
    assert [prometheus.formatted(query) for query in ("up", "up == 0", "up")] == ["(up)", "(up == 0)", "(up)"]
    assert session.asked == ["up", "up == 0"]
