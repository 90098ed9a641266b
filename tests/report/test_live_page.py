"""The live page: cheap, on loopback, and only under its own address."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.report.html.page import plotly_js
from swarmscope.report.live.head import LiveAddresses
from swarmscope.report.live.panels import MAX_PANELS, RENEWAL_SECONDS, LivePanels
from swarmscope.report.live.server import LiveServer, serving
from swarmscope.run.html_report import live_is_wanted
from tests.report.builders import board, document
from tests.report.fake_prometheus import BEGIN, FakePrometheus, Rows

RUN: dict[str, Rows] = {
    'loadtest_run_start_timestamp_seconds{run_id="one"}': [({"scenario": "smoke"}, BEGIN)],
    'loadtest_run_end_timestamp_seconds{run_id="one"}': [({}, BEGIN + 100)],
    "a": [({"name": "</script><b>"}, 0.02)],
}
BOARD = board(
    document("timeseries", ("a", "{{name}}"), id=1),
    document("table", ("a", "Value"), instant=True, id=2),
    document("stat", ("a", "x"), instant=True, id=3),
    document("timeseries", ("b", "x"), id=4),
)


def panels(prometheus: FakePrometheus, clock: Any = lambda: 0.0, addresses: LiveAddresses | None = None) -> LivePanels:
    return LivePanels(prometheus, "one", "smoke", (BOARD,), clock, addresses)


def under_way(planned_seconds: float | None = None, missed: Rows = (), /, **phases: float) -> FakePrometheus:
    """Return a Prometheus at ``END``, 120 s after the run began; ``phases`` are begins in seconds since then.

    ``missed`` are the objectives that the run so far misses.
    """

    def answer(query: str) -> Rows:
        if query == 'loadtest_run_start_timestamp_seconds{run_id="one"}':
            return [({"scenario": "smoke"}, BEGIN)]
        if "loadtest_phase_start_timestamp_seconds" in query:
            return [({"phase": phase}, BEGIN + begin) for phase, begin in phases.items()]
        if query.startswith("loadtest:run_missed{"):
            return missed
        if "loadtest_run_planned_seconds" in query and planned_seconds is not None:
            return [({}, planned_seconds)]
        if query == 'loadtest_run_end_timestamp_seconds{run_id="one"}' and "done" in phases:
            return [({}, BEGIN + phases["done"])]
        return ()

    return FakePrometheus(answer)


def answered(prometheus: FakePrometheus, part: str, addresses: LiveAddresses | None = None) -> str:
    return str(panels(prometheus, addresses=addresses).document([])[part])


def test_only_the_panels_that_somebody_looks_at_are_asked_for() -> None:
    prometheus = FakePrometheus(RUN)
    live = panels(prometheus)
    live.page()
    assert prometheus.queries == []
    found = live.document(["made-1"])
    assert (list(found["panels"]), prometheus.queries.count("a"), prometheus.queries.count("b")) == (["made-1"], 1, 0)


def test_several_who_look_share_the_answers_until_these_are_too_old() -> None:
    now = 0.0
    prometheus = FakePrometheus(RUN)
    live = panels(prometheus, lambda: now)
    for _ in range(3):
        live.document(["made-1"])
    assert prometheus.queries.count("a") == 1
    now = RENEWAL_SECONDS
    live.document(["made-1"])
    assert prometheus.queries.count("a") == 2


def test_charts_come_as_figures_and_everything_else_as_escaped_html() -> None:
    found = panels(FakePrometheus(RUN)).document(["made-1", "made-2", "made-3", "made-4"])["panels"]
    assert found["made-1"]["chart"]["data"][0]["name"] == "</script><b>"
    assert "&lt;/script&gt;&lt;b&gt;" in found["made-2"]["html"]
    assert "<b>" not in found["made-2"]["html"]
    assert "20 ms" in found["made-3"]["html"]
    assert "Prometheus holds no series" in found["made-4"]["html"]


def test_the_head_says_that_a_run_is_over() -> None:
    assert "OVER" in panels(FakePrometheus(RUN)).document([])["head"]


@pytest.mark.parametrize(
    ("phases", "state"), [({"prepare": 0.0}, "STARTING"), ({"prepare": 0.0, "ramp": 5.0, "steady": 9.0}, "RUNNING")]
)
def test_the_head_says_whether_the_load_has_begun(phases: dict[str, float], state: str) -> None:
    assert f">{state}<" in answered(under_way(**phases), "head")


@pytest.mark.parametrize(
    ("planned_seconds", "phases", "text", "share"),
    [
        (200, {"prepare": 0.0}, "No load yet, 03:20 are planned", "0.0000"),
        (None, {"prepare": 0.0}, "No load yet", ""),
        (200, {"ramp": 20.0}, "01:40 of 03:20 under load · 01:40 left", "0.5000"),
        (None, {"ramp": 20.0}, "01:40 under load · no planned end", ""),
        (80, {"ramp": 20.0}, "01:40 of 01:20 under load · 00:00 left", "1.0000"),
        (80, {"ramp": 20.0, "stopping": 101.0}, "01:21 of 01:20 under load · the load has ended", "1.0000"),
        (
            140,
            {"ramp": 20.0, "stopping": 90.0, "done": 95.0},
            "01:10 of 02:20 under load · the load has ended, and the totals are judged",
            "0.5000",
        ),
    ],
)
def test_the_page_says_how_far_the_load_is_and_what_is_left_of_it(
    planned_seconds: float | None, phases: dict[str, float], text: str, share: str
) -> None:
    shown = answered(under_way(planned_seconds, **phases), "progress")
    assert f'<p class="facts-line">{text}' in shown
    assert (f'<progress max="1" value="{share}" aria-label="Time under load: {text}' in shown) is bool(share)
    assert ("<progress" in shown) is bool(share)


def test_the_head_leads_to_locust_and_to_this_run_in_grafana() -> None:
    shown = answered(under_way(ramp=5.0), "head", LiveAddresses("http://l.test", "http://g.test"))
    begin = round((BEGIN - 15) * 1000)
    assert '<a href="http://l.test" target="_blank" rel="noopener noreferrer">Locust</a>' in shown
    assert f'<a href="http://g.test/d/run-overview?var-run_id=one&amp;from={begin}&amp;to=now" target' in shown


def test_a_run_that_would_fail_now_is_not_shown_in_green_before_an_alert_speaks() -> None:
    missed: Rows = [({"objective": "error_ratio", "severity": "critical", "run_id": "one"}, 0.2)]
    shown = answered(under_way(None, missed, ramp=5.0), "head")
    assert "FAILING NOW" in shown
    assert "is-red" in shown
    assert "error ratio: over the threshold so far" in shown


def test_the_head_leads_nowhere_where_there_is_nothing_else() -> None:
    assert "<a " not in answered(under_way(ramp=5.0), "head")


def test_a_run_under_way_says_what_a_panel_waits_for_and_never_that_there_is_nothing() -> None:
    shown = panels(under_way(ramp=5.0)).document(["made-3", "made-4"])["panels"]
    assert "Begins with the first measurement." in shown["made-3"]["html"]
    assert "Begins with the first measurement." in shown["made-4"]["html"]


def test_the_page_names_the_results_folder_for_when_the_run_is_over() -> None:
    page = panels(FakePrometheus(RUN), addresses=LiveAddresses(results="/srv/<results>/one")).page()
    assert "The verdict and report.html are in /srv/&lt;results&gt;/one." in page


def test_a_run_that_prometheus_does_not_know_yet_is_no_answer() -> None:
    with pytest.raises(PrometheusUnavailableError, match="Prometheus holds nothing of run one yet"):
        panels(FakePrometheus({})).document([])


def test_more_panels_than_fit_on_a_screen_are_not_rendered_at_once() -> None:
    many = board(*(document("stat", ("a", "x"), instant=True, id=n) for n in range(MAX_PANELS + 5)))
    live = LivePanels(FakePrometheus(RUN), "one", "smoke", (many,))
    assert len(live.document(panel.key for panel in many.panels)["panels"]) == MAX_PANELS


@pytest.mark.parametrize(
    ("asked", "embedded", "grafana_url", "wanted"),
    [
        (None, True, None, True),
        (None, True, "http://127.0.0.1:3000", False),
        (None, False, None, False),
        (True, False, "http://127.0.0.1:3000", True),
        (False, True, None, False),
    ],
)
def test_the_page_is_served_where_no_grafana_shows_the_same(
    asked: bool | None, embedded: bool, grafana_url: str | None, wanted: bool
) -> None:
    assert live_is_wanted(asked=asked, embedded=embedded, grafana_url=grafana_url) is wanted


class Made:
    def page(self) -> str:
        return "<p>the page"

    def document(self, keys: list[str]) -> dict[str, object]:
        if "broken" in keys:
            raise PrometheusUnavailableError("Prometheus did not answer")
        if "mistaken" in keys:
            raise ValueError("unknown unit")
        return {"keys": keys}


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    made = LiveServer(Made())
    with serving(made):
        yield made


def ask(
    server: LiveServer, path: str, method: str = "GET", host: str = "", origin: str = ""
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    try:
        headers = {"Host": host, "Origin": origin}
        connection.request(method, path, headers={name: value for name, value in headers.items() if value})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def test_the_server_listens_on_loopback_alone(server: LiveServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    assert server.address == f"http://127.0.0.1:{server.server_port}"


def test_the_page_and_its_panels_are_served_and_not_kept(server: LiveServer) -> None:
    status, headers, body = ask(server, "/")
    assert (status, body, headers["Cache-Control"]) == (200, b"<p>the page", "no-store")
    assert "script-src 'self';" in headers["Content-Security-Policy"]
    status, headers, body = ask(server, "/panels.json?keys=a-1,b-2")
    assert (status, headers["Content-Type"], json.loads(body)) == (200, "application/json", {"keys": ["a-1", "b-2"]})


def test_plotly_is_kept_by_the_browser(server: LiveServer) -> None:
    status, headers, body = ask(server, "/plotly.min.js")
    assert (status, headers["Cache-Control"]) == (200, "private, max-age=86400")
    assert body.decode() == plotly_js()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1"])
def test_another_name_for_this_address_is_refused(server: LiveServer, host: str) -> None:
    status, _, body = ask(server, "/panels.json", host=host.format(port=server.server_port))
    assert (status, body) == (421, b"This page is served to its own address only.\n")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:3000"])
def test_a_page_of_another_origin_is_refused(server: LiveServer, origin: str) -> None:
    status, _, body = ask(server, "/panels.json", origin=origin)
    assert (status, body) == (421, b"This page is served to its own address only.\n")


def test_its_own_origin_is_served(server: LiveServer) -> None:
    assert ask(server, "/panels.json", origin=server.address)[0] == 200


def test_localhost_is_one_of_its_names(server: LiveServer) -> None:
    assert ask(server, "/", host=f"localhost:{server.server_port}")[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_but_reading_is_possible(server: LiveServer, method: str) -> None:
    assert ask(server, "/panels.json", method)[0] == 501


def test_what_is_not_there_is_not_found_and_a_silent_prometheus_is_no_page(server: LiveServer) -> None:
    assert ask(server, "/../verdict.json")[0] == 404
    status, _, body = ask(server, "/panels.json?keys=broken")
    assert (status, body) == (503, b"Prometheus did not answer\n")
    status, _, body = ask(server, "/panels.json?keys=mistaken")
    assert (status, body) == (500, b"ValueError('unknown unit')\n")
