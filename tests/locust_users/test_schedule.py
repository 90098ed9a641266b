"""Which step and which phase a run is in, second by second."""

from __future__ import annotations

import pytest

from swarmscope.project.settings import project
from swarmscope.scenarios.schedule import RAMP_GRACE_SECONDS, PhaseTracker, Timetable


@pytest.fixture
def spike() -> Timetable:
    """Steady at 100 users until 60 s, 1000 users until 150 s, 100 again until 300 s."""
    return Timetable(project().catalogue.find("spike"))


@pytest.mark.parametrize(
    ("elapsed_seconds", "users"), [(0, 100), (59.9, 100), (60, 1000), (149.9, 1000), (150, 100), (299.9, 100)]
)
def test_a_step_lasts_until_the_next_one_begins(elapsed_seconds: float, users: int, spike: Timetable) -> None:
    step = spike.at(elapsed_seconds)
    assert step is not None
    assert step.users == users


def test_after_the_last_step_the_run_is_over(spike: Timetable) -> None:
    assert spike.at(300) is None
    assert spike.at(1e9) is None


def test_a_run_that_is_checked_once_a_second_goes_through_its_phases(spike: Timetable) -> None:
    tracker, users, phases = PhaseTracker(spike), 0, []
    for second in range(300):
        step = spike.at(second)
        assert step is not None
        users = min(users + 10, step.users) if step.users > users else step.users
        phases.append(tracker.phase(step, second, users))
    begins = [(second, phase) for second, phase in enumerate(phases) if second == 0 or phase != phases[second - 1]]
    assert begins == [(0, "ramp"), (9, "steady"), (60, "spike"), (150, "recovery")]


def test_a_run_stays_steady_when_users_are_lost(spike: Timetable) -> None:
    tracker, step = PhaseTracker(spike), spike.steps[0]
    assert tracker.phase(step, 5, 100) == "steady"
    assert tracker.phase(step, 6, 40) == "steady"


def test_a_ramp_that_never_arrives_ends_when_its_time_is_well_over(spike: Timetable) -> None:
    tracker, step = PhaseTracker(spike), spike.steps[0]
    assert spike.ramp_seconds == 10
    assert tracker.phase(step, 10 + RAMP_GRACE_SECONDS, 99) == "ramp"
    assert tracker.phase(step, 10.1 + RAMP_GRACE_SECONDS, 99) == "steady"


def test_a_ramp_that_outlasts_its_stage_is_over_with_it(spike: Timetable) -> None:
    tracker = PhaseTracker(spike)
    assert tracker.phase(spike.steps[1], 60, 20) == "spike"
    assert tracker.phase(spike.steps[2], 150, 20) == "recovery"
