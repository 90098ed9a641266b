"""An interruption at the end of a run leaves a verdict, and never a PASS."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from swarmscope.processes.signals import Interruptions
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.run import judging_runs
from swarmscope.run.follow import has_begun, stop
from swarmscope.run.judging_runs import EndedRun, RunJudge
from swarmscope.run.locust_api import LocustApi, LocustUnavailableError, RunStatus
from swarmscope.run.locust_processes import LocustEnd
from swarmscope.verdict.read import RunReader
from swarmscope.verdict.user_facts import TaskException, Told
from swarmscope.verdict.verdict import Outcome
from swarmscope_exporter.phases import StopOrder
from tests.verdict.builders import evidence


@pytest.fixture
def interruptions() -> Iterator[Interruptions]:
    held = Interruptions()
    with held.held():
        yield held


class Steps:
    """What judging waits for, each step quick; a signal can be sent in one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, interruptions: Interruptions) -> None:
        self.said: list[str] = []
        self.signal_in = ""
        self._interruptions = interruptions
        monkeypatch.setattr(judging_runs, "settle", self._step("settle", ""))
        monkeypatch.setattr(judging_runs, "archived", self._step("evidence", ({"files": {}}, "")))
        monkeypatch.setattr(judging_runs, "keep_report", self._step("report", None))
        monkeypatch.setattr(judging_runs, "difference", self._step("rules", ""))
        monkeypatch.setattr(judging_runs, "read_rules", lambda _: ())
        monkeypatch.setattr(RunReader, "read", self._step("read", evidence()))
        monkeypatch.setattr(LocustApi, "reports", self._step("reports", {}))
        monkeypatch.setattr(PrometheusApi, "version", lambda _: "3.0.0")
        monkeypatch.setattr(PrometheusApi, "ready", lambda _: True)

    def _step(self, name: str, result: object) -> Callable[..., Any]:
        def step(*_: object, **__: object) -> object:
            if name == self.signal_in:
                signal.raise_signal(signal.SIGINT)
            return result

        return step

    def judge(
        self, folder: Path, end_locust: Callable[[], LocustEnd] = LocustEnd, **run: Any
    ) -> tuple[Outcome, dict[str, Any]]:
        prometheus, locust = PrometheusApi("http://127.0.0.1:9"), LocustApi("http://127.0.0.1:9")
        judge = RunJudge(
            prometheus, locust, (), self.said.append, interruptions=self._interruptions, end_locust=end_locust
        )
        verdict = judge.judge(EndedRun("run", "smoke", folder, 10, **run))
        document: dict[str, Any] = json.loads((folder / "verdict.json").read_text())
        assert document["verdict"] == verdict.outcome
        return verdict.outcome, document


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, interruptions: Interruptions) -> Steps:
    return Steps(monkeypatch, interruptions)


def test_without_an_interruption_the_run_passes(steps: Steps, tmp_path: Path) -> None:
    outcome, document = steps.judge(tmp_path)
    assert (outcome, document["run"]["interrupted"]) == ("PASS", None)


@pytest.mark.parametrize("step", ["settle", "read", "rules", "reports", "evidence", "report"])
def test_ctrl_c_in_any_step_of_judging_leaves_a_verdict_that_is_no_pass(
    steps: Steps, tmp_path: Path, step: str
) -> None:
    steps.signal_in = step
    outcome, document = steps.judge(tmp_path)
    assert outcome == "INCONCLUSIVE"
    assert document["run"]["interrupted"] == "interrupted while it was judged"


def test_ctrl_c_in_mid_run_and_again_skips_the_waits(
    steps: Steps, tmp_path: Path, interruptions: Interruptions
) -> None:
    for _ in range(2):
        signal.raise_signal(signal.SIGINT)
    outcome, document = steps.judge(tmp_path, interrupted="interrupted after 5 s")
    assert outcome == "INCONCLUSIVE"
    assert "interrupted before Prometheus was known to have judged the final totals" in document["reasons"][0]
    assert "report.html is missing: interrupted; `swarmscope report` makes it" in steps.said
    assert "evidence is missing: interrupted" in steps.said
    assert interruptions.count == 2


def test_what_was_deleted_is_a_reason_and_is_stored_for_judging_again(steps: Steps, tmp_path: Path) -> None:
    outcome, document = steps.judge(tmp_path, lost="deleted during the run: logs")
    assert (outcome, document["reasons"]) == ("INCONCLUSIVE", ["evidence: deleted during the run: logs"])
    assert document["context"]["evidence_lost"] == ["deleted during the run: logs"]


def test_what_the_locustfile_finds_when_locust_quits_fails_the_run_and_is_stored(steps: Steps, tmp_path: Path) -> None:
    outcome, document = steps.judge(tmp_path, lambda: LocustEnd(exit_code=4))
    assert (outcome, document["locustfile_exit_code"]) == ("FAIL", 4)
    assert document["reasons"] == ["the locustfile's own check: it set process_exit_code to 4"]


def test_what_the_master_told_last_is_judged_and_stored(steps: Steps, tmp_path: Path) -> None:
    raised = TaskException("Buyer", "KeyError", after_failed_request=False, count=2, traceback="KeyError: 'id'")
    outcome, document = steps.judge(tmp_path, told=Told((raised,), exit_code=0))
    assert outcome == "INCONCLUSIVE"
    assert document["task_exceptions"] == [asdict(raised)]
    outcome, document = steps.judge(tmp_path, told=Told(exit_code=1))
    assert (outcome, document["locustfile_exit_code"]) == ("FAIL", 1)


class Master:
    """A Locust master whose users do not go away by themselves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, phases: list[str], signal_at: int = -1) -> None:
        self.stops: list[tuple[float | None, StopOrder]] = []  #: how long each waits, and its order
        self._phases, self._signal_at, self._asked = phases, signal_at, 0
        monkeypatch.setattr(LocustApi, "status", lambda _: self._status())
        monkeypatch.setattr(LocustApi, "stop", lambda _, seconds=None, *, order: self._stop(seconds, order))

    def _status(self) -> RunStatus:
        if self._asked == self._signal_at:
            signal.raise_signal(signal.SIGINT)
        phase = self._phases[min(self._asked, len(self._phases) - 1)]
        self._asked += 1
        return RunStatus("run", phase, 1, 1, None, None, 0.0, 0, 0)

    def _stop(self, seconds: float | None, order: StopOrder) -> None:
        self.stops.append((seconds, order))
        if seconds is not None:
            raise LocustUnavailableError


def test_the_users_are_stopped_once_and_waited_for(
    monkeypatch: pytest.MonkeyPatch, interruptions: Interruptions
) -> None:
    master = Master(monkeypatch, ["prepare", "prepare", "steady", "stopping", "done"])
    status = stop(LocustApi("http://127.0.0.1:9"), 30, interruptions)
    assert (status and status.phase, master.stops) == ("done", [(None, StopOrder.STOP)])


def test_ctrl_c_while_the_users_stop_does_not_wait_and_still_tells_them(
    monkeypatch: pytest.MonkeyPatch, interruptions: Interruptions
) -> None:
    master = Master(monkeypatch, ["steady"], signal_at=3)
    status = stop(LocustApi("http://127.0.0.1:9"), 30, interruptions)
    assert (status and status.phase, master.stops) == ("steady", [(None, StopOrder.STOP), (2.0, StopOrder.EARLY)])


def test_a_run_that_is_given_up_is_told_so_to_the_master(
    monkeypatch: pytest.MonkeyPatch, interruptions: Interruptions
) -> None:
    master = Master(monkeypatch, ["steady", "done"])
    stop(LocustApi("http://127.0.0.1:9"), 30, interruptions, order=StopOrder.EARLY)
    assert master.stops == [(None, StopOrder.EARLY)]


@pytest.mark.parametrize(("phase", "begun"), [("prepare", False), ("ramp", True), ("done", True)])
def test_a_load_has_begun_when_its_master_no_longer_prepares_it(
    monkeypatch: pytest.MonkeyPatch, phase: str, begun: bool
) -> None:
    Master(monkeypatch, [phase])
    assert has_begun(LocustApi("http://127.0.0.1:9"), "run") is begun
    assert has_begun(LocustApi("http://127.0.0.1:9"), "another") is False
