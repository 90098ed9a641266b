"""A search from its first step to its answer, with steps that are made up; tests/runs has real ones."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from swarmscope.capacity.answer import Capacity, Found
from swarmscope.capacity.pool import MAX_DOUBLINGS, Pool
from swarmscope.capacity.search import Limits
from swarmscope.capacity.step import By, StepOutcome
from swarmscope.errors import CommandError
from swarmscope.processes.signals import Interruptions
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.rule_sets import RuleSet
from swarmscope.run.capacity.options import CapacityOptions
from swarmscope.run.capacity.plan import StepPlan
from swarmscope.run.capacity.read_step import Asked, Reading
from swarmscope.run.capacity.recovery import RecoveryWatch
from swarmscope.run.capacity.session import CapacitySession
from swarmscope.run.capacity.steps import StepRunner
from swarmscope.run.loads import Load
from swarmscope.run.locust_api import LocustUnavailableError
from swarmscope.run.options import RunOptions
from swarmscope_exporter.run_details import RunDetails
from tests.capacity.made import BROKE, HELD, p95, step

Outcome = Callable[[int, float, Pool], Reading]


class Loads:
    """Runs no load; what was to be run is kept, and a target recovers or does not."""

    def __init__(self, *, recovers: bool = True) -> None:
        self.ran: list[Load] = []
        self.recovers = recovers
        locust = SimpleNamespace(url="http://127.0.0.1:1")
        prometheus = PrometheusApi("http://127.0.0.1:1")
        self.environment = SimpleNamespace(prometheus=prometheus, locust=locust, workers=1, host="http://shop")

    def run(self, load: Load, _seen: Any, is_over: Any) -> None:
        self.ran.append(load)
        watch: RecoveryWatch = is_over.__self__
        watch.has_recovered = self.recovers


def runner(folder: Path, loads: Loads, outcome: Outcome, by: By = "rate", **details: Any) -> StepRunner:
    made = StepRunner(loads, RunOptions("shop"), by, StepPlan(), RuleSet(()), folder, RunDetails(**details), {})  # type: ignore[arg-type]
    asked: list[tuple[float, bool]] = []

    def run(number: int, load: float, pool: Pool, _seen: Any, *, has_to_be_sure: bool) -> Reading:
        asked.append((load, has_to_be_sure))
        return outcome(number, load, pool)

    object.__setattr__(made, "run", run)
    object.__setattr__(made, "asked", asked)
    return made


def carries(most: float) -> Outcome:
    def outcome(number: int, load: float, _: Pool) -> Reading:
        kind, seconds = (HELD, 0.02) if load <= most else (BROKE, 2.0)
        broken = ("latency p95",) if kind is BROKE else ()
        return Reading(step(load, kind, number, objectives=(p95(seconds),), p50_seconds=0.01, broken=broken))

    return outcome


def searched(
    monkeypatch: pytest.MonkeyPatch, folder: Path, outcome: Outcome, loads: Loads | None = None, **more: Any
) -> tuple[Capacity, StepRunner]:
    made = runner(folder, loads or Loads(), outcome)
    options = CapacityOptions(RunOptions("shop"), "rate", Limits(50, 10_000), StepPlan(), **more)
    session = CapacitySession(options, Console(file=io.StringIO()), Interruptions())
    session.folder = folder
    monkeypatch.setattr(session, "_prepared", lambda _: made)
    return session.run(), made


def test_a_limit_is_found_and_what_is_known_is_written_after_each_step(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    written: list[int] = []

    def outcome(number: int, load: float, pool: Pool) -> Reading:
        path = tmp_path / "capacity.json"
        written.append(len(json.loads(path.read_text())["steps"]) if path.is_file() else 0)
        return carries(437)(number, load, pool)

    loads = Loads()
    found, _ = searched(monkeypatch, tmp_path, outcome, loads)
    assert (found.found, found.low, found.high) == (Found.INTERVAL, 436, 456)
    assert written == list(range(13))
    assert len(loads.ran) == 6, "the target recovers after each step that broke"
    assert {load.options.rate for load in loads.ran} == {50}


def test_ends_of_a_goal_have_to_be_sure_when_they_are_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, made = searched(monkeypatch, tmp_path, carries(437), at_least=300)
    again = [load for load, has_to_be_sure in made.asked if has_to_be_sure]  # type: ignore[attr-defined]
    assert again == [436, 456, 436, 456]


def test_too_few_users_are_doubled_until_they_are_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def outcome(number: int, load: float, pool: Pool) -> Reading:
        if pool.doublings < 5:
            return Reading(step(load, StepOutcome.UNMEASURED, number), needs_users=True)
        return carries(437)(number, load, pool)

    found, _ = searched(monkeypatch, tmp_path, outcome)
    assert (found.low, found.high) == (436, 456)


def test_users_that_are_never_enough_are_not_the_target_s_limit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found, _ = searched(
        monkeypatch,
        tmp_path,
        lambda number, load, _: Reading(step(load, StepOutcome.UNMEASURED, number), needs_users=True),
    )
    assert found.outcome == "INCONCLUSIVE"
    assert found.found is Found.GENERATOR
    assert sum(each.outcome is StepOutcome.UNMEASURED for each in found.steps) == MAX_DOUBLINGS
    assert "give more with --users" in found.steps[-1].because


def test_three_steps_in_a_row_that_say_nothing_end_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def outcome(number: int, load: float, pool: Pool) -> Reading:
        return Reading(step(load, StepOutcome.UNMEASURED, number)) if number > 1 else carries(437)(number, load, pool)

    found, _ = searched(monkeypatch, tmp_path, outcome)
    assert (found.found, found.low, len(found.steps)) == (Found.ENDED, 50, 4)
    assert found.ended.startswith("3 steps in a row say nothing")


def test_a_target_that_does_not_recover_ends_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found, _ = searched(monkeypatch, tmp_path, carries(437), Loads(recovers=False))
    assert (found.low, found.high, found.outcome) == (400, 800, "INCONCLUSIVE")
    assert found.ended == ("the target did not recover from 800/s: after 60 s at 50/s, no request was answered")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyboardInterrupt(), "interrupted in step 2, 100/s"),
        (CommandError("the API does not answer"), "step 2, 100/s, did not end: the API does not answer"),
        (LocustUnavailableError("it is gone"), "step 2, 100/s, did not end: it is gone"),
    ],
)
def test_what_was_learnt_until_a_step_could_not_be_taken_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: BaseException, said: str
) -> None:
    def outcome(number: int, load: float, pool: Pool) -> Reading:
        if number == 2:
            raise error
        return carries(437)(number, load, pool)

    found, _ = searched(monkeypatch, tmp_path, outcome)
    assert (found.ended, found.low, found.outcome) == (said, 50, "INCONCLUSIVE")


def test_a_first_step_that_cannot_be_taken_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def outcome(*_: Any) -> Reading:
        raise LocustUnavailableError("it is gone")

    with pytest.raises(CommandError, match="it is gone"):
        searched(monkeypatch, tmp_path, outcome)


def test_each_try_has_arrivals_of_its_own_and_users_that_start_gently(tmp_path: Path) -> None:
    made = runner(tmp_path / "search", Loads(), carries(1), labels={"team": "shop"})
    first, second = (made.load_of(f"step{n:02d}", Asked(n, 200.0, 1000), 60) for n in (1, 2))
    assert (first.options.seed, second.options.seed) == (1, 2)
    assert (first.options.rate, first.options.users, first.options.spawn_rate) == (200, 1000, 100)
    assert (first.seconds, first.options.run_time_seconds) == (70, 70)
    assert first.run_id == "search-step01"
    assert first.details.labels == {"team": "shop", "capacity": "search", "step": "01"}
    many = made.load_of("step03", Asked(3, 9000.0, 15_000), 60)
    assert many.seconds == 80, "a ramp has an end"


def test_users_that_are_the_load_have_neither_rate_nor_schedule(tmp_path: Path) -> None:
    made = runner(tmp_path / "search", Loads(), carries(1), by="users")
    load = made.load_of("step01", Asked(1, 40.0, made.users(40.0, Pool(1.0, 1))), 60)
    assert (load.options.rate, load.options.seed, load.options.users) == (None, None, 40)
