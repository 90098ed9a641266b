"""One trace from a virtual user to the database, on a real run: API, PostgreSQL, Redis, Locust, Prometheus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.runs.command import RunCommand
from tests.tracing.collector import Collector, ReceivedSpan

pytestmark = [pytest.mark.real, pytest.mark.alone]

LOCUST, API = "swarmscope-locust", "swarmscope-api"
CLIENT, SERVER = 3, 2


@dataclass(frozen=True)
class TracedRun:
    """What a run left, and all spans that it sent."""

    exit_code: int
    output: str
    verdict: dict[str, Any]
    spans: dict[str, ReceivedSpan]

    def chains(self, server: str) -> list[tuple[ReceivedSpan, ReceivedSpan, ReceivedSpan]]:
        """Return the user's span, the API's below it, an SQL span below that; ``server`` is the name of the API's."""
        found = []
        for sql in self.spans.values():
            if sql.attributes.get("db.system.name") == "postgresql":
                api = self.spans.get(sql.parent_id)
                user = self.spans.get(api.parent_id) if api is not None else None
                if api is not None and user is not None and api.name == server:
                    found.append((user, api, sql))
        return found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> TracedRun:
    collector = Collector()
    command = RunCommand(
        tmp_path_factory.mktemp("traced"),
        *("smoke", "--run-time", "20s", "--otel", collector.endpoint),
        environment={"OTEL_TRACES_SAMPLER_ARG": "1"},
    )
    exit_code = command.exit_code()
    collector.stop()
    assert list(command.results.glob("*/verdict.json")), command.text
    return TracedRun(exit_code, command.text, command.verdict(), {span.span_id: span for span in collector.received})


def require_nested(chain: tuple[ReceivedSpan, ReceivedSpan, ReceivedSpan]) -> None:
    user, api, sql = chain
    assert len({span.trace_id for span in chain}) == 1
    assert (user.service, user.kind) == (LOCUST, CLIENT)
    assert (api.service, api.kind) == (API, SERVER)
    assert (sql.service, sql.kind) == (API, CLIENT)
    # The API may be done with an answer only after the user has it: for its end there is no order.
    assert user.start_ns <= api.start_ns <= sql.start_ns < sql.end_ns <= api.end_ns
    assert user.seconds > sql.seconds


def test_a_traced_run_passes_like_any_other(run: TracedRun) -> None:
    assert (run.exit_code, run.verdict["verdict"]) == (0, "PASS"), run.output


def test_a_request_is_followed_from_the_user_through_the_api_to_its_sql(run: TracedRun) -> None:
    chains = run.chains("POST /api/chat")
    assert chains
    for chain in chains:
        require_nested(chain)
    user, api, sql = chains[0]
    assert user.name == "POST /api/chat"
    assert user.attributes["loadtest.run_id"] == run.verdict["run"]["run_id"]
    assert user.attributes["loadtest.scenario"] == "smoke"
    assert user.attributes["loadtest.user_class"] in {"RegularUser", "PowerUser"}
    assert api.attributes["http.route"] == "/api/chat"
    assert "$1" in sql.attributes["db.query.text"]


def test_a_websocket_message_is_followed_as_well_and_not_its_connection_with_it(run: TracedRun) -> None:
    chains = run.chains("/api/realtime/ws message")
    assert chains
    for chain in chains:
        require_nested(chain)
        assert chain[0].name == "WS /api/realtime/ws [message]"
    connects = [span for span in run.spans.values() if span.name == "WS /api/realtime/ws [connect]"]
    assert connects
    assert {span.trace_id for span in connects} & {chain[0].trace_id for chain in chains} == set()


def test_no_span_carries_what_users_are_called_or_ask(run: TracedRun) -> None:
    statements = [span.attributes.get("db.query.text", "") for span in run.spans.values()]
    everything = repr([span.attributes for span in run.spans.values()])
    assert len(set(statements)) > 3
    assert "@example.test" not in everything
    assert "Bearer" not in everything


def test_the_slowest_traced_requests_are_in_the_verdict_as_prometheus_keeps_them(run: TracedRun) -> None:
    slowest = run.verdict["figures"]["slowest_traces"]
    assert len(slowest) > 5
    assert slowest == sorted(slowest, key=lambda each: -each["seconds"])
    users = {span.trace_id: span for span in run.spans.values() if span.service == LOCUST}
    for each in slowest:
        span = users[each["trace_id"]]
        assert span.seconds == pytest.approx(each["seconds"], abs=1e-6)
        assert span.name == f"{each['method']} {each['name']}"


def test_what_the_run_cost_is_in_the_verdict(run: TracedRun) -> None:
    cost = run.verdict["figures"]["own_cost"]
    assert set(cost["cpu_ratio"]) == {"recorder", "reports", "scrapes"}
    assert all(0 < share < 1 for share in cost["cpu_ratio"].values())
    assert cost["scrape_seconds"] > 0
    assert cost["loop_lag_seconds"] >= 0
