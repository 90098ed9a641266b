"""What a real Locust writes is judged, however odd its endpoints are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from swarmscope.cli.thresholds import app
from swarmscope.verdict.locust_csv import read_stats
from tests.cli.command import call

pytestmark = pytest.mark.real

LOCUSTFILE = """
from locust import User, constant, events, task

ENDPOINTS = [("GET", "/items"), ("GET", ""), ("", "/no-type"), ("", "")]
ENDPOINTS += [("RPC", 'a,b "c"'), ("WS", "line\\nbreak"), ("GET", "/\u00fc")]


@events.test_start.add_listener
def declare(environment, **_):
    environment.stats.get("/never", "GET")


class Odd(User):
    wait_time = constant(0.01)

    @task
    def ask(self):
        for number, (method, name) in enumerate(ENDPOINTS):
            failed = ValueError("no") if number == 2 else None
            taken = None if number == 3 else 1.5 * number + 0.333
            self.environment.events.request.fire(
                request_type=method, name=name, response_time=taken, response_length=0, exception=failed, context={}
            )
"""


@pytest.mark.parametrize("processes", [(), ("--processes", "2")], ids=["one process", "two workers"])
def test_each_row_is_read_and_the_endpoints_agree_with_the_sum(tmp_path: Path, processes: tuple[str, ...]) -> None:
    path = tmp_path / "locustfile.py"
    path.write_text(LOCUSTFILE, encoding="utf-8")
    load = ("--headless", "--users", "4", "--spawn-rate", "4", "--run-time", "3s", "--csv", str(tmp_path / "run"))
    command = [sys.executable, "-m", "locust", "-f", str(path), *load, *processes]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert ended.returncode == 1, ended.stderr  # Locust's own, for the failed requests
    stats = read_stats(tmp_path / "run_stats.csv")
    assert {(row.method, row.name) for row in stats.endpoints} == {
        *(("GET", name) for name in ("/items", "", "/\u00fc", "/never")),
        *(("", name) for name in ("/no-type", "")),
        ("RPC", 'a,b "c"'),
        ("WS", "line\nbreak"),
    }
    assert stats.total.requests == sum(row.requests for row in stats.endpoints) > 100
    assert stats.total.failures == stats.total.requests / 7
    assert call(app, str(tmp_path / "run_stats.csv"), "--p95", "500", "--errors", "15").exit_code == 0
