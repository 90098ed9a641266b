"""What a run does with its options, and with a target that misbehaves; in real Locust processes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.locust_users.impostor import Impostor
from tests.locust_users.running import Api, LocustRuns, error_lines, free_port, two_workers

pytestmark = pytest.mark.real

FAST = ("--think-time-scale", "0.05", "--stop-timeout", "3")


@pytest.mark.nightly  # tests/run/test_web.py starts one run after another
@pytest.mark.alone  # phases of a second or two, each of which has to be seen
def test_runs_started_in_the_web_interface_follow_each_other(api: Api, locust_runs: LocustRuns) -> None:
    with locust_runs.web("--host", api.url, "--stop-timeout", "3", *two_workers()) as locust:
        locust.start(scenario="spike", user_count="20", run_time="30s", think_time_scale="0.1")
        spike = locust.finished("spike")
        # the workers are still away, for as long as the stop timeout
        locust.start(scenario="user-journey", user_count="2", run_time="3s", think_time_scale="0.05")
        journey = locust.finished("user-journey")
    assert spike.phases == ["prepare", "ramp", "steady", "spike", "recovery", "stopping", "done"]
    assert (spike.failures, spike.errors) == ({}, {}), spike.log
    assert (journey.failures, journey.errors) == ({}, {}), journey.log
    assert journey.requests["POST", "/api/auth/register"] >= 1
    assert error_lines(journey.log) == []


#: What the form posts for users and spawn rate, which it does not let anybody change where there is a shape.
ZEROS = {"user_count": "0", "spawn_rate": "0"}


def test_the_form_with_its_zeros_starts_the_scenario_as_the_command_line_and_the_scenario_have_it(
    api: Api, locust_runs: LocustRuns
) -> None:
    with locust_runs.web("--users", "2", "--stop-timeout", "3", "--host", api.url) as locust:
        answer = locust.start(scenario="smoke", run_time="4s", think_time_scale="0.05", run_id="zeros", **ZEROS)
        assert answer["success"], answer
        again = locust.start(scenario="smoke", **ZEROS)
        assert again == {"success": False, "message": "run zeros is under way: wait for its end, or stop it"}
        run = locust.finished("smoke")
    assert run.phases == ["prepare", "ramp", "steady", "stopping", "done"]
    assert "Shape test updating to 2 users at" in run.log
    assert run.metrics.total("loadtest_run_planned_seconds") == 4


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"think_time_scale": "0"}, "--think-time-scale must be above 0, not 0.0"),
        ({"user_count": "-5"}, "users of scenario smoke must be above 0, not -5"),
        (
            {"spawn_rate": "0.01"},
            (
                "spawn rate 0.01/s of scenario smoke is too low: 10 users take 1000 s, and its stage 'steady' lasts"
                " 120 s; raise the spawn rate above 0.0833333/s, or the run time"
            ),
        ),
    ],
)
def test_a_start_that_makes_no_sense_is_answered_with_the_reason_and_the_next_one_begins(
    fields: dict[str, str], message: str, locust_runs: LocustRuns
) -> None:
    with Impostor() as target, locust_runs.web("--stop-timeout", "1", "--host", target.url) as locust:
        assert locust.start(scenario="smoke", **(ZEROS | fields)) == {"success": False, "message": message}
        assert locust.start(scenario="smoke", **ZEROS)["success"]


def test_an_alias_is_published_under_the_name_of_its_scenario(api: Api, locust_runs: LocustRuns) -> None:
    run = locust_runs.to_the_end(
        *("--scenario", "load", "--users", "4", "--run-time", "3s", "--tags", "health", *FAST, "--host", api.url),
    )
    assert run.metrics.label_values("loadtest_requests_total", "scenario") == {"baseline"}
    assert set(run.requests) == {("POST", "/api/auth/login"), ("GET", "/health"), ("GET", "/health/detailed")}


def test_a_wrong_body_is_a_validation_failure(locust_runs: LocustRuns) -> None:
    with Impostor() as target:
        run = locust_runs.to_the_end(
            *("--scenario", "smoke", "--users", "2", "--run-time", "3s", *FAST, "--host", target.url, "RegularUser"),
        )
    assert set(run.errors) == {"validation"}
    assert set(run.requests) == {("POST", "/api/auth/login")}
    assert run.metrics.total("voiceassist_answers_total") == 0


@pytest.mark.parametrize("processes", [tuple, two_workers], ids=["one process", "two workers"])
def test_wrong_credentials_end_a_run_with_one_line_and_exit_code_2(
    processes: Callable[[], tuple[str, ...]], api: Api, locust_runs: LocustRuns
) -> None:
    failures_before = api.total("api_auth_failures_total")
    ended = locust_runs.headless(
        *("--scenario", "baseline", "--run-time", "60s", "--host", api.url, *processes()),
        settings={"LOADTEST_USER_PASSWORD": "not the password"},
    )
    assert ended.returncode == 2, ended.stderr + ended.stdout
    [line] = error_lines(ended.stderr)
    assert line == (
        f"{api.url} refused the first login of a test account (401): LOADTEST_USER_PASSWORD is not the "
        "API_TEST_USER_PASSWORD that the API was seeded with, or it has fewer than 100 test accounts "
        "(LOADTEST_TEST_USERS)"
    )
    assert "Traceback" not in ended.stderr
    # 100 users were asked for, and each worker process has tried one login
    assert 1 <= api.total("api_auth_failures_total") - failures_before <= 2


def test_missing_test_accounts_end_a_run_with_its_first_login(api: Api, locust_runs: LocustRuns) -> None:
    ended = locust_runs.headless(
        *("--scenario", "baseline", "--run-time", "60s", "--host", api.url), settings={"LOADTEST_TEST_USERS": "200"}
    )
    assert ended.returncode == 2
    assert "it has fewer than 200 test accounts (LOADTEST_TEST_USERS)" in error_lines(ended.stderr)[0]


def test_an_unreachable_target_ends_a_run_with_one_line_and_exit_code_2(locust_runs: LocustRuns) -> None:
    host = f"http://127.0.0.1:{free_port()}"
    ended = locust_runs.headless("--scenario", "baseline", "--run-time", "10s", "--host", host)
    assert ended.returncode == 2
    assert error_lines(ended.stderr) == [
        f"Cannot reach {host}: start the API there, or pass another address with --host"
    ]


@pytest.mark.parametrize(
    ("arguments", "settings", "message"),
    [
        (("--users", "-5"), {}, "users of scenario baseline must be above 0, not -5"),
        (("--tags", "admin", "chatt"), {}, "unknown tag chatt: there are admin, analytics, auth, cache, chat, "),
        (
            ("--spawn-rate", "2", "--run-time", "40s"),
            {},
            "spawn rate 2/s of scenario baseline is too low: 100 users take 50 s, and its stage 'steady' lasts 40 s; ",
        ),
        ((), {"LOADTEST_USER_PASSWORD": ""}, "Settings of the virtual users: no password for the test accounts: set "),
        ((), {"LOADTEST_TEST_USERS": "many"}, "Settings of the virtual users: LOADTEST_TEST_USERS: Input should be a "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple | dict) else "",
)
def test_bad_input_is_one_line_and_exit_code_2_before_any_load(
    arguments: tuple[str, ...], settings: dict[str, str], message: str, locust_runs: LocustRuns
) -> None:
    with Impostor() as target:
        ended = locust_runs.headless("--scenario", "baseline", "--host", target.url, *arguments, settings=settings)
    assert ended.returncode == 2
    [line] = error_lines(ended.stderr)
    assert line.startswith(message)
    assert "Traceback" not in ended.stderr
    assert target.requests == 0


def test_an_unknown_scenario_is_refused_with_the_list_of_scenarios(locust_runs: LocustRuns) -> None:
    ended = locust_runs.headless("--scenario", "smok")
    assert ended.returncode == 2
    assert "invalid choice: 'smok' (choose from 'smoke', 'baseline', 'stress', " in ended.stderr


def test_questions_without_an_answer_at_the_stop_are_counted(api: Api, locust_runs: LocustRuns) -> None:
    api.set_flag("ws-stall", enabled=True)
    try:
        run = locust_runs.to_the_end(
            *("--scenario", "smoke", "--users", "3", "--run-time", "3s", "--think-time-scale", "0.05"),
            *("--stop-timeout", "1", "--host", api.url, "WebSocketUser"),
        )
    finally:
        api.set_flag("ws-stall", enabled=False)
    # each of the three waits for its answers when it is stopped; who cut in waits for two
    assert run.metrics.by("loadtest_websocket_failures_total", "stage").keys() == {"unanswered_at_stop"}
    assert 3 <= run.metrics.total("loadtest_websocket_failures_total", stage="unanswered_at_stop") <= 6
    assert ("WS", "/api/realtime/ws [message]") not in run.requests
    assert run.metrics.total("loadtest_websocket_message_seconds_count") == 0
    assert run.metrics.total("loadtest_websocket_connections") == 0
    assert (run.failures, run.errors) == ({}, {}), run.log


def test_an_answer_that_takes_too_long_is_a_timeout(api: Api, locust_runs: LocustRuns) -> None:
    api.set_flag("ws-stall", enabled=True)
    try:
        run = locust_runs.to_the_end(
            *("--scenario", "smoke", "--users", "1", "--run-time", "4s", *FAST, "--host", api.url, "WebSocketUser"),
            settings={"LOADTEST_ANSWER_TIMEOUT_SECONDS": "1"},
        )
    finally:
        api.set_flag("ws-stall", enabled=False)
    failures = run.metrics.by("loadtest_websocket_failures_total", "stage")
    assert failures["timeout"] > 0
    # the stop may come while the last answers are awaited: those of one user who cut in are two
    assert failures.keys() <= {"timeout", "unanswered_at_stop"}
    assert failures.get("unanswered_at_stop", 0) <= 2
    assert run.errors == {"timeout": failures["timeout"]}


def test_a_websocket_that_cannot_be_opened_fails_at_the_stage_connect(api: Api, locust_runs: LocustRuns) -> None:
    run = locust_runs.to_the_end(
        *("--scenario", "smoke", "--users", "1", "--run-time", "3s", *FAST, "--host", api.url, "WebSocketUser"),
        settings={"LOADTEST_WS_URL": f"ws://127.0.0.1:{free_port()}"},
    )
    failures = run.metrics.by("loadtest_websocket_failures_total", "stage")
    assert failures.keys() == {"connect"}
    assert run.errors == {"connection": failures["connect"]}
    assert ("POST", "/api/auth/login") in run.requests
