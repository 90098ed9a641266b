"""What a search is asked for, and what it announces."""

from __future__ import annotations

import pytest

from swarmscope.capacity.search import Limits
from swarmscope.errors import CommandError
from swarmscope.locust_plugin.driven import opened
from swarmscope.project.settings import project
from swarmscope.run.capacity.given import asked_for, searched_by_run, searches
from swarmscope.run.capacity.plan import StepPlan, schedule
from swarmscope.run.options import RunOptions
from swarmscope.scenarios.model import OpenModel

ANY = RunOptions("shop")


def test_a_locustfile_without_a_scenario_begins_at_a_usual_load() -> None:
    rate, users = asked_for(ANY), asked_for(ANY, by="users")
    assert (rate.by, rate.limits) == ("rate", Limits(50, 10_000))
    assert (users.by, users.limits) == ("users", Limits(10, 5_000, is_whole=True))
    assert rate.plan == StepPlan(15, 60, 60, 2)


def test_a_scenario_begins_at_a_quarter_of_its_own_load() -> None:
    assert asked_for(RunOptions("baseline")).limits.first == 140
    assert asked_for(RunOptions("dashboard"), by="users").limits.first == 25


def test_a_scenario_may_say_it_all_and_the_command_line_says_otherwise() -> None:
    found = asked_for(RunOptions("breakpoint"))
    assert (found.limits.first, found.limits.highest, found.at_least) == (400, 6400, None)
    given = asked_for(RunOptions("breakpoint"), lowest="90/m", highest="1000/s", at_least="400/s", step="20s..2m")
    assert (given.limits.first, given.limits.highest, given.at_least) == (1.5, 1000, 400)
    assert (given.plan.min_seconds, given.plan.max_seconds) == (20, 120)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"by": "hosts"}, "Invalid --by 'hosts': expected rate or users"),
        ({"lowest": "fast"}, "Invalid --from 'fast': expected one such as 200/s, 0.5/s or 90/m"),
        ({"lowest": "0/s"}, "Invalid --from '0/s': expected a rate above 0, and at most 100000/s"),
        ({"by": "users", "lowest": "2.5"}, "Invalid --from '2.5': expected a number of users over 0, such as 50"),
        ({"lowest": "500/s", "highest": "50/s"}, "Invalid --to 50: expected more than --from, which is 500"),
        ({"highest": "50/s", "lowest": "5/s", "at_least": "60/s"}, "Invalid --at-least 60: nothing above --to, which"),
        ({"step": "5s"}, "Invalid --step 5s: expected at least 15s, below which a queue that grows does not show"),
        ({"step": "60s..20s"}, "Invalid --step: the longest time, 20s, is below the shortest, 1m"),
        ({"step": "long"}, "Invalid --step 'long': expected the shortest and the longest time, such as 15s..60s"),
        ({"precision": "0%"}, "Invalid --precision"),
        ({"tries": 0}, "Invalid --tries 0: expected 1 or more"),
    ],
)
def test_what_makes_no_sense_is_one_line(options: dict[str, object], said: str) -> None:
    with pytest.raises(CommandError) as caught:
        asked_for(ANY, **options)  # type: ignore[arg-type]
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_users_of_a_scenario_with_arrivals_only_wait_for_them() -> None:
    with pytest.raises(CommandError, match="Scenario baseline has arrivals, so its users only wait"):
        asked_for(RunOptions("baseline"), by="users")


def test_a_run_of_a_search_is_a_search_and_refuses_what_is_of_runs() -> None:
    assert searches(RunOptions("breakpoint"))
    assert not searches(RunOptions("baseline"))
    assert not searches(ANY)
    assert searched_by_run(RunOptions("breakpoint")).limits.first == 400
    with pytest.raises(CommandError, match="leave out --users, --run-time"):
        searched_by_run(RunOptions("breakpoint", users=5, run_time_seconds=60))


def test_the_plan_says_what_is_done_and_how_long_it_may_take() -> None:
    lines = list(schedule(StepPlan(), Limits(50, 10_000), "rate"))
    assert lines[0] == "from 50/s, doubled until a critical threshold is missed, up to 10000/s"
    assert lines[-1].startswith("17 steps or fewer as a rule, about 10 min; 27 steps and ")


def test_looks_at_a_step_get_rarer_and_the_last_is_its_longest_time() -> None:
    assert StepPlan(15, 60).looks == pytest.approx((15, 22.5, 33.75, 50.625, 60))
    assert StepPlan(15, 15).looks == (15,)


def test_a_scenario_without_arrivals_is_given_some_by_the_processes_of_locust_alone() -> None:
    catalogue = project().catalogue
    changed = opened(catalogue, "dashboard")
    assert changed.find("dashboard").arrivals is not None
    assert changed.find("dashboard").mix == catalogue.find("dashboard").mix
    assert changed.find("dashboard").scaled(users=40, rate=120.0, run_time_seconds=30, seed=7).arrivals == OpenModel(
        120.0, seed=7
    )
    assert catalogue.find("dashboard").arrivals is None
    assert opened(catalogue, None) is catalogue


@pytest.mark.parametrize("option", ["ramp", "recovery"])
def test_a_time_that_cannot_be_read_is_told_with_its_option(option: str) -> None:
    with pytest.raises(CommandError, match=f"Invalid --{option} 'x': expected a time span"):
        asked_for(ANY, **{option: "x"})  # type: ignore[arg-type]


def test_a_highest_load_below_the_usual_first_one_is_the_first_one_too() -> None:
    assert asked_for(ANY, highest="10/s").limits == Limits(10, 10)
