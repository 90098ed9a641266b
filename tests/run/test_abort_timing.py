"""What --abort-on-breach says: at the start when it can act, and when it acts why."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from rich.console import Console

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.processes.signals import Interruptions
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.series import Sample, Series
from swarmscope.run.abort_timing import Plan, abort_announcement, plan_of
from swarmscope.run.breach import BreachWatch
from swarmscope.run.follow import PlannedEnd, follow
from swarmscope.run.locust_api import LocustApi, RunStatus
from swarmscope.run.options import RunOptions
from swarmscope.run.progress import Progress


@pytest.mark.parametrize(
    ("plan", "wait", "end"),
    [
        (Plan(5.0, 60.0), 6, "at 00:17 of the run"),
        (Plan(10.0, 120.0), 12, "at 00:34 of the run"),
        (Plan(10.0, 3600.0), 30, "at 01:10 of the run"),
        (Plan(10.0, None), 30, "at 01:10 of the run"),
        (Plan(None, 300.0), 30, "01:00 after the ramp"),
    ],
    ids=["short", "two minutes", "long", "endless", "of a shape of its own"],
)
def test_the_announcement_says_when_a_run_of_that_length_can_be_ended(plan: Plan, wait: int, end: str) -> None:
    assert abort_announcement(plan) == (
        "--abort-on-breach: ends the run when a critical alert fires, or a critical objective has been missed over the"
        f" run so far for {wait} s: at the earliest {end}"
    )


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
    prometheus = Alerting(alert)
    told = follow(
        Steady(),
        Progress(console, prometheus, "r"),
        console,
        end=PlannedEnd(),
        breach=BreachWatch(prometheus, "r"),
        require_alive=lambda: None,
        note=lambda _: None,
        interruptions=Interruptions(),
    )
    assert console.file.getvalue().splitlines()[-1] == f"Stopping: {told}"  # type: ignore[attr-defined]
    assert re.fullmatch(reason, told), told


class SoFar(PrometheusApi):
    """Says of a run of a minute what it is told to: its p95 in seconds, its limit is 0.5, and how long it is judged."""

    def __init__(self, planned_seconds: float | None = 60.0, severity: str = "critical") -> None:
        super().__init__("http://unset")
        self.p95: float = 0.1
        self.judged_seconds = 0.0
        self.is_silent = False
        self._since: float | None = None
        self._planned_seconds = planned_seconds
        self._severity = severity

    def with_timeout(self, _seconds: float) -> SoFar:
        return self

    def instant(self, _query: str, _at_seconds: float | None = None) -> tuple[Series, ...]:
        if self.is_silent:
            raise PrometheusUnavailableError("away")
        at = 1000.0 + self.judged_seconds
        of = {"objective": "endpoint_latency_p95_seconds", "method": "POST", "name": "/chat"}
        limit = of | {"bound": "max", "severity": self._severity}
        found = [("loadtest:run_threshold", limit, 0.5), ("loadtest:begun_seconds", {}, 1000.0)]
        # As the rules have it: since when it has been above the limit without a break.
        self._since = (at if self._since is None else self._since) if self.p95 > 0.5 else None
        if self._since is not None:
            found += [
                ("loadtest:run_missed", limit, self.p95),
                ("loadtest:run_missed_since_seconds", limit, self._since),
            ]
        if self._planned_seconds is not None:
            found.append(("loadtest_run_planned_seconds", {}, self._planned_seconds))
        return tuple(Series({"__name__": name} | labels, (Sample(at, value),)) for name, labels, value in found)


class Watched:
    """A watch that is asked once a second, from the beginning of the judged part, 5 s after that of the load."""

    def __init__(self, prometheus: SoFar) -> None:
        self._prometheus = prometheus
        self._seconds = 0.0
        self._watch = BreachWatch(prometheus, "r", lambda: self._seconds)
        self._progress = Progress(Console(file=StringIO()), prometheus, "r")

    def until(self, end: int) -> str:
        """Return the first reason to end the run up to that second of the judged part."""
        while self._seconds < end + 5:
            self._seconds += 1
            self._prometheus.judged_seconds = self._seconds - 5
            if reason := self._watch.reason(self._progress, self._seconds, 0.0):
                return reason
        return ""


def test_a_short_run_ends_when_it_has_missed_an_objective_for_a_tenth_of_its_length() -> None:
    prometheus = SoFar()
    watched = Watched(prometheus)
    assert watched.until(20) == ""
    prometheus.p95 = 3.4
    assert watched.until(60) == (
        "aborted on breach: endpoint latency p95 POST /chat 3.4 s, limit 500 ms over the run so far, at 00:32 of the"
        " run, missed for 6 s"
    )


def test_the_first_moments_of_a_run_end_nothing() -> None:
    prometheus = SoFar()
    prometheus.p95 = 3.4
    watched = Watched(prometheus)
    assert watched.until(11) == ""
    assert "missed for" in watched.until(12)


def test_what_is_missed_for_a_moment_or_is_a_warning_or_cannot_be_read_ends_nothing() -> None:
    flickering = SoFar()
    watched = Watched(flickering)
    for second in range(0, 60, 5):
        flickering.p95 = 3.4 if second % 2 else 0.1
        assert watched.until(second) == ""
    warning = SoFar(severity="warning")
    warning.p95 = 3.4
    assert Watched(warning).until(60) == ""
    unobserved = SoFar()
    unobserved.p95 = float("nan")
    assert Watched(unobserved).until(60) == ""
    silent = SoFar()
    silent.is_silent = True
    assert Watched(silent).until(60) == ""


def test_a_run_without_an_end_waits_for_half_a_minute() -> None:
    endless = SoFar(planned_seconds=None)
    endless.p95 = 3.4
    watched = Watched(endless)
    assert watched.until(59) == ""
    assert "missed for" in watched.until(60)
