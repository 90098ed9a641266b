"""What `swarmscope init` wrote, run: by plain Locust, and by `swarmscope run` from an empty folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from fastapi import FastAPI

from api.routes import ROUTERS
from swarmscope.cli.init import app as init
from swarmscope.processes.ports import PortPicker
from swarmscope.processes.probes import http_ok
from swarmscope.processes.process import ManagedProcess
from tests.cli.command import call
from tests.places import ROOT
from tests.starter.pet_api import app as pet_api

pytestmark = pytest.mark.real

KEYS = {"API_HTTP_BEARER": "secret", "API_KEY_HEADER": "key"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "openapi.json").write_text(json.dumps(pet_api.openapi()))
    return tmp_path


@pytest.fixture
def pets(tmp_path: Path) -> Iterator[str]:
    """Yield the address of the API, running."""
    port = PortPicker(print).pick("pets")
    command = [sys.executable, "-m", "tests.starter.pet_api", str(port)]
    server = ManagedProcess("pets", command, env=os.environ, log_path=tmp_path / "pets.log", cwd=ROOT)
    server.start()
    try:
        server.wait_ready(http_ok(port, "/seen"), 30)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()


def seen_by(url: str) -> dict[str, int]:
    found: dict[str, int] = requests.get(f"{url}/seen", timeout=10).json()
    return found


def test_plain_locust_makes_each_request_of_the_document_and_each_is_answered(folder: Path, pets: str) -> None:
    assert call(init, "--host", pets, "--openapi", "openapi.json").exit_code == 0
    locustfile = folder / "locustfile.py"
    text = locustfile.read_text().replace("between(0.5, 1.5)", "between(0, 0)")
    for with_deletes in (False, True):
        locustfile.write_text(text.replace("@task(0)", "@task") if with_deletes else text)
        command = [sys.executable, "-m", "locust", "-f", "locustfile.py", "--headless", "--only-summary"]
        command += ["--users", "4", "--spawn-rate", "4", "--run-time", "4s", "--stop-timeout", "5", "--host", pets]
        done = subprocess.run(command, env=os.environ | KEYS, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert set(seen_by(pets)) == {
            *("GET /pets 200", "POST /pets 201", "GET /pets/{pet_id} 200", "PUT /pets/{pet_id}/{name} 200"),
            *("PATCH /pets/{pet_id} 200", "POST /upload 200", "HEAD /health 200", "OPTIONS /health 200"),
            *(["DELETE /pets/{pet_id} 204"] if with_deletes else []),
        }


def test_the_document_of_the_reference_api_is_a_locustfile(folder: Path) -> None:
    app = FastAPI(title="Reference API")
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    document = app.openapi()
    (folder / "openapi.json").write_text(json.dumps(document))
    operations = sum(len(item) for item in document["paths"].values())
    deletes = sum("delete" in item for item in document["paths"].values())
    said = call(init, "--openapi", "openapi.json").output.splitlines()
    assert said[0].startswith(f"Wrote locustfile.py: {operations} tasks, {deletes} of them DELETE")
    for command in (["check"], ["format", "--diff"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", "locustfile.py"]
        done = subprocess.run(ruff, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.alone
def test_an_empty_folder_comes_to_a_verdict_by_two_commands(folder: Path, pets: str) -> None:
    assert call(init, "--host", pets, "--openapi", "openapi.json").exit_code == 0
    command = [
        sys.executable,
        "-m",
        "swarmscope",
        "run",
        "smoke",
        "--headless",
        "--run-time",
        "15s",
        "--confidence",
        "0",
    ]
    done = subprocess.run(command, env=os.environ | KEYS, capture_output=True, text=True, check=False)
    assert "Verdict: PASS" in done.stdout, done.stdout + done.stderr
    (results,) = (folder / "results").glob("*-smoke")
    verdict = json.loads((results / "verdict.json").read_text())
    judged = {item["objective"]: item["threshold"] for item in verdict["objectives"]}
    assert (judged["latency_p95_seconds"], judged["error_ratio"]) == (0.5, 0.01)
    ledger = verdict["ledger"]
    answered = {name: count for name, count in seen_by(pets).items() if name != "GET / 404"}  # asked before the load
    assert sum(answered.values()) == ledger["locust"] == ledger["prometheus"] > 50
    assert (folder / "results" / ".gitignore").read_text() == "*\n"
