"""Locustfiles by people who never heard of Swarmscope, judged as they are; each run is a real one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runs.counting_target import CountingTarget

pytestmark = pytest.mark.real

SHAPE = """
from locust import HttpUser, LoadTestShape, constant, task
class Steps(LoadTestShape):
    def tick(self):
        seconds = self.get_run_time()
        return (3, 5) if seconds < 6 else (6, 5) if seconds < 14 else None
class Visitor(HttpUser):
    wait_time = constant(0.3)
    @task
    def look(self): self.client.get("/shape")
"""
ARGUMENTS = """
from locust import FastHttpUser, constant, events, task
@events.init_command_line_parser.add_listener
def add(parser):
    parser.add_argument("--scenario", default="theirs")
    parser.add_argument("--run-id", type=int, default=5)
    parser.add_argument("--tenant", required=True)
class Visitor(FastHttpUser):
    wait_time = constant(0.3)
    @task
    def look(self):
        options = self.environment.parsed_options
        self.client.get(f"/{options.scenario}/{options.run_id}/{options.tenant}")
"""
PLAIN = """
from locust import FastHttpUser, constant, task
class {name}(FastHttpUser):
    wait_time = constant(0.3)
    @task
    def look(self): self.client.get("/{name}")
"""
REFUSED = "Locust refuses its arguments (those after `--`, LOCUST_* variables, locust.conf): "


@pytest.fixture
def target() -> Iterator[CountingTarget]:
    with CountingTarget() as counting:
        yield counting


def swarmscope(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LOCUST_", "LOADTEST_"))}
    return subprocess.run(
        [sys.executable, "-m", "swarmscope", *arguments],
        cwd=folder,
        env={**environment, "COLUMNS": "160", **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def verdict_in(folder: Path) -> dict[str, Any]:
    (path,) = (folder / "results").glob("*/verdict.json")
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def counted(document: dict[str, Any]) -> set[int]:
    ledger = document["ledger"]
    return {sum(ledger["workers"].values()), ledger["locust"], ledger["exporter"], ledger["prometheus"]}


def test_a_load_shape_is_judged_from_its_first_stage_on_and_options_that_it_ignores_are_told(
    tmp_path: Path, target: CountingTarget
) -> None:
    (tmp_path / "shape.py").write_text(SHAPE)
    done = swarmscope(
        tmp_path, "run", "--locustfile", "shape.py", "--host", target.url, "--users", "9", "--workers", "1"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "--users is ignored: the load shape Steps of shape.py decides" in done.stdout
    assert "No threshold is set for scenario 'shape': the defaults judge alone" in done.stdout
    document = verdict_in(tmp_path)
    assert (document["verdict"], document["run"]["peak_users"]) == ("PASS", 6)
    assert counted(document) == {target.answered["/shape"]}


@pytest.mark.nightly  # examples/package has arguments of its own
def test_arguments_of_the_locustfile_may_have_any_name_and_are_given_after_two_dashes(
    tmp_path: Path, target: CountingTarget
) -> None:
    (tmp_path / "own.py").write_text(ARGUMENTS)
    size = ("--host", target.url, "--users", "4", "--run-time", "10s", "--workers", "1")
    refused = swarmscope(tmp_path, "run", "mine", "--locustfile", "own.py", *size)
    assert (refused.returncode, refused.stderr.strip()) == (
        2,
        f"{REFUSED}the following arguments are required: --tenant",
    )
    invalid = swarmscope(
        tmp_path, "run", "--locustfile", "own.py", *size, "--", "--tenant", "a", LOADTEST_MAX_NAMES="0"
    )
    assert (invalid.returncode, invalid.stderr.strip()) == (
        2,
        "LOADTEST_MAX_NAMES: '0' is not valid: expected a whole number from 1 to 1000",
    )
    taken = swarmscope(tmp_path, "run", "mine", "--locustfile", "own.py", *size, "--", "--tenant", "a", "-u", "3")
    assert taken.returncode == 2
    assert taken.stderr.strip() == (
        f"{REFUSED}--users would change how Swarmscope starts Locust: give --users to swarmscope itself, before `--`"
    )
    done = swarmscope(tmp_path, "run", "mine", "--locustfile", "own.py", *size, "--", "--tenant", "acme")
    assert done.returncode == 0, done.stdout + done.stderr
    document = verdict_in(tmp_path)
    assert document["run"]["scenario"] == "mine"
    assert counted(document) == {target.answered["/theirs/5/acme"]}


def test_several_files_and_settings_of_locusts_own_are_taken_and_those_that_would_break_the_run_are_not(
    tmp_path: Path, target: CountingTarget
) -> None:
    for name in ("Reader", "Writer"):
        (tmp_path / f"{name.lower()}.py").write_text(PLAIN.format(name=name))
    (tmp_path / "locust.conf").write_text("headless = true\nusers = 4\n")
    (tmp_path / "pyproject.toml").write_text('[tool.locust]\nautostart = true\nrun-time = "1h"\n')
    done = swarmscope(
        tmp_path,
        *("run", "both", "--locustfile", "reader.py,writer.py", "--host", target.url, "--run-time", "10s"),
        *("--workers", "1"),
        LOCUST_WEB_PORT="1",
        LOCUST_MODE_WORKER="1",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = [line for line in done.stdout.splitlines() if " is ignored" in line or " is used" in line]
    assert sorted(said) == [
        "LOCUST_MODE_WORKER is ignored: Swarmscope starts Locust itself",
        "LOCUST_WEB_PORT is ignored: Swarmscope starts Locust itself",
        "autostart of pyproject.toml is ignored: Swarmscope starts Locust itself",
        "headless of locust.conf is ignored: Swarmscope starts Locust itself",
        "run-time of pyproject.toml = 3600 is ignored: --run-time is given",
        "users of locust.conf = 4 is used",
    ]
    document = verdict_in(tmp_path)
    assert document["run"]["peak_users"] == 4
    assert counted(document) == {target.answered["/Reader"] + target.answered["/Writer"]}


def test_stages_beside_a_load_shape_are_one_line_before_anything_is_started(
    tmp_path: Path, target: CountingTarget
) -> None:
    (tmp_path / "locustfile.py").write_text(SHAPE)
    stages = '[{ phase = "steady", share = 0.5 }, { phase = "spike", share = 0.5 }]'
    (tmp_path / "swarmscope.toml").write_text(
        f'[target]\nhost = "{target.url}"\n[scenarios.peak]\nusers = 5\nrun_time = "10s"\nstages = {stages}\n'
    )
    done = swarmscope(tmp_path, "run", "peak")
    assert done.returncode == 2
    assert done.stderr.strip() == (
        "swarmscope.toml has stages for scenario 'peak', and locustfile.py has a load shape of its own, Steps: take"
        " away one of them"
    )
    assert not (tmp_path / "results").exists()


def test_a_shape_that_names_an_unknown_phase_ends_the_run_with_the_reason(
    tmp_path: Path, target: CountingTarget
) -> None:
    (tmp_path / "shape.py").write_text(
        SHAPE.replace("class Steps(LoadTestShape):", "class Steps(LoadTestShape):\n    loadtest_phase = 'peak'")
    )
    done = swarmscope(tmp_path, "run", "--locustfile", "shape.py", "--host", target.url, "--workers", "0")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "the load shape's loadtest_phase is 'peak': expected one of ramp, steady, spike, recovery" in done.stderr


def test_plain_locust_runs_a_locustfile_that_declares_endpoints_at_once_and_without_a_port(
    tmp_path: Path, target: CountingTarget
) -> None:
    text = "from swarmscope import Endpoint, observe\nobserve([Endpoint('GET', '/Reader')])\nobserve()\n"
    (tmp_path / "locustfile.py").write_text(text + PLAIN.format(name="Reader"))
    done = subprocess.run(
        [*(sys.executable, "-m", "locust", "--headless", "-u", "2", "-t", "3s"), *("--host", target.url)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert target.answered["/Reader"] > 4
    assert "exporter" not in done.stderr


def test_swarmscope_locust_is_locust_with_the_exporter(tmp_path: Path, target: CountingTarget) -> None:
    (tmp_path / "mine.py").write_text(PLAIN.format(name="Reader"))
    done = swarmscope(
        tmp_path,
        *("locust", "-f", "mine.py", "--headless", "-u", "2", "-t", "4s", "--host", target.url),
        *("--prepare-seconds", "0.1", "--exporter-port", "0"),
    )
    assert done.returncode == 0, done.stderr
    assert "No Prometheus has scraped this run within 0.1 s: it is not watched" in done.stderr
    assert target.answered["/Reader"] > 4


def test_a_run_time_ends_a_shape_that_would_go_on_and_what_the_project_says_of_the_size_is_told(
    tmp_path: Path, target: CountingTarget
) -> None:
    (tmp_path / "locustfile.py").write_text(SHAPE.replace("seconds < 14", "seconds < 3600"))
    (tmp_path / "swarmscope.toml").write_text(
        f'[target]\nhost = "{target.url}"\n[scenarios.peak]\nusers = 9\nrun_time = "1h"\n'
    )
    done = swarmscope(tmp_path, "run", "--run-time", "12s", "--workers", "0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (
        "users of scenario 'peak' and run_time of scenario 'peak' are ignored: the load shape Steps of locustfile.py"
        " decides\nThe run ends after 12 s, unless the load shape Steps ends it before\n"
    ) in done.stdout
    document = verdict_in(tmp_path)
    assert (document["verdict"], document["run"]["peak_users"], document["run"]["ending"]) == ("PASS", 6, "planned")


def test_a_scenario_after_two_dashes_is_refused_unless_the_locustfile_has_that_argument(
    tmp_path: Path, target: CountingTarget
) -> None:
    (tmp_path / "mine.py").write_text(PLAIN.format(name="Reader"))
    size = ("--host", target.url, "--users", "4", "--run-time", "10s")
    done = swarmscope(tmp_path, "run", "mine", "--locustfile", "mine.py", *size, "--", "--scenario", "other")
    assert done.returncode == 2
    assert done.stderr.strip() == (
        f"{REFUSED}--scenario would change how Swarmscope starts"
        " Locust: name it before `--`, as in `swarmscope run NAME`"
    )
