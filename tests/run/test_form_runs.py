"""Which runs of a Locust master are judged, when, and what is said of those that were cut short.

No Prometheus answers: what a verdict says of a run that was measured is tested with a real one in test_web.py.
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import requests
from rich.console import Console

from swarmscope.project.places import DEFAULT_RULES
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.rule_files import rule_paths
from swarmscope.prometheus.rule_sets import lay_out, rule_set
from swarmscope.run import judging_runs
from swarmscope.run.form_runs import FormRuns, FormRunSettings
from swarmscope.run.judging_runs import EndedRun, RunJudge
from swarmscope.run.locust_api import LocustApi, LocustUnavailableError, RunStatus
from swarmscope.verdict.verdict import Verdict
from swarmscope_exporter.phases import StopOrder

UNDER_WAY = RunStatus(
    run_id="20260101-000000-smoke",
    phase="steady",
    users=5,
    workers=1,
    start_seconds=100.0,
    end_seconds=None,
    planned_seconds=30.0,
    locust_requests=7,
    exporter_requests=7,
    scenario="smoke",
)
ENDED = replace(UNDER_WAY, phase="done", end_seconds=136.0)


@dataclass
class Master(LocustApi):
    """A Locust master whose runs the test writes down."""

    runs: list[RunStatus] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    last: str = ENDED.run_id
    stops: int = 0
    is_away: bool = False

    def runs_to_judge(self) -> tuple[RunStatus, ...]:
        if self.is_away:
            raise LocustUnavailableError("gone")
        return tuple(self.runs)

    def record_verdict(self, run_id: str, outcome: str, reasons: Sequence[str], results: str) -> None:  # noqa: ARG002
        self.told.append((run_id, outcome))
        self.runs = [run for run in self.runs if run.run_id != run_id]

    def status(self) -> RunStatus:
        if self.is_away:
            raise LocustUnavailableError("gone")
        return replace(self.runs[-1] if self.runs else ENDED, run_id=self.last)

    def stop(self, timeout_seconds: float = 0.0, *, order: StopOrder = StopOrder.STOP) -> None:  # noqa: ARG002
        self.stops += 1
        self.runs = [replace(ENDED, run_id=run.run_id) for run in self.runs]

    def reports(self) -> dict[str, bytes]:
        return {"locust-report.html": b"of the last run"}


class Followed:
    """A master with its follower, and what came of it."""

    def __init__(self, folder: Path) -> None:
        self.results = folder / "results"
        self.rules = folder / "rules"
        lay_out(DEFAULT_RULES, None, self.rules)
        self.master = Master()
        self.output = io.StringIO()
        self.verdicts: list[Verdict] = []
        self.judged: list[EndedRun] = []
        self.told: list[str] = []  #: in order: what was seen of the runs, and their verdicts
        self.runs = self.follower()

    def follower(self) -> FormRuns:
        return FormRuns(
            self.master,
            PrometheusApi("http://127.0.0.1:1", requests.Session()),  # one that does not try again
            FormRunSettings(self.rules, self.results),
            Console(file=self.output, width=200),
            seen=lambda status: self.told.append(f"{status.run_id} {status.phase}"),
            judged=self._take_verdict,
        )

    def _take_verdict(self, verdict: Verdict, folder: Path) -> None:
        self.verdicts.append(verdict)
        self.told.append(f"{folder.name} {verdict.outcome}")

    def document(self, run_id: str = ENDED.run_id) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.results / run_id / "verdict.json").read_text())
        return document


@pytest.fixture
def followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Followed:
    monkeypatch.setattr(judging_runs, "_SETTLE_TIMEOUT_SECONDS", 0.1)
    followed, judge = Followed(tmp_path), RunJudge.judge

    def note(self: RunJudge, run: EndedRun) -> Verdict:
        followed.judged.append(run)
        return judge(self, run)

    monkeypatch.setattr(RunJudge, "judge", note)
    return followed


def test_a_run_is_judged_once_when_it_is_over_and_the_rules_of_its_beginning_are_kept(followed: Followed) -> None:
    followed.master.runs = [UNDER_WAY]
    followed.runs.poll()
    assert followed.verdicts == []
    shutil.rmtree(followed.rules)
    followed.master.runs = [ENDED]
    followed.runs.poll()
    followed.runs.poll()
    assert followed.master.told == [(ENDED.run_id, "INCONCLUSIVE")]
    assert len(followed.verdicts) == 1
    assert len(rule_paths(followed.results / ENDED.run_id / "rules")) == len(rule_set(DEFAULT_RULES).files)
    assert followed.judged == [EndedRun(ENDED.run_id, "smoke", followed.results / ENDED.run_id, 7)]
    assert followed.document()["verdict"] == "INCONCLUSIVE"
    assert "Verdict: INCONCLUSIVE" in followed.output.getvalue()


def test_the_end_of_a_run_is_seen_before_its_verdict_also_when_the_next_one_has_begun(followed: Followed) -> None:
    followed.master.runs = [UNDER_WAY]
    followed.runs.poll()
    followed.master.runs = [ENDED, replace(UNDER_WAY, run_id="next")]
    followed.runs.poll()
    followed.runs.finish("interrupted by Ctrl-C", 1.0)
    assert followed.told == [
        f"{ENDED.run_id} steady",
        f"{ENDED.run_id} done",
        "next steady",
        f"{ENDED.run_id} INCONCLUSIVE",
        "next done",
        "next INCONCLUSIVE",
    ]


def test_without_an_answer_of_prometheus_the_verdict_says_so(followed: Followed) -> None:
    followed.master.runs = [ENDED]
    followed.runs.poll()
    [verdict] = followed.verdicts
    assert any("Prometheus at http://127.0.0.1:1 did not answer" in reason for reason in verdict.reasons)
    assert (followed.results / ENDED.run_id / "locust-report.html").read_bytes() == b"of the last run"


def test_each_of_several_runs_that_ended_meanwhile_is_judged_and_only_the_last_has_locusts_reports(
    followed: Followed,
) -> None:
    earlier = replace(ENDED, run_id="earlier", exporter_requests=3)
    followed.master.runs = [earlier, ENDED]
    followed.runs.poll()
    assert [run_id for run_id, _ in followed.master.told] == ["earlier", ENDED.run_id]
    assert [(run.run_id, run.exporter_count) for run in followed.judged] == [("earlier", 3), (ENDED.run_id, 7)]
    assert not (followed.results / "earlier" / "locust-report.html").exists()
    assert (followed.results / ENDED.run_id / "locust-report.html").exists()
    assert "Locust's own reports are missing: another run has begun since" in followed.output.getvalue()


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (replace(ENDED, ended_because="Cannot reach http://x"), "Cannot reach http://x"),
        (ENDED, ""),
    ],
)
def test_a_run_that_its_users_gave_up_is_interrupted(followed: Followed, run: RunStatus, reason: str) -> None:
    followed.master.runs = [run]
    followed.runs.poll()
    assert (followed.document()["run"]["interrupted"] or "") == reason


def test_ctrl_c_stops_the_run_under_way_and_leaves_its_evidence(followed: Followed) -> None:
    followed.master.runs = [UNDER_WAY]
    followed.runs.poll()
    followed.runs.finish("interrupted by Ctrl-C", 1.0)
    assert followed.master.stops == 1
    assert followed.document()["run"]["interrupted"] == "interrupted by Ctrl-C"
    assert followed.judged[0].exporter_count == 7
    assert followed.master.told == [(ENDED.run_id, "INCONCLUSIVE")]


def test_ctrl_c_without_a_run_judges_nothing(followed: Followed) -> None:
    followed.runs.finish("interrupted by Ctrl-C", 1.0)
    assert (followed.master.stops, followed.master.told, followed.output.getvalue()) == (0, [], "")


def test_a_run_whose_master_was_started_again_is_judged_by_what_prometheus_holds(followed: Followed) -> None:
    followed.master.runs = [UNDER_WAY]
    followed.runs.poll()
    followed.master.is_away = True
    with pytest.raises(LocustUnavailableError):
        followed.runs.poll()
    assert followed.verdicts == []
    followed.master.is_away, followed.master.runs = False, []
    followed.runs.poll()
    assert followed.document()["run"]["interrupted"] == "the Locust master lost the run: it was started again"


def test_a_judge_that_is_stopped_leaves_evidence_that_the_next_one_replaces(followed: Followed) -> None:
    followed.master.runs = [UNDER_WAY]
    followed.runs.poll()
    followed.runs.give_up("the judge was stopped before the end of the run")
    assert followed.document()["run"]["interrupted"] == "the judge was stopped before the end of the run"
    assert followed.master.told == []
    followed.master.runs = [ENDED]
    followed.follower().poll()
    assert followed.document()["run"]["interrupted"] is None
    assert followed.master.told == [(ENDED.run_id, "INCONCLUSIVE")]


def test_results_that_cannot_be_written_are_said_and_the_verdict_is_inconclusive(followed: Followed) -> None:
    followed.results.write_text("a file")
    followed.master.runs = [ENDED]
    followed.runs.poll()
    folder = followed.results / ENDED.run_id
    assert f"The rules cannot be copied to {folder}: " in followed.output.getvalue()
    [verdict] = followed.verdicts
    assert verdict.outcome == "INCONCLUSIVE"
    assert any(f"it cannot be written to {folder}: " in reason for reason in verdict.reasons)


@pytest.mark.parametrize("run_id", ["../outside", "a/b", "", ".hidden"])
def test_a_run_id_that_is_no_name_of_a_folder_is_left_alone(followed: Followed, run_id: str) -> None:
    followed.master.runs = [replace(ENDED, run_id=run_id)]
    followed.runs.poll()
    assert (followed.verdicts, followed.results.exists()) == ([], False)
