"""--until-sure: when the run is looked at, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from swarmscope.errors import CommandError
from swarmscope.objectives import Interval, Objective
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.run.options import RunOptions
from swarmscope.run.parameters import checked
from swarmscope.run.sure_watch import SureWatch
from swarmscope.run.until_sure import UntilSure, until_sure_of
from swarmscope.verdict.read import RunReader
from swarmscope.verdict.sureness import is_decided
from tests.verdict.builders import objective


def test_a_range_is_read_and_looked_at_ever_more_rarely() -> None:
    until = until_sure_of("30s..10m")
    assert until == UntilSure(30.0, 600.0)
    assert until.look_seconds == pytest.approx((30, 45, 67.5, 101.25, 151.9, 227.8, 341.7, 512.6), abs=0.1)
    assert until.looks == 9


@pytest.mark.parametrize("text", ["10m", "..10m", "1m..", "1m..x", "0s..1m", "10m..1m", "1m..1m", "1m..2m..3m"])
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(CommandError, match="--until-sure") as refused:
        until_sure_of(text)
    assert "\n" not in str(refused.value)


def test_it_and_a_run_time_contradict_each_other() -> None:
    with pytest.raises(CommandError, match="leave out one"):
        checked(RunOptions("smoke", until_sure=UntilSure(30, 60), run_time_seconds=30))


def test_scenarios_with_stages_are_refused() -> None:
    with pytest.raises(CommandError, match="spike has stages"):
        checked(RunOptions("spike", until_sure=UntilSure(30, 60)))


def test_the_longest_time_is_the_run_time() -> None:
    assert checked(RunOptions("smoke", until_sure=UntilSure(30, 60))).run_time_seconds == 60


@pytest.mark.parametrize(
    ("measured", "interval", "expected"),
    [
        (0.12, Interval(0.1, 0.19, 100.0, ""), True),
        (0.12, Interval(0.1, 0.25, 100.0, ""), False),
        (0.25, Interval(0.1, 0.3, 100.0, ""), False),
        (0.25, Interval(0.22, 0.3, 100.0, ""), True),
        (0.25, None, True),
        (None, None, False),
    ],
    ids=["surely met", "perhaps met", "perhaps missed", "surely missed", "without an interval", "not measured"],
)
def test_an_objective_is_decided_on_either_side_of_its_limit(
    measured: float | None, interval: Interval | None, expected: bool
) -> None:
    assert is_decided(objective(measured=measured, confidence=0.95, interval=interval)) is expected


class TestWatch:
    """The looks of a run that may end between 10 s and a minute: after 10, 15, 22.5, 33.75 and 50.6 s."""

    SURE = objective(confidence=0.95, interval=Interval(0.1, 0.19, 100.0, ""))
    UNSURE = objective(confidence=0.95, interval=Interval(0.1, 0.25, 100.0, ""))

    @staticmethod
    def watch(monkeypatch: pytest.MonkeyPatch, *found: tuple[Objective, ...]) -> tuple[SureWatch, list[str]]:
        answers, said = iter(found), list[str]()
        monkeypatch.setattr(RunReader, "objectives", lambda _: next(answers))
        return SureWatch(PrometheusApi("http://127.0.0.1:9"), "r", UntilSure(10.0, 60.0), said.append), said

    def test_it_ends_a_run_at_the_first_look_that_finds_everything_decided(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        watch, said = self.watch(monkeypatch, (self.SURE, self.UNSURE), (), (self.SURE,))
        ends = [seconds for seconds in range(60) if not watch.is_decided and watch.is_over(float(seconds))]
        assert (ends, watch.is_decided) == ([23], True)
        assert said == [
            "after 10 s of load 1 of 2 objectives are undecided: latency p95",
            "after 15 s of load Prometheus had no objective to decide: going on",
            "after 23 s of load all 1 objectives are decided: stopping",
        ]

    def test_what_only_warns_is_not_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        default = replace(self.UNSURE, only_warns=True)
        watch, _ = self.watch(monkeypatch, (self.SURE, default))
        assert watch.is_over(10.0)

    def test_looks_that_were_missed_are_one_look(self, monkeypatch: pytest.MonkeyPatch) -> None:
        watch, said = self.watch(monkeypatch, (self.UNSURE,), (self.UNSURE,))
        assert not watch.is_over(30.0)
        assert not watch.is_over(33.0)
        assert len(said) == 1

    def test_a_run_that_is_never_decided_goes_on_to_its_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        watch, said = self.watch(monkeypatch, *[(self.UNSURE,)] * 5)
        assert not any(watch.is_over(float(seconds)) for seconds in range(120))
        assert (len(said), watch.is_decided) == (5, False)
