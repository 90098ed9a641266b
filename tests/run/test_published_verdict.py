"""What Prometheus is told of a verdict, and that nothing waits for it that does not answer."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

import pytest
import requests

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.processes.signals import Interruptions
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.series import Series
from swarmscope.run.locust_api import LocustApi, LocustUnavailableError
from swarmscope.run.published_verdict import publish, tell_master, verdict_page
from swarmscope.verdict.decide import decide
from tests.verdict.builders import RUN_ID, alert, evidence

FAILED = decide(evidence(alerts=(alert(),)))


class Asked(PrometheusApi):
    """Answers what it is made to."""

    def __init__(self, answer: Callable[[], tuple[Series, ...]]) -> None:
        super().__init__("http://prometheus.test")
        self.questions = 0
        self._answer = answer

    def instant(self, query: str, at_seconds: float | None = None) -> tuple[Series, ...]:  # noqa: ARG002
        self.questions += 1
        return self._answer()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def away() -> tuple[Series, ...]:
    raise PrometheusUnavailableError("away")


def test_the_page_has_the_verdict_of_the_run_and_nothing_else() -> None:
    port = free_port()
    with verdict_page(FAILED, ("127.0.0.1", port)):
        page = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    series = [line for line in page.splitlines() if not line.startswith("#")]
    assert series == [f'loadtest_run_verdict{{run_id="{RUN_ID}",scenario="smoke",verdict="fail"}} 1.0']
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))  # it is free again


def test_it_is_served_until_prometheus_has_it() -> None:
    prometheus = Asked(lambda: (Series({}, ()),))
    publish(FAILED, ("127.0.0.1", free_port()), prometheus, Interruptions())
    assert prometheus.questions == 1


@pytest.mark.parametrize("problem", ["port in use", "Prometheus away", "Ctrl-C"])
def test_nothing_is_waited_for_when_it_cannot_be_told(problem: str) -> None:
    prometheus = Asked(away if problem == "Prometheus away" else lambda: ())
    interruptions = Interruptions()
    interruptions.count = 2 if problem == "Ctrl-C" else 0
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1] if problem == "port in use" else free_port()
        publish(FAILED, ("127.0.0.1", port), prometheus, interruptions)
    assert prometheus.questions <= 1


class Master(LocustApi):
    """Takes verdicts, or is gone."""

    def __init__(self, *, is_gone: bool = False) -> None:
        super().__init__("http://locust.test")
        self.told: list[tuple[str, str]] = []
        self._is_gone = is_gone

    def record_verdict(self, run_id: str, outcome: str, reasons: Sequence[str], results: str) -> None:  # noqa: ARG002
        if self._is_gone:
            raise LocustUnavailableError("gone")
        self.told.append((run_id, outcome))


def test_a_master_that_goes_on_is_told_and_one_that_is_gone_is_not_missed() -> None:
    master = Master()
    tell_master(FAILED, "/results", master)
    assert master.told == [(RUN_ID, "FAIL")]
    tell_master(FAILED, "/results", Master(is_gone=True))
