"""Every user class, in real Locust processes, against the real API with its PostgreSQL and Redis."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.locust_users.running import Api, Finished, LocustRuns, UserClass

pytestmark = pytest.mark.real

USER_CLASSES = (
    "RegularUser",
    "PowerUser",
    "AdminUser",
    "WebSocketUser",
    "DashboardUser",
    "LeadManagementUser",
    "ProjectViewUser",
    "AnalyticsUser",
    "MixedWorkloadUser",
    "UserJourneyUser",
    "AdminWorkflowUser",
)
RUNS_AT_A_TIME = 6
#: Seconds until every request was made also on a busy machine: who deletes only what he has many of needs longer.
RUN_TIME, LONGER_RUN_TIMES = "9s", {"MixedWorkloadUser": "14s"}

#: What the API counts and the users count as well: the API's counter, the labels, then the same of the users.
SAME_COUNTS = [
    ("api_chat_answers_total", {"cited": "true"}, "voiceassist_answers_total", {"cited": "true"}),
    ("api_chat_answers_total", {"cited": "false"}, "voiceassist_answers_total", {"cited": "false"}),
    ("api_websocket_messages_total", {"outcome": "answered"}, "loadtest_websocket_message_seconds_count", {}),
    ("api_auth_failures_total", {}, "loadtest_auth_failures_total", {}),
    ("api_rate_limited_total", {}, "loadtest_rate_limited_total", {}),
]


class Campaign:
    """One run of each user class, and by how much the API's counters rose over all of them."""

    def __init__(self, api: Api, locust_runs: LocustRuns) -> None:
        before = self._api_counts(api)
        with ThreadPoolExecutor(RUNS_AT_A_TIME) as pool:
            names = sorted(USER_CLASSES, key=lambda name: name not in LONGER_RUN_TIMES)  # the longest first
            runs = pool.map(lambda name: run_of(locust_runs, api, name), names)
            self.runs: Mapping[str, Finished] = dict(zip(names, runs, strict=True))
        self.api_counts = [after - start for after, start in zip(self._api_counts(api), before, strict=True)]

    def total(self, metric: str, **labels: str) -> float:
        """Return what all users together counted."""
        return sum(run.metrics.total(metric, **labels) for run in self.runs.values())

    @staticmethod
    def _api_counts(api: Api) -> list[float]:
        return [api.total(metric, **labels) for metric, labels, _, _ in SAME_COUNTS]


def run_of(locust_runs: LocustRuns, api: Api, user_class: str) -> Finished:
    """Two users of a class who hardly pause, for a few seconds."""
    run_time = LONGER_RUN_TIMES.get(user_class, RUN_TIME)
    return locust_runs.to_the_end(
        *("--scenario", "smoke", "--users", "2", "--run-time", run_time, "--think-time-scale", "0.01"),
        *("--stop-timeout", "5", "--host", api.url, user_class),
    )


@pytest.fixture(scope="module")
def campaign(api: Api, locust_runs: LocustRuns) -> Campaign:
    return Campaign(api, locust_runs)


@pytest.mark.parametrize("name", USER_CLASSES)
def test_a_user_class_makes_all_of_its_requests_and_none_fails(
    name: str, campaign: Campaign, user_classes: dict[str, UserClass]
) -> None:
    run = campaign.runs[name]
    assert (run.failures, run.errors) == ({}, {}), run.log
    assert set(run.requests) == user_classes[name].endpoints


def test_every_user_class_has_been_run(user_classes: dict[str, UserClass]) -> None:
    assert set(user_classes) == set(USER_CLASSES)


@pytest.mark.parametrize("name", ["UserJourneyUser", "AdminWorkflowUser"])
def test_each_step_of_a_journey_is_a_timed_transaction(
    name: str, campaign: Campaign, user_classes: dict[str, UserClass]
) -> None:
    metrics = campaign.runs[name].metrics
    count = "loadtest_transaction_duration_seconds_count"
    assert set(metrics.by(count, "transaction", outcome="success")) == user_classes[name].transactions
    assert metrics.by(count, "transaction", outcome="failure") == {}


@pytest.mark.parametrize("index", range(len(SAME_COUNTS)), ids=[f"{row[0]}{row[1]}" for row in SAME_COUNTS])
def test_users_count_what_the_api_counts(index: int, campaign: Campaign) -> None:
    _, _, metric, labels = SAME_COUNTS[index]
    seen = campaign.total(metric, **labels)
    # Locust kills a user whose pause ends at the moment of the stop: what it has just sent is counted as not answered
    cut_off = campaign.total("loadtest_inflight_at_stop_total")
    unanswered = campaign.total("loadtest_websocket_failures_total", stage="unanswered_at_stop")
    assert seen <= campaign.api_counts[index] <= seen + cut_off + unanswered


def test_documents_are_counted_by_action_size_and_outcome(campaign: Campaign) -> None:
    metrics = campaign.runs["AdminWorkflowUser"].metrics
    counted = metrics.by("voiceassist_documents_total", "action", outcome="success")
    requests = campaign.runs["AdminWorkflowUser"].requests
    assert counted == {
        "upload": requests["POST", "/api/admin/kb/documents"],
        "list": requests["GET", "/api/admin/kb/documents"],
        "read": requests["GET", "/api/admin/kb/documents/{id}"],
        "delete": requests["DELETE", "/api/admin/kb/documents/{id}"],
    }
    assert {"small", "medium"} <= set(metrics.by("voiceassist_documents_total", "size", action="upload"))
    assert metrics.by("voiceassist_documents_total", "action", outcome="failure") == {}


def test_websocket_users_measure_connections_first_tokens_and_answers(campaign: Campaign) -> None:
    run = campaign.runs["WebSocketUser"]
    messages = run.requests["WS", "/api/realtime/ws [message]"]
    assert run.requests["WS", "/api/realtime/ws [connect]"] == 2
    assert run.metrics.total("loadtest_websocket_connect_seconds_count", outcome="success") == 2
    assert run.metrics.total("loadtest_websocket_first_token_seconds_count", outcome="success") == messages
    assert run.metrics.total("loadtest_websocket_message_seconds_count", outcome="success") == messages
    assert run.metrics.by("loadtest_websocket_failures_total", "stage").keys() <= {"unanswered_at_stop"}
    assert run.metrics.total("loadtest_websocket_connections") == 0
