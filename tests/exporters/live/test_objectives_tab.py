"""The tab and the links in the web interface of a real Locust, whose Prometheus is a stand-in."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
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


@dataclass(frozen=True)
class Watched:
    """A Locust that has had a run, the page and the table it showed before, and what Prometheus was asked."""

    locust: Locust
    page_before: str
    table_before: list[dict[str, str]]
    queries: list[str]


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    shop, prometheus = Shop(), Prometheus()
    for server in (shop, prometheus):
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOADTEST_PROMETHEUS_URL", f"http://127.0.0.1:{prometheus.server_port}")
        patch.setenv("LOADTEST_GRAFANA_URL", "http://grafana.test:3000/")
        locust = Locust("single", shop)
    try:
        locust.poll(lambda status: status.get("workers") == 1)
        page, before = requests.get(f"{locust.web}/", timeout=10).text, table(locust)
        locust.run(run_id="watched")
        locust.poll(lambda _: len(table(locust)) > 1)
        yield Watched(locust, page, before, prometheus.queries)
    finally:
        locust.close()
        for server in (shop, prometheus):
            server.shutdown()
            server.server_close()


def table(locust: Locust) -> list[dict[str, str]]:
    document = requests.get(f"{locust.web}/stats/requests", timeout=10).json()
    [stats] = document["extended_stats"]
    assert stats["key"] == "objectives"
    rows: list[dict[str, str]] = stats["data"]
    return rows


def test_the_page_has_the_tab_and_links_to_what_there_is(watched: Watched) -> None:
    assert '"extended_tabs": [{"key": "objectives", "title": "Objectives"}]' in watched.page_before
    assert '<a href="http://grafana.test:3000/d/run-overview" target="_blank"' in watched.page_before
    assert "Live report" not in watched.page_before


def test_before_a_run_the_tab_says_so_and_then_it_shows_the_objectives_of_the_run(watched: Watched) -> None:
    assert [row["objective"] for row in watched.table_before] == ["No run has begun"]
    [whole, row] = table(watched.locust)
    assert (whole["objective"], whole["state"]) == ("The whole run", "passing so far")
    assert row == {
        "name": "0001",
        "objective": "latency p95",
        "endpoint": "<b>/ok</b>",
        "state": "met so far",
        "run_so_far": "100 ms",
        "threshold": "≤ 500 ms",
        "headroom": "80%",
        "last_minute": "-",
        "severity": "critical",
    }
    assert all('run_id="watched"' in query for query in watched.queries)


def test_asking_prometheus_shows_in_no_statistic(watched: Watched) -> None:
    stats = requests.get(f"{watched.locust.web}/stats/requests", timeout=10).json()["stats"]
    assert {entry["name"] for entry in stats} == {"/ok", "/limited", "/broken", "/wrong", "Aggregated"}


def test_a_browser_draws_the_table_and_shows_a_name_as_text(watched: Watched, tmp_path: Path) -> None:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("there is no Chromium here: install the package chromium")
    quiet = ("gpu", "quic", "background-networking", "component-update", "sync", "dev-shm-usage")
    command = [program, "--headless", "--no-sandbox", "--no-first-run", f"--user-data-dir={tmp_path}"]
    command += [*(f"--disable-{what}" for what in quiet), "--virtual-time-budget=10000", "--dump-dom"]
    page = subprocess.run(
        [*command, f"{watched.locust.web}/?tab=objectives"], capture_output=True, text=True, timeout=120, check=True
    ).stdout
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", page)
    assert cells == [
        *("The whole run", "", "passing so far", "", "", "", "", ""),
        *("latency p95", "&lt;b&gt;/ok&lt;/b&gt;", "met so far", "100 ms", "≤ 500 ms", "80%", "-", "critical"),
    ]
    assert re.findall(r'<td[^>]* data-loadtest="(\w+)"[^>]*>([^<]*)<', page) == [
        ("good", "passing so far"),
        ("good", "met so far"),
    ]
    assert '<a href="http://grafana.test:3000/d/run-overview?var-run_id=watched&amp;from=' in page


def test_report_and_verdict_are_served_once_the_run_is_judged_and_gone_with_their_folder(
    watched: Watched, tmp_path: Path
) -> None:
    web, folder = watched.locust.web, tmp_path / "watched"
    folder.mkdir()
    (folder / "report.html").write_text("<p>the report")
    (folder / "secret.txt").write_text("secret")
    verdict = {"run_id": "watched", "outcome": "PASS", "results": str(folder)}
    assert requests.post(f"{web}/loadtest/judge", data=verdict, timeout=10).ok
    document = requests.get(f"{web}/loadtest/page", timeout=10).json()
    assert document["text"] == f"Run watched: PASS\nResults: {folder}"
    assert re.findall('href="(/loadtest/[^"]+)"', document["links"]) == ["/loadtest/results/watched/report.html"]
    assert table(watched.locust)[0] | {"name": ""} == {
        **dict.fromkeys(watched.table_before[0], ""),
        "objective": "The whole run",
        "state": "PASS",
    }
    report = f"{web}/loadtest/results/watched/report.html"
    assert requests.get(report, timeout=10).text == "<p>the report"
    foreign = {"Origin": "http://elsewhere.test"}
    refused = [requests.get(report, headers=foreign, timeout=10), requests.post(report, timeout=10)]
    assert [answer.status_code for answer in refused] == [403, 405]
    assert requests.get(f"{web}/loadtest/results/watched/secret.txt", timeout=10).status_code == 404
    shutil.rmtree(folder)
    assert requests.get(report, timeout=10).status_code == 404
    assert requests.get(f"{web}/loadtest/page", timeout=10).json()["text"].endswith(f"Results: {folder}")
