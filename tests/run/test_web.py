"""`make web`: runs that somebody starts in Locust's web interface are noted in Grafana and judged like any other."""

from __future__ import annotations

import json
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

import psutil
import pytest
import requests

from tests.exporters.live.test_modes import LOCUSTFILE, Shop
from tests.grafana.browse import CHROMIUM
from tests.places import ROOT
from tests.run.web_server import WebServer, serving

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
    host = f"http://tester:hidden-word@127.0.0.1:{shop.server_port}"
    command = [sys.executable, "-m", "swarmscope", "web", "--locustfile", str(LOCUSTFILE), "--workers", "0"]
    command += ["--state-dir", str(tmp_path / "state"), "--results", str(tmp_path / "results")]
    with serving(WebServer()) as grafana, said.open("w") as output:
        settings = {"GRAFANA_URL": grafana.url, "GRAFANA_TOKEN": "glsa_token", "COLUMNS": "160"}
        settings["LOADTEST_HOST"] = host
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env=os.environ | settings)
        try:
            found = poll(lambda: re.search(r"start a run here\W+(http://\S+)", said.read_text()), "its addresses", said)
            run_until_done(found[1], host, said)
            started = psutil.Process(process.pid).children(recursive=True)
            assert not [child for child in started if "hidden-word" in " ".join(child.cmdline())]
            poll(lambda: len(grafana.asked) == 3, "two notes and the verdict", said)
            assert re.search(rf"Grafana: dashboards\W+{grafana.url} ", said.read_text())
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(DEADLINE_SECONDS) == 0
    texts = [str(asked.body["text"]) for asked in grafana.asked]
    [folder] = (tmp_path / "results").glob("*-*")
    verdict = json.loads((folder / "verdict.json").read_text())["verdict"]
    assert [re.sub(r"Run \S+", "Run", text).partition("<br>")[0] for text in texts] == [
        "Run started",
        "Run stopped",
        f"Run {verdict}",
    ]
    assert said.read_text().rstrip().endswith("Stopped")
    assert "hidden-word" not in said.read_text()


def run_until_done(url: str, host: str, said: Path) -> None:
    """Start and stop a short run of two users, as the form of the web interface does."""

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


@pytest.mark.nightly
@pytest.mark.alone
@pytest.mark.timeout(400)
def test_a_click_on_start_begins_a_run_that_ends_and_is_judged_and_so_does_the_next(tmp_path: Path) -> None:
    if not CHROMIUM:
        pytest.skip("there is no Chromium here: install the package chromium")
    said, results = tmp_path / "output.txt", tmp_path / "results"
    command = [sys.executable, "-m", "swarmscope", "web", "--run-time", "20s", "--users", "12", "--state-dir"]
    command += [str(tmp_path / "state"), "--results", str(results)]
    with said.open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=output, env=os.environ | {"COLUMNS": "200", "GRAFANA_HOME": "none"}
        )
        try:
            url = poll(lambda: re.search(r"start a run here\W+(http://\S+)", said.read_text()), "its addresses", said)[
                1
            ]
            browser = [sys.executable, "-m", "tests.exporters.live.browser", "start", url, str(tmp_path)]
            clicked = subprocess.run(browser, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
            assert clicked.returncode == 0, clicked.stderr + said.read_text()
            titles = titles_of_linked_results(url)
            third = started_by_a_form_of_zeros(url, said)
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(DEADLINE_SECONDS) == 0
    seen = json.loads(clicked.stdout)
    assert seen["alerts"] == ["--think-time-scale must be above 0, not 0.0"]
    assert seen["stays"], "the page went back to the form while the run began"
    folders = sorted(results.glob("*-*"))
    documents = [json.loads((folder / "verdict.json").read_text()) for folder in folders]
    assert [document["verdict"] for document in documents] == ["PASS", "PASS", "INCONCLUSIVE"], said.read_text()
    assert seen["verdicts"] == [f"Run {folder.name}: PASS\nResults: {folder}" for folder in folders[:2]]
    assert titles == [f"<title>PASS: smoke {folders[1].name}</title>", "## ✅ PASS: smoke"]
    assert seen["tops"] == ["Not started: --think-time-scale must be above 0, not 0.0", ""]
    for folder, document in zip(folders[:2], documents, strict=False):
        assert {"junit.xml", "verdict.md", "report.html", "locust-report.html", "rules", "logs"} <= {
            path.name for path in folder.iterdir()
        }
        assert (document["run"]["scenario"], document["run"]["peak_users"]) == ("smoke", 12)
    assert (folders[2].name, documents[2]["run"]["interrupted"]) == (third, "interrupted by Ctrl-C")
    assert said.read_text().count("Verdict: ") == 3


def titles_of_linked_results(url: str) -> list[str]:
    """Return the titles of the report and the verdict that the page leads to."""

    def links() -> list[str]:
        found: str = requests.get(f"{url}/loadtest/page", timeout=5).json()["links"]
        return re.findall('href="(/loadtest/results/[^"]+)"', found)

    deadline = time.monotonic() + DEADLINE_SECONDS  # the report is written after the verdict is told
    while len(found := links()) < 2:
        assert time.monotonic() < deadline, f"the page leads to {found} alone"
        time.sleep(0.1)
    texts = [requests.get(f"{url}{link}", timeout=10).text for link in found]
    return [re.findall("<title>.*</title>|^## .*", text, re.MULTILINE)[0] for text in texts]


def started_by_a_form_of_zeros(url: str, said: Path) -> str:
    """Start a run as the form does where there is a shape; return its id once it has users."""

    def status() -> dict[str, Any]:
        document: dict[str, Any] = requests.get(f"{url}/loadtest/run", timeout=5).json()
        return document

    before = status()["run_id"]
    form = {"user_count": "0", "spawn_rate": "0", "run_time": "", "loadtest_scenario": "smoke", "loadtest_run_id": ""}
    answer = requests.post(f"{url}/swarm", data=form, timeout=20).json()
    assert answer["success"], answer
    poll(lambda: status()["run_id"] != before and status()["phase"] == "steady", "the third run is steady", said)
    return str(status()["run_id"])
