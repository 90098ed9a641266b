"""Who may use the web interface of a real Locust: raw requests to each of its routes, and a page in a real browser."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from tests.exporters.live.test_modes import Locust, Shop
from tests.grafana.browse import CHROMIUM
from tests.places import ROOT

pytestmark = pytest.mark.real

EVIL = "http://evil.example"


@pytest.fixture(scope="module")
def locust() -> Iterator[Locust]:
    shop = Shop()
    threading.Thread(target=shop.serve_forever, args=(0.05,), daemon=True).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOADTEST_WEB_HOSTS", "load.example, loadgen")
        processes = Locust("single", shop)
    try:
        processes.poll(lambda status: status.get("workers") == 1)
        yield processes
    finally:
        processes.close()
        shop.shutdown()
        shop.server_close()


@pytest.fixture(scope="module")
def requests_of(locust: Locust) -> list[tuple[str, str]]:
    """Return each method of each route that Locust's web interface has, the locustfile's own included."""
    routes = requests.get(f"{locust.web}/routes", timeout=10).json()
    found = [(method, path.replace("<path:", "").replace(">", "")) for path, methods in routes for method in methods]
    assert {("POST", "/swarm"), ("POST", "/stop"), ("POST", "/stats/reset"), ("POST", "/user"), ("POST", "/routes")} < {
        *found
    }
    return [*found, ("GET", "/stop"), ("GET", "/stats/reset"), ("GET", "/swarm"), ("GET", "/not-there")]


def statuses(locust: Locust, sent: list[tuple[str, str]], headers: dict[str, str]) -> dict[tuple[str, str], int]:
    form = {"user_count": "1", "spawn_rate": "1", "host": locust.host}
    return {
        (method, path): requests.request(
            method,
            f"{locust.web}{path}",
            data=form if method == "POST" else None,
            headers=headers,
            timeout=10,
            allow_redirects=False,
        ).status_code
        for method, path in sent
    }


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:8089", "Origin": "http://evil.example:8089"},
        {"Host": "127.0.0.1.evil.example"},
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"},
    ],
    ids=str,
)
def test_every_route_refuses_what_a_page_of_another_site_sends_and_nothing_starts(
    locust: Locust, requests_of: list[tuple[str, str]], headers: dict[str, str]
) -> None:
    assert statuses(locust, requests_of, headers) == dict.fromkeys(requests_of, 403)
    assert (locust.status()["run_id"], locust.status()["state"]) == (None, "ready")


def test_a_form_of_another_site_that_navigates_is_refused_and_a_link_is_followed(locust: Locust) -> None:
    navigating = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    posts = [("POST", path) for path in ("/swarm", "/stop", "/stats/reset", "/user")]
    assert statuses(locust, posts, navigating) == dict.fromkeys(posts, 403)
    assert statuses(locust, [("GET", "/")], navigating) == {("GET", "/"): 200}


@pytest.mark.parametrize(
    "host",
    ["localhost:8089", "127.0.0.1", "[::1]:8089", "10.0.0.5:8089", "[fd00::5]:8089", "load.example", "LOADGEN:8089"],
)
def test_addresses_localhost_and_the_names_of_the_setting_are_answered(locust: Locust, host: str) -> None:
    for headers in ({"Host": host}, {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}):
        assert statuses(locust, [("GET", "/loadtest/run"), ("POST", "/stats/reset")], headers) == {
            ("GET", "/loadtest/run"): 200,
            ("POST", "/stats/reset"): 200,
        }


@pytest.mark.parametrize(
    ("headers", "line"),
    [
        (
            {"Host": "evil.example"},
            (
                "Host 'evil.example' is not a name of this server: use its address, or add the name to"
                " LOADTEST_WEB_HOSTS where Locust's web interface is started\n"
            ),
        ),
        (
            {"Host": "localhost:1", "Origin": EVIL},
            "A page of 'http://evil.example' may not use Locust's web interface: open http://localhost:1 itself\n",
        ),
        (
            {"Sec-Fetch-Site": "cross-site"},
            "A page of another site may not use Locust's web interface\n",
        ),
    ],
)
def test_what_is_refused_is_told_why_in_one_line_of_text(locust: Locust, headers: dict[str, str], line: str) -> None:
    answer = requests.post(f"{locust.web}/swarm", headers=headers, timeout=10)
    assert (answer.status_code, answer.text) == (403, line)
    assert answer.headers["Content-Type"].startswith("text/plain")


@contextmanager
def foreign_page(target: str) -> Iterator[int]:
    """Yield a page that posts a form to ``target`` as soon as it is opened; yields its port."""
    fields = {"user_count": "1", "spawn_rate": "1", "host": "http://127.0.0.1:9"}
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    page = f'<form method="post" action="{target}">{inputs}</form><script>document.forms[0].submit()</script>'.encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"], ids=["another site", "another port"])
def test_a_page_of_another_origin_in_a_browser_starts_nothing(locust: Locust, name: str) -> None:
    if not CHROMIUM:
        pytest.skip("there is no Chromium here: install the package chromium")
    with foreign_page(f"{locust.web}/swarm") as port:
        command = [sys.executable, "-m", "tests.exporters.live.browser", "open", f"http://{name}:{port}/"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["url"] == f"{locust.web}/swarm"
    assert seen["text"].startswith(f"A page of 'http://{name}:{port}' may not use Locust's web interface: open ")
    assert locust.status()["run_id"] is None
