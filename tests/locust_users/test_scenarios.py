"""The scenarios as data."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace

import pytest

from swarmscope.project.scenario_settings import blend
from swarmscope.project.settings import project
from swarmscope.scenarios.catalogue import UnknownScenarioError
from swarmscope.scenarios.model import Scenario, Stage
from swarmscope.scenarios.schedule import Timetable
from tests.locust_users.running import ROOT, UserClass

MINUTE = 60
HOUR = 60 * MINUTE

#: What some are known for; others may be added.
FIGURES = {  # users, run time in seconds, more requests per second than this
    "smoke": (10, 2 * MINUTE, None),
    "baseline": (100, 10 * MINUTE, 500),
    "stress": (500, 5 * MINUTE, 1000),
    "spike": (1000, 5 * MINUTE, None),
    "soak": (100, HOUR, None),
    "endurance": (50, 4 * HOUR, None),
    "sustained": (100, 30 * MINUTE, None),
    "mixed": (200, 15 * MINUTE, 600),
    "user-journey": (20, 5 * MINUTE, None),
    "admin-workflow": (10, 5 * MINUTE, None),
    "dashboard": (100, 5 * MINUTE, None),
    "arrivals": (100, 2 * MINUTE, 90),
}
BASELINE, STRESS = (project().catalogue.find(name) for name in ("baseline", "stress"))
EVERY = pytest.mark.parametrize("scenario", list(project().catalogue), ids=project().catalogue.by_name)


def test_the_catalogue_holds_every_scenario_under_its_own_name_smoke_first() -> None:
    names = [scenario.name for scenario in project().catalogue]
    assert names[0] == "smoke"
    assert names == list(project().catalogue.by_name)
    assert (*names, "load") == project().catalogue.names


@pytest.mark.parametrize(("name", "figures"), FIGURES.items(), ids=FIGURES)
def test_a_scenario_has_the_users_the_run_time_and_the_rate_it_is_known_for(
    name: str, figures: tuple[int, int, int | None]
) -> None:
    scenario = project().catalogue.find(name)
    users, run_time_seconds, rate = figures
    assert (scenario.users, scenario.run_time_seconds) == (users, run_time_seconds)
    assert (scenario.arrivals is None) == (rate is None)
    if rate is not None and scenario.arrivals is not None:
        assert rate * 1.05 < scenario.arrivals.rate < rate * 1.15


@EVERY
def test_the_stages_of_a_scenario_cover_its_run_time_and_reach_all_users(scenario: Scenario) -> None:
    timetable = Timetable(scenario)
    assert timetable.seconds == pytest.approx(scenario.run_time_seconds)
    assert max(step.users for step in timetable.steps) == scenario.users


@pytest.mark.real
@EVERY
def test_a_mix_names_user_classes_that_exist(scenario: Scenario, user_classes: dict[str, UserClass]) -> None:
    assert set(scenario.mix) <= set(user_classes)


@pytest.mark.real
@pytest.mark.parametrize("mix", [BASELINE.mix, STRESS.mix], ids=["voiceassist", "crm"])
def test_a_user_class_has_the_weight_of_its_workload(
    mix: Mapping[str, float], user_classes: dict[str, UserClass]
) -> None:
    assert {name: user_classes[name].weight for name in mix} == mix


@pytest.mark.real
def test_every_user_class_takes_part_in_some_scenario(user_classes: dict[str, UserClass]) -> None:
    assert {name for scenario in project().catalogue for name in scenario.mix} == set(user_classes)


def test_a_blend_gives_each_workload_the_same_share() -> None:
    both = blend({"A": 3, "B": 1}, {"C": 10})
    assert both == {"A": 37.5, "B": 12.5, "C": 50.0}


def test_the_spike_lasts_a_while_and_leaves_time_to_see_the_recovery_at_the_base_load() -> None:
    steady, spike, recovery = Timetable(project().catalogue.find("spike")).steps
    assert [step.phase for step in (steady, spike, recovery)] == ["steady", "spike", "recovery"]
    assert (steady.users, spike.users, recovery.users) == (100, 1000, 100)
    assert spike.spawn_rate == 200
    assert recovery.end_seconds - spike.end_seconds >= 2 * MINUTE


def test_an_alias_finds_its_scenario() -> None:
    assert project().catalogue.find("load") is project().catalogue.by_name["baseline"]


def test_an_unknown_scenario_is_an_error_that_lists_the_names() -> None:
    with pytest.raises(UnknownScenarioError) as raised:
        project().catalogue.find("smok")
    known = ", ".join(project().catalogue.names)
    assert str(raised.value) == f"unknown scenario 'smok': expected one of {known}"


def test_scaling_the_users_scales_stages_and_ramp_along() -> None:
    spike = project().catalogue.find("spike").scaled(users=500)
    assert [step.users for step in Timetable(spike).steps] == [50, 500, 50]
    assert [step.spawn_rate for step in Timetable(spike).steps] == [5, 100, 100]


def test_a_rate_stays_when_the_users_are_scaled_and_is_scaled_by_itself() -> None:
    baseline = project().catalogue.find("baseline")
    assert baseline.arrivals is not None
    assert baseline.scaled(users=50).arrivals == baseline.arrivals
    assert baseline.scaled(rate=280.0).arrivals == replace(baseline.arrivals, rate=280.0)


def test_scaling_the_run_time_scales_the_stages_along() -> None:
    spike = project().catalogue.find("spike").scaled(run_time_seconds=100)
    assert [step.end_seconds for step in Timetable(spike).steps] == pytest.approx([20, 50, 100])


def test_a_shortened_run_ramps_faster_so_that_most_of_a_stage_has_all_users() -> None:
    [step] = Timetable(project().catalogue.find("stress").scaled(run_time_seconds=30)).steps
    assert step.users / step.spawn_rate == pytest.approx(10)


def test_a_spawn_rate_that_is_given_holds_for_all_stages() -> None:
    spike = project().catalogue.find("spike").scaled(spawn_rate=50)
    assert [step.spawn_rate for step in Timetable(spike).steps] == [50, 50, 50]


def test_scaling_by_nothing_keeps_every_figure() -> None:
    stress = project().catalogue.find("stress")
    scaled = stress.scaled()
    assert (scaled.users, scaled.spawn_rate, scaled.run_time_seconds) == (500, 25, 300)
    assert scaled.arrivals == stress.arrivals
    assert Timetable(scaled).steps == Timetable(stress).steps


@pytest.mark.parametrize(
    ("figures", "message"),
    [
        ({"users": 0}, "users of scenario smoke must be above 0, not 0"),
        ({"users": -3}, "users of scenario smoke must be above 0, not -3"),
        ({"spawn_rate": 0.0}, "spawn rate of scenario smoke must be above 0, not 0.0"),
        ({"run_time_seconds": -1.0}, "run time of scenario smoke must be above 0, not -1.0"),
        ({"run_time_seconds": float("nan")}, "run time of scenario smoke must be above 0, not nan"),
        ({"spawn_rate": float("inf")}, "spawn rate of scenario smoke must be above 0, not inf"),
    ],
)
def test_a_figure_that_is_not_positive_is_refused(figures: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match="must be above 0") as raised:
        project().catalogue.find("smoke").scaled(**figures)  # type: ignore[arg-type]
    assert str(raised.value) == message


def test_a_spawn_rate_that_cannot_reach_a_stage_is_refused() -> None:
    with pytest.raises(ValueError, match="too low") as raised:
        project().catalogue.find("spike").scaled(spawn_rate=5)
    assert str(raised.value) == (
        "spawn rate 5/s of scenario spike is too low: 900 users take 180 s, and its stage 'spike' lasts 90 s; "
        "raise the spawn rate above 10/s, or the run time"
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stages": (Stage("steady", 0.5),)}, "scenario x: invalid sum of time_share: 0.5"),
        ({"mix": {"A": 0}}, "scenario x: invalid mix: {'A': 0}"),
        ({"users": 0}, "scenario x: invalid users: 0"),
        ({"stages": (Stage("steady", users_share=0.0),)}, "scenario x: invalid users_share: "),
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused_where_it_is_written(
    changes: dict[str, object], message: str
) -> None:
    fields: dict[str, object] = {"users": 1, "spawn_rate": 1, "run_time_seconds": 1, "mix": {"A": 1}}
    with pytest.raises(ValueError, match="scenario x") as raised:
        Scenario(name="x", purpose="", **(fields | changes))  # type: ignore[arg-type]
    assert str(raised.value).startswith(message)


@pytest.mark.real
def test_reading_scenarios_imports_neither_locust_nor_gevent() -> None:
    program = "import sys; from swarmscope.project.settings import project; print(len(project().catalogue))\n"
    program += "import testdata.queries; print({'locust', 'gevent'} & set(sys.modules))"
    output = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT / "locust", capture_output=True, text=True, check=True
    ).stdout
    assert output == f"{len(project().catalogue)}\nset()\n"
