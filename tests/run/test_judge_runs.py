"""A master and a worker as the compose file starts them, driven by clicks, and the judge as its service runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from swarmscope.project.settings import project
from swarmscope.run.environment import locust_variables
from swarmscope.run.locust_processes import pick_ports
from swarmscope.stack.options import StackOptions
from swarmscope.stack.stack import EmbeddedStack
from tests.grafana.browse import CHROMIUM
from tests.places import ROOT
from tests.run.test_web import DEADLINE_SECONDS, poll

pytestmark = [pytest.mark.real, pytest.mark.timeout(400)]

SERVICES = yaml.safe_load((ROOT / "docker-compose.load-test.yml").read_text())["services"]
LOCUST = [sys.executable, "-m", "locust", "-f", str(project().locustfile)]
#: Two minutes otherwise; the form of a scenario cannot say so.
SHORT = {"LOCUST_RUN_TIME": "20s"}


@contextmanager
def running(command: list[str], said: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with said.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(DEADLINE_SECONDS)


@pytest.mark.alone
@pytest.mark.nightly  # tests/run/test_web.py clicks on START of a master of our own
@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here: install the package chromium")
def test_a_click_on_start_at_the_master_of_the_compose_file_is_judged_by_its_judge(tmp_path: Path) -> None:
    ports, results, said = pick_ports(), tmp_path / "results", tmp_path / "judge.txt"
    url = f"http://127.0.0.1:{ports.web}"
    options = StackOptions(
        exporter_targets=(f"127.0.0.1:{ports.exporter}",), with_grafana=False, state_dir=tmp_path / "state"
    )
    with EmbeddedStack(options) as stack:
        variables = locust_variables(stack) | SHORT | {"LOCUST_HOST": stack.api_url or ""}
        master = [*LOCUST, *SERVICES["locust-master"]["command"], f"--web-port={ports.web}", "--web-host=127.0.0.1"]
        master += [f"--exporter-port={ports.exporter}", f"--master-bind-port={ports.master}"]
        worker = [*LOCUST, "--worker", "--master-host=127.0.0.1", f"--master-port={ports.master}"]
        judge = [sys.executable, "-m", "swarmscope", "judge-runs", f"--locust-url={url}", f"--results={results}"]
        judge += [f"--prometheus-url={stack.prometheus_url}", f"--alive-file={tmp_path / 'alive'}"]
        with running(judge, said, os.environ | {"COLUMNS": "200"}) as judging:
            poll(lambda: "does not answer" in said.read_text(), "the judge misses the master", said)
            with (
                running(master, tmp_path / "master.txt", variables),
                running(worker, tmp_path / "worker.txt", variables),
            ):
                poll((tmp_path / "alive").is_file, "the judge has found the master", said)
                browser = [sys.executable, "-m", "tests.exporters.live.browser", "start", url, str(tmp_path), "1"]
                clicked = subprocess.run(browser, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
                assert clicked.returncode == 0, clicked.stderr + said.read_text()
                poll(lambda: "Verdict: " in said.read_text(), "the verdict in the judge's output", said)
                judging.send_signal(signal.SIGTERM)
                assert judging.wait(DEADLINE_SECONDS) == 0
    [folder] = results.glob("*-*")
    document = json.loads((folder / "verdict.json").read_text())
    assert (document["verdict"], document["run"]["peak_users"]) == ("PASS", 10), said.read_text()
    seen = json.loads(clicked.stdout)
    assert seen["alerts"] == ["--think-time-scale must be above 0, not 0.0"]
    assert seen["verdicts"] == [f"Run {folder.name}: PASS\nResults: {folder}"]
    assert said.read_text().splitlines()[0] == f"The Locust master at {url} does not answer (connection refused)"
    assert said.read_text().rstrip().endswith("Stopped")
