"""`make web`: runs that somebody starts in Locust's web interface are noted in Grafana as well."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from scripts.stack.paths import ROOT
from tests.exporters.live.test_modes import LOCUSTFILE, Shop
from tests.running.web_server import WebServer, serving

pytestmark = pytest.mark.real

DEADLINE_SECONDS = 60.0


@pytest.fixture
def shop() -> Iterator[Shop]:
    server = Shop()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def poll(condition: Callable[[], Any], what: str, said: Path) -> Any:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {DEADLINE_SECONDS:g} s: {what}; it said:\n{said.read_text()}"
        time.sleep(0.1)
    return found


def test_a_run_of_the_web_interface_is_noted_and_ctrl_c_ends_everything(shop: Shop, tmp_path: Path) -> None:
    said = tmp_path / "output.txt"
    host = f"http://127.0.0.1:{shop.server_port}"
    command = [sys.executable, "-m", "scripts.web", "--locustfile", str(LOCUSTFILE), "--workers", "0"]
    command += ["--host", host, "--state-dir", str(tmp_path / "state")]
    with serving(WebServer()) as grafana, said.open("w") as output:
        settings = {"GRAFANA_URL": grafana.url, "GRAFANA_TOKEN": "glsa_token", "COLUMNS": "160"}
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env=os.environ | settings)
        try:
            found = poll(lambda: re.search(r"start a run here\W+(http://\S+)", said.read_text()), "its addresses", said)
            run_until_done(found[1], host, said)
            poll(lambda: len(grafana.asked) == 4, "four notes", said)
            assert re.search(rf"Grafana: dashboards\W+{grafana.url} ", said.read_text())
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(DEADLINE_SECONDS) == 0
    texts = [str(asked.body["text"]) for asked in grafana.asked]
    assert [re.sub(r"Run \S+", "Run", text) for text in texts] == [
        "Run started",
        "Phase ramp",
        "Phase steady",
        "Run stopped",
    ]
    assert said.read_text().rstrip().endswith("Stopped")


def run_until_done(url: str, host: str, said: Path) -> None:
    """A short run of two users, as the form of the web interface starts and stops it."""

    def phase() -> str:
        try:
            return str(requests.get(f"{url}/loadtest/run", timeout=5).json().get("phase"))
        except requests.RequestException:
            return "unreachable"

    poll(lambda: phase() != "unreachable", "Locust", said)
    form = {"user_count": "2", "spawn_rate": "2", "host": host}
    assert requests.post(f"{url}/swarm", data=form, timeout=10).json()["success"]
    poll(lambda: phase() == "steady", "the users", said)
    requests.post(f"{url}/stop", timeout=30)
    poll(lambda: phase() == "done", "the end", said)
