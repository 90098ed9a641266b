"""The tab and the links in the web interface of a real Locust, whose Prometheus is a stand-in."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests

from tests.exporters.live.test_modes import Locust, Shop
from tests.exporters.test_objectives import P95, limit, measured

pytestmark = pytest.mark.real


class Prometheus(ThreadingHTTPServer):
    """Answers every query with one objective, whose name is not harmless, and keeps the queries."""

    daemon_threads = True

    def __init__(self) -> None:
        self.queries: list[str] = []
        super().__init__(("127.0.0.1", 0), PrometheusHandler)


class PrometheusHandler(BaseHTTPRequestHandler):
    server: Prometheus

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.queries.append(form["query"][0])
        named = P95 | {"name": "<b>/ok</b>"}
        body = json.dumps({"status": "success", "data": {"result": [limit(0.5, named), measured(0.1, named)]}})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def servers() -> Iterator[tuple[Shop, Prometheus]]:
    shop, prometheus = Shop(), Prometheus()
    for server in (shop, prometheus):
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield shop, prometheus
    for server in (shop, prometheus):
        server.shutdown()
        server.server_close()


def table(locust: Locust) -> list[dict[str, str]]:
    document = requests.get(f"{locust.web}/stats/requests", timeout=10).json()
    [stats] = document["extended_stats"]
    assert stats["key"] == "objectives"
    rows: list[dict[str, str]] = stats["data"]
    return rows


def test_the_tab_shows_the_objectives_of_the_run_and_the_page_leads_to_grafana(
    servers: tuple[Shop, Prometheus], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, prometheus = servers
    monkeypatch.setenv("LOADTEST_PROMETHEUS_URL", f"http://127.0.0.1:{prometheus.server_port}")
    monkeypatch.setenv("LOADTEST_GRAFANA_URL", "http://grafana.test:3000/")
    locust = Locust("single", shop)
    try:
        locust.poll(lambda status: status.get("workers") == 1)
        assert [row["objective"] for row in table(locust)] == ["No run has begun"]
        page = requests.get(f"{locust.web}/", timeout=10).text
        assert '"extended_tabs": [{"key": "objectives", "title": "Objectives"}]' in page
        assert '<a href="http://grafana.test:3000/d/run-overview" target="_blank"' in page
        assert "Live report" not in page
        locust.run(run_id="watched")
        locust.poll(lambda _: len(table(locust)) > 1)
        assert table(locust) == table(locust)
        [whole, row] = table(locust)
        assert (whole["objective"], whole["state"]) == ("The whole run", "passing so far")
        assert row == {
            "name": "0001",
            "objective": "latency p95",
            "endpoint": "<b>/ok</b>",  # text in JSON, which the page shows as text
            "threshold": "≤ 500 ms",
            "last_minute": "-",
            "run_so_far": "100 ms",
            "severity": "critical",
            "state": "met so far",
        }
        assert all('run_id="watched"' in query for query in prometheus.queries)
        stats = requests.get(f"{locust.web}/stats/requests", timeout=10).json()["stats"]
        assert {entry["name"] for entry in stats} == {"/ok", "/limited", "/broken", "/wrong", "Aggregated"}
    finally:
        locust.close()
