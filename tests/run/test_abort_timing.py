"""What --abort-on-breach says: at the start when it can act, and when it acts why."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from rich.console import Console

from swarmscope.processes.signals import Interruptions
from swarmscope.project.places import DEFAULT_RULES
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.rule_checks import checked_rule_set
from swarmscope.prometheus.rule_files import FileRule
from swarmscope.prometheus.series import Sample, Series
from swarmscope.run.abort_timing import Plan, abort_announcement, plan_of
from swarmscope.run.follow import follow
from swarmscope.run.locust_api import LocustApi, RunStatus
from swarmscope.run.options import RunOptions
from swarmscope.run.progress import Progress

BEGINNING = (
    "--abort-on-breach: ends the run when a critical alert fires: 30 s after the figures of the last 60 s crossed a"
    " threshold, at the earliest "
)

SHORTER = "shorter waits, such as TargetHangs and WorkerLost"


@pytest.fixture(scope="module")
def rules() -> tuple[FileRule, ...]:
    return checked_rule_set(DEFAULT_RULES, None).rules


@pytest.mark.parametrize(
    ("plan", "end"),
    [
        (Plan(10.0, 300.0), "at 01:40 of the run"),
        (Plan(10.0, None), "at 01:40 of the run"),
        (Plan(None, 300.0), "01:30 after the ramp"),
        (
            Plan(5.0, 60.0),
            f"at 01:35, which is after this run of 01:00: only alerts with {SHORTER}, can end it",
        ),
    ],
    ids=["long", "endless", "of a shape of its own", "short"],
)
def test_the_announcement_says_when_the_rules_in_force_can_end_this_run(
    rules: tuple[FileRule, ...], plan: Plan, end: str
) -> None:
    assert abort_announcement(rules, plan) == BEGINNING + end


def test_rules_of_ones_own_without_a_window_are_told_of_in_general() -> None:
    assert abort_announcement((), Plan(10.0, 300.0)) == "--abort-on-breach: ends the run when a critical alert fires"


@pytest.mark.parametrize(
    ("options", "plan"),
    [
        (RunOptions("smoke"), Plan(5.0, 120.0)),
        (RunOptions("smoke", users=40, spawn_rate=2.0, run_time_seconds=300.0), Plan(20.0, 300.0)),
        (RunOptions("of my own", users=100, run_time_seconds=60.0), Plan(5.0, 60.0)),
        (RunOptions("of my own", users=100, spawn_rate=10.0), Plan(10.0, None)),
        (RunOptions("of my own", own_shape="Steps", run_time_seconds=60.0), Plan(None, 60.0)),
        (RunOptions("smoke", locust_url="http://127.0.0.1:8089"), Plan(None, None)),
    ],
)
def test_a_plan_is_that_of_the_scenario_with_the_options_of_the_run(options: RunOptions, plan: Plan) -> None:
    assert plan_of(options) == plan


class Steady(LocustApi):
    """A master whose run goes on."""

    def __init__(self) -> None:
        super().__init__("http://unset")

    def status(self) -> RunStatus:
        return RunStatus("r", "steady", 3, 1, 0.0, None, 300.0, 0, 0)


class Alerting(PrometheusApi):
    """Holds one alert: pending when it is first asked for, and then firing."""

    def __init__(self, name: str) -> None:
        super().__init__("http://unset")
        self._name = name
        self._states = iter(["pending"])

    def with_timeout(self, _seconds: float) -> Alerting:
        return self

    def instant(self, query: str, _at_seconds: float | None = None) -> tuple[Series, ...]:
        if not query.startswith("ALERTS{"):
            return ()
        labels = {"alertname": self._name, "gate": "objective", "severity": "critical"}
        return (Series(labels | {"alertstate": next(self._states, "firing")}, (Sample(1.0, 1.0),)),)


@pytest.mark.parametrize(
    ("alert", "reason"),
    [
        (
            "ObjectiveMissed",
            r"aborted on breach: ObjectiveMissed, at 00:0\d of the run, \d s after the threshold was crossed",
        ),
        ("TargetHangs", r"aborted on breach: TargetHangs, at 00:0\d of the run"),
    ],
)
def test_a_breach_is_told_with_its_time_and_how_long_ago_the_threshold_was_crossed(alert: str, reason: str) -> None:
    console = Console(file=StringIO(), width=300)
    told = follow(
        Steady(),
        Progress(console, Alerting(alert), "r"),
        console,
        run_time_seconds=None,
        abort_on_breach=True,
        require_alive=lambda: None,
        note=lambda _: None,
        interruptions=Interruptions(),
    )
    assert console.file.getvalue().splitlines()[-1] == f"Stopping: {told}"  # type: ignore[attr-defined]
    assert re.fullmatch(reason, told), told
