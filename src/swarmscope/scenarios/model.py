"""What a scenario is: data, without Locust, so that scripts and tests read it as well."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from swarmscope.scenarios.arrivals import MAX_PER_SECOND, MAX_WAIT_SECONDS, MODELS, Leg, Model, Schedule

LoadPhase = Literal["ramp", "steady", "spike", "recovery"]

#: A ramp that was not chosen may take this share of its stage; it is made faster when a run is shortened.
LONGEST_RAMP_SHARE = 1 / 3
#: What a scenario without a spawn rate has: its users within so many seconds.
USERS_PER_SPAWN = 10


@dataclass(frozen=True)
class Stage:
    """A part of a run with one number of users; the ramp towards that number is at its beginning, and part of it.

    ``time_share`` is a share of the run time, ``users_share`` of the scenario's users, or of its rate where it has
    arrivals. ``spawn_rate`` is in users per second, the scenario's own when None. ``ramp_share`` is the share of the
    stage in which the rate of arrivals moves to its own; when None it jumps, but for the first stage, where it takes
    as long as the users do to start.
    """

    phase: LoadPhase
    time_share: float = 1.0
    users_share: float = 1.0
    spawn_rate: float | None = None
    ramp_share: float | None = None


@dataclass(frozen=True)
class OpenModel:
    """Tasks that begin at a rate of their own, per second, whatever the target does; see `scenarios.arrivals`.

    An arrival that no user can take within ``max_wait_seconds`` is dropped.
    """

    rate: float
    model: Model = "poisson"
    seed: int = 1
    max_wait_seconds: float = MAX_WAIT_SECONDS

    def __post_init__(self) -> None:
        checks = [
            ("rate", self.rate, 0 < self.rate <= MAX_PER_SECOND, f"above 0, and at most {MAX_PER_SECOND:g}/s"),
            ("model", self.model, self.model in MODELS, " or ".join(MODELS)),
            ("max_wait", self.max_wait_seconds, _positive(self.max_wait_seconds), "a time above 0"),
        ]
        for setting, value, is_valid, expected in checks:
            if not is_valid:
                raise ValueError(f"invalid {setting} of arrivals: {value}: expected {expected}")


@dataclass(frozen=True)
class Search:
    """What a scenario says of the search for a capacity: loads in arrivals a second, or users; None: as usual."""

    by: Literal["rate", "users"] = "rate"
    first: float | None = None
    highest: float | None = None
    at_least: float | None = None


@dataclass(frozen=True)
class Size:
    """How large a run is."""

    users: int
    spawn_rate: float
    run_time_seconds: float


@dataclass(frozen=True)
class Scenario:
    """A load test by name: who does what, how many of them, how fast, for how long.

    ``mix`` maps names of user classes to weights; when empty, all take part with weights of their own. Users either
    pause as people do, their pauses multiplied by ``think_time_scale``, or, with ``arrivals``, wait for the next task
    that is due. With fewer than ``min_users`` a kind of them would be missing that a threshold speaks of.
    ``users``, ``spawn_rate`` and ``run_time_seconds`` are None where a locustfile's own shape, or the command line, is
    to say them. ``locustfiles`` are those of the scenario alone, as its project writes them.
    Only tasks with one of the ``tags`` take part, and none with one of ``exclude_tags``. ``groups`` are of scenarios:
    the workloads they drive, ``quick`` and ``long`` ones, ``rate`` for those with a target.
    """

    name: str
    purpose: str
    users: int | None = None
    spawn_rate: float | None = None
    run_time_seconds: float | None = None
    mix: Mapping[str, float] = field(default_factory=dict)
    stages: tuple[Stage, ...] = (Stage("steady"),)
    think_time_scale: float = 1.0
    arrivals: OpenModel | None = None
    min_users: int = 1
    aliases: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    locustfiles: tuple[str, ...] = ()
    search: Search | None = None  #: of a scenario that is a search for a capacity

    def __post_init__(self) -> None:
        total = sum(stage.time_share for stage in self.stages)
        checks = [
            ("users", self.users, self.users is None or self.users >= 1),
            ("spawn rate", self.spawn_rate, self.spawn_rate is None or _positive(self.spawn_rate)),
            ("run time", self.run_time_seconds, self.run_time_seconds is None or _positive(self.run_time_seconds)),
            ("think_time_scale", self.think_time_scale, _positive(self.think_time_scale)),
            ("mix", dict(self.mix), all(map(_positive, self.mix.values()))),
            ("users_share", self.stages, all(self._is_share(stage.users_share) for stage in self.stages)),
            ("ramp", self.stages, all(0 <= (stage.ramp_share or 0.0) <= 1 for stage in self.stages)),
            ("time_share", self.stages, all(_positive(stage.time_share) for stage in self.stages)),
            ("sum of time_share", total, math.isclose(total, 1.0)),
        ]
        for setting, value, is_valid in checks:
            if not is_valid:
                raise ValueError(f"scenario {self.name}: invalid {setting}: {value}")

    def users_in(self, stage: Stage) -> int:
        """Return the number of users in a stage: at least 1, whatever its share; all of them wait for arrivals."""
        users = self.size.users
        return users if self.arrivals is not None else max(1, round(stage.users_share * users))

    def _is_share(self, share: float) -> bool:
        return 0 < share <= 1 or (share == 0 and self.arrivals is not None)

    @property
    def schedule(self) -> Schedule | None:
        """Arrivals of a run of this size; None without. Raise ValueError, one line, where none is left."""
        if self.arrivals is None:
            return None
        schedule = Schedule(tuple(self._legs(self.arrivals.rate)), self.arrivals.model, self.arrivals.seed)
        if schedule.expected < 1:
            raise ValueError(
                f"scenario {self.name} leaves no arrival: {self.arrivals.rate:g}/s for"
                f" {self.size.run_time_seconds:g} s; raise the rate (--rate), or the run time"
            )
        return schedule

    def _legs(self, rate: float) -> Iterator[Leg]:
        size, before = self.size, 0.0
        for number, stage in enumerate(self.stages):
            seconds, own = stage.time_share * size.run_time_seconds, stage.users_share * rate
            ramp = seconds * (stage.ramp_share or 0.0)
            if number == 0 and stage.ramp_share is None:
                ramp = min(seconds, size.users / size.spawn_rate)
            yield from (leg for leg in (Leg(ramp, before, own), Leg(seconds - ramp, own, own)) if leg.seconds > 0)
            before = own

    @property
    def size(self) -> Size:
        """Users, spawn rate and run time; raise ValueError, one line, where the scenario leaves one of them open."""
        if self.users is None or self.run_time_seconds is None:
            left_open = {"users": self.users, "run_time": self.run_time_seconds}
            missing = [name for name, value in left_open.items() if value is None]
            options = " and ".join(f"--{name.replace('_', '-')}" for name in missing)
            raise ValueError(
                f"scenario {self.name} has no {' and no '.join(missing)}: add {' and '.join(missing)} to it in"
                f" swarmscope.toml, or give {options}"
            )
        return Size(self.users, self.spawn_rate or usual_spawn_rate(self.users), self.run_time_seconds)

    def scaled(
        self,
        *,
        users: int | None = None,
        spawn_rate: float | None = None,
        run_time_seconds: float | None = None,
        rate: float | None = None,
        seed: int | None = None,
    ) -> Scenario:
        """Return this scenario with other figures; its stages scale along.

        None keeps the scenario's own. With other users alone the ramp takes as long as before; a spawn rate given
        here holds for all stages. Raise ValueError for a figure that is not positive, for a spawn rate that cannot
        reach the users of a stage before it ends, and for a rate of a scenario without arrivals.
        """
        figures = (("users", users), ("spawn rate", spawn_rate), ("run time", run_time_seconds), ("rate", rate))
        for name, value in figures:
            if value is not None and not _positive(value):
                raise ValueError(f"{name} of scenario {self.name} must be above 0, not {value}")
        if rate is not None and self.arrivals is None:
            raise ValueError(
                f"scenario {self.name} has no arrivals, so no rate of its own: add"
                f' arrivals = {{ rate = "{rate:g}/s", max_users = ... }} to it, or leave out --rate'
            )
        arrivals = self.arrivals
        if arrivals is not None:
            arrivals = replace(arrivals, rate=rate or arrivals.rate, seed=seed or arrivals.seed)
        ratio = 1.0 if users is None or self.users is None else users / self.users
        stages = tuple(
            replace(stage, spawn_rate=None if spawn_rate or stage.spawn_rate is None else stage.spawn_rate * ratio)
            for stage in self.stages
        )
        scaled = replace(
            self,
            users=self.users if users is None else users,
            spawn_rate=spawn_rate or (None if self.spawn_rate is None else self.spawn_rate * ratio),
            run_time_seconds=run_time_seconds or self.run_time_seconds,
            arrivals=arrivals,
            stages=stages,
        )
        if scaled.users is None or scaled.run_time_seconds is None:  # for a shape to say
            return scaled
        return replace(scaled, stages=tuple(_with_ramps_that_fit(scaled, rate_is_chosen=spawn_rate is not None)))


def usual_spawn_rate(users: int) -> float:
    """Return the spawn rate of a scenario that has none: a tenth of its users per second, at least 1."""
    return max(1.0, users / USERS_PER_SPAWN)


def _with_ramps_that_fit(scenario: Scenario, *, rate_is_chosen: bool) -> Iterator[Stage]:
    users_before, size = 0, scenario.size
    for stage in scenario.stages:
        seconds = stage.time_share * size.run_time_seconds
        users, rate = scenario.users_in(stage), stage.spawn_rate or size.spawn_rate
        change = abs(users - users_before)
        if not rate_is_chosen:
            rate = max(rate, change / (seconds * LONGEST_RAMP_SHARE))
        elif change / rate >= seconds:
            raise ValueError(
                f"spawn rate {rate:g}/s of scenario {scenario.name} is too low: {change} users take "
                f"{change / rate:g} s, and its stage {stage.phase!r} lasts {seconds:g} s; "
                f"raise the spawn rate above {change / seconds:g}/s, or the run time"
            )
        yield replace(stage, spawn_rate=rate)
        users_before = users


def _positive(value: float) -> bool:
    return value > 0 and math.isfinite(value)
