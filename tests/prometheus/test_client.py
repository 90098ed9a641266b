"""The client of Prometheus' HTTP API, against an answer made up."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.series import ScrapeTarget
from tests.doctor.made import MadePrometheus, target


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


def test_a_target_has_the_job_of_its_series_and_its_interval_in_seconds() -> None:
    prometheus = MadePrometheus()
    prometheus.scrape(target("loadtest", "10.0.0.7:9646", health="down", lastError="refused", scrapeInterval="1m30s"))
    assert prometheus.scrape_targets() == (ScrapeTarget("loadtest", "10.0.0.7:9646", "down", "refused", 90.0),)


def test_what_answers_in_html_is_not_prometheus() -> None:
    class Page(requests.Session):
        def get(self, *_: Any, **__: Any) -> requests.Response:
            response = requests.Response()
            response.status_code, response._content = 404, b"<html>"
            return response

    with pytest.raises(PrometheusUnavailableError) as error:
        PrometheusApi("http://shop.test", Page()).version()
    assert str(error.value) == "What answers at http://shop.test is not Prometheus (status 404, not in JSON)"
