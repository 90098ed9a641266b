"""What a person gets wrong on the command line of a run is one line and exit code 2, before any load."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmscope.cli.run import app
from swarmscope.errors import CommandError
from swarmscope.processes.process import ManagedProcess
from swarmscope.run.locust_processes import RunningLocust
from tests.cli.command import call
from tests.places import ROOT
from tests.runs.command import RULES, RunCommand
from tests.scripts.login_api import api


@pytest.mark.real
@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("smoky",), "unknown scenario 'smoky': expected one of smoke, baseline, stress, arrivals, breakpoint, "),
        (("smoke", "--users", "-1"), "Invalid --users -1: expected a number over 0"),
        (("smoke", "--spawn-rate", "0"), "Invalid --spawn-rate 0: expected a number over 0"),
        (("smoke", "--workers", "-1"), "Invalid --workers -1: expected 0 or more"),
        (("smoke", "--run-time", ""), "Invalid run time '': expected a time span over 0 such as 90, 30s, 5m or 1h30m"),
        (
            ("smoke", "--run-time", "5 minutes"),
            "Invalid run time '5 minutes': expected a time span over 0 such as 90, ",
        ),
        (
            ("smoke", "--host", "localhost"),
            "Invalid --host 'localhost': expected an address such as http://127.0.0.1:8",
        ),
        (
            ("smoke", "--host", "http://127.0.0.1:9"),
            "The API at http://127.0.0.1:9 does not answer (connection refused): start it, or name another with --host",
        ),
        (
            ("smoke", "--rules", "nowhere"),
            "No rule files (*.yml) in nowhere: expected the thresholds and alert",
        ),
        (("smoke", "--thresholds", "none.yml"), "none.yml cannot be read: No such file or directory"),
        (
            ("smoke", "--locustfile", "none.py"),
            (
                f"The locustfile {ROOT / 'none.py'} does not exist: give the path of yours with --locustfile"
                " (`swarmscope init` writes one)"
            ),
        ),
        (
            (
                *("smoke", "--host", "http://127.0.0.1:9"),
                *("--locust-url", "http://127.0.0.1:9", "--prometheus-url", "http://127.0.0.1:9"),
            ),
            "Prometheus at http://127.0.0.1:9 is not ready: start it, or name another with --prometheus-url",
        ),
    ],
)
def test_it_is_one_line_and_leaves_nothing(tmp_path: Path, arguments: tuple[str, ...], line: str) -> None:
    ended = call(app, *arguments, "--results", str(tmp_path / "results"), "--state-dir", str(tmp_path / "state"))
    assert (ended.exit_code, ended.output) == (2, "")
    assert ended.error_line.startswith(line)
    assert not (tmp_path / "state").exists()


def test_a_threshold_that_nobody_can_judge_stops_the_run_before_anything_is_started(tmp_path: Path) -> None:
    own = tmp_path / "own.yml"
    labels = "scenario: smoke, objective: latency_p91_seconds, bound: max, severity: critical"
    own.write_text(
        f"groups: [{{name: a, rules: [{{record: 'loadtest:threshold', labels: {{{labels}}}, expr: vector(1)}}]}}]"
    )
    ended = call(app, "smoke", "--rules", str(RULES), "--thresholds", str(own), "--results", str(tmp_path / "results"))
    assert ended.exit_code == 2
    assert ended.error_line.startswith(
        f"{own}: the threshold latency_p91_seconds of scenario smoke is for an unknown objective: expected one of "
    )
    assert not (tmp_path / "results").exists()


@pytest.mark.real
def test_wrong_credentials_are_one_line_after_a_single_login_and_no_verdict(tmp_path: Path) -> None:
    environment = {"LOADTEST_USER_PASSWORD": "wrong"}
    with api(login=401) as url:
        run = RunCommand(tmp_path, "smoke", "--run-time", "20s", "--host", url, environment=environment)
        assert run.exit_code() == 2, run.text
    assert run.text.splitlines()[-1] == (
        f"{url} refused the first login of a test account (401): LOADTEST_USER_PASSWORD is not the"
        " API_TEST_USER_PASSWORD that the API was seeded with, or it has fewer than 1000 test accounts"
        " (LOADTEST_TEST_USERS)"
    )
    assert "Traceback" not in run.text
    assert not list(run.results.glob("*/verdict.json"))


@pytest.mark.real
def test_tags_that_leave_nothing_to_do_are_one_line_as_well(tmp_path: Path) -> None:
    with api(login=200) as url:
        run = RunCommand(tmp_path, "smoke", "--host", url, "--tags", "chat", "--exclude-tags", "chat")
        assert run.exit_code() == 2, run.text
    assert run.text.splitlines()[-1].startswith(
        "Locust refused to start the run: the tags leave no task to any of RegularUser, PowerUser, AdminUser, "
        "WebSocketUser, DashboardUser, "
    )
    assert "Traceback" not in run.text


@pytest.mark.real
def test_a_locust_process_that_blames_a_setting_is_quoted_and_any_other_end_is_shown_with_its_log(
    tmp_path: Path,
) -> None:
    def ended(script: str) -> str:
        process = ManagedProcess("locust-master", ["/bin/sh", "-c", script], env={}, log_path=tmp_path / "x.log")
        process.start()
        process.wait(10)
        with pytest.raises(CommandError) as error:
            RunningLocust("http://127.0.0.1:9", (process,)).require_master()
        return str(error.value)

    said = "echo '[2026-01-31 12:00:00,000] vm/ERROR/users.process: Settings: LOADTEST_TEST_USERS: no number'"
    assert ended(f"{said}; exit 2") == "Settings: LOADTEST_TEST_USERS: no number"
    assert ended(f"{said}; exit 1").startswith("locust-master ended by itself, exit code 1. Its log, ")
    assert ended("exit 2").startswith("locust-master ended by itself, exit code 2. Its log, ")
