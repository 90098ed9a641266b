"""Capacities as they come up, of a target that is a queue: slower the nearer it is to what it can answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from swarmscope.capacity.answer import Breaking, Capacity, Found, Scaling
from swarmscope.capacity.step import (
    GENERATOR_CPU,
    GROWS,
    TARGET_CPU,
    TARGET_POOL,
    By,
    Measured,
    Step,
    StepOutcome,
)

HOSTILE = "</script><script>alert(1)</script>|`*\x1b[31m\n💥"
_BEGAN, _LASTS = 1_769_860_800.0, 60.0
_P95_LIMIT, _ERROR_LIMIT = 0.2, 0.01


def step(number: int, load: float, full: float = 455.0, by: By = "rate", service: float = 0.0059) -> Step:
    """Return one load held on a target that answers ``full`` requests a second at most; it keeps to its objectives."""
    offered = load if by == "rate" else load * 4.0
    busy = min(offered / full, 0.985)
    wait = service * (1 + busy**4 / (1 - busy)) * (1 + 0.01 * (number % 3))
    p95, errors = 3 * wait, 0.0002 if busy < 0.95 else 0.004
    objectives = (
        _measured("latency_p95_seconds", "latency p95", _P95_LIMIT, p95),
        _measured("error_ratio", "error ratio", _ERROR_LIMIT, errors),
        _measured("endpoint_latency_p95_seconds", "endpoint latency p95 POST /api/chat", 0.4, 1.3 * p95),
    )
    broken = tuple(each.title for each in objectives if each.status == "FAIL")
    grows = offered > full
    return Step(
        number=number,
        run_id=f"20260131-12{number:02d}00-baseline",
        load=load,
        outcome=StepOutcome.BROKE if broken or grows else StepOutcome.HELD,
        because=", ".join(broken),
        begin_seconds=_BEGAN + 90 * number,
        seconds=_LASTS,
        objectives=objectives,
        throughput=min(offered, full) * (1 - errors),
        error_ratio=errors,
        p50_seconds=0.7 * wait,
        p95_seconds=p95,
        p99_seconds=5 * wait,
        concurrency=min(offered, full) * wait,
        growth=0.05 if grows else 0.0,
        used={TARGET_CPU: 2 * busy, TARGET_POOL: busy**2, GENERATOR_CPU: 0.001 * offered},
        broken=(GROWS, *broken) if grows else broken,
    )


def _measured(objective: str, title: str, threshold: float, measured: float) -> Measured:
    status = "PASS" if measured <= threshold else "FAIL"
    return Measured(objective, title, "max", "critical", threshold, measured, status)


def steps(*loads: float, full: float = 455.0, by: By = "rate") -> tuple[Step, ...]:
    return tuple(step(number, load, full, by) for number, load in enumerate(loads, 1))


_SEARCH = (50.0, 100.0, 200.0, 400.0, 800.0, 450.0, 425.0, 412.0, 431.0, 412.0, 431.0, 412.0, 431.0)


def soft() -> Capacity:
    """Return an interval between loads of three tries each, above a knee."""
    return Capacity(
        scenario="baseline",
        by="rate",
        found=Found.INTERVAL,
        low=412.0,
        high=431.0,
        steps=steps(*_SEARCH),
        first=Breaking(
            title="latency p95",
            is_cliff=False,
            held_at=412.0,
            held_share=0.71,
            broke_at=431.0,
            broke_share=1.42,
            sentence="latency p95 broke first, softly: 71 % of what is allowed at 412/s, 142 % at 431/s",
        ),
        exhausted=(TARGET_CPU, TARGET_POOL),
        knee=340.0,
        scaling=Scaling(169.0, 0.378, 0.00001, 0.994, 249.4, 441.0),
        warnings=("the target's CPU was throttled in 1 of 13 steps",),
        advice=(
            "Add a CPU to the target, or find what uses it: `swarmscope run baseline --rate 431`.",
            "A finer interval: `swarmscope capacity --precision 0.01`.",
        ),
    )


def cliff() -> Capacity:
    base = soft()
    first = Breaking(
        "error ratio", True, 412.0, 0.02, 431.0, 14.2, "error ratio broke first, as a cliff: 2 % of what is allowed"
    )
    worse = tuple(
        replace(each, error_ratio=0.142, broken=("error ratio",), because="error ratio") if each.load >= 425 else each
        for each in steps(5.0, 20.0, *_SEARCH)
    )
    return replace(base, first=first, steps=worse, knee=None, scaling=None, warnings=(), advice=())


def generator() -> Capacity:
    last = replace(step(4, 400.0), outcome=StepOutcome.GENERATOR, because="CPU of the load generator 98 %", broken=())
    return Capacity(
        scenario="baseline",
        by="rate",
        found=Found.GENERATOR,
        low=200.0,
        high=None,
        steps=(*steps(50, 100, 200), last, replace(last, number=5)),
        advice=("Give the generator more --workers.",),
    )


def below() -> Capacity:
    first = Breaking("latency p95", None, None, None, 500.0, 2.4, "latency p95 broke at the lowest load that was tried")
    return Capacity("baseline", "rate", Found.BELOW, None, 500.0, steps(500, 500, 500), first=first)


def at_least() -> Capacity:
    return replace(soft(), at_least=400.0)


def missed() -> Capacity:
    return replace(soft(), at_least=500.0)


def straddling() -> Capacity:
    return replace(soft(), at_least=420.0)


def highest_held() -> Capacity:
    return Capacity("baseline", "rate", Found.AT_LEAST, 300.0, None, steps(100, 200, 300, 300, 300))


def interrupted() -> Capacity:
    return Capacity("baseline", "rate", Found.ENDED, None, None, steps(50, 100), ended="interrupted", at_least=400.0)


def nothing() -> Capacity:
    return Capacity("baseline", "rate", Found.ENDED, None, None, (), ended="the target did not answer")


def no_target_metrics() -> Capacity:
    base = soft()
    bare = tuple(replace(each, used={}, concurrency=None, growth=None) for each in base.steps)
    return replace(base, steps=bare, exhausted=(), scaling=None)


def by_users() -> Capacity:
    first = Breaking("latency p95", False, 100.0, 0.7, 108.0, 1.3, "latency p95 broke first, softly, at 108 users")
    loads = (10, 20, 40, 80, 160, 110, 100, 108, 100, 108, 100, 108)
    return Capacity("mixed", "users", Found.INTERVAL, 100.0, 108.0, steps(*loads, by="users"), 90.0, first=first)


def mixed_tries() -> Capacity:
    """Return tries of one load that ended in four ways, and one that measured nothing."""
    ends: Sequence[tuple[StepOutcome, str]] = (
        (StepOutcome.HELD, ""),
        (StepOutcome.UNDECIDED, "latency p95: too few requests"),
        (StepOutcome.GENERATOR, "CPU of the load generator 98 %"),
        (StepOutcome.BROKE, "latency p95"),
    )
    tried = [
        replace(step(place, 420.0), outcome=outcome, because=because, broken=())
        for place, (outcome, because) in enumerate(ends, 2)
    ]
    dead = Step(6, "20260131-120600-baseline", 440.0, StepOutcome.UNMEASURED, "target died", _BEGAN + 540, 0.0)
    return Capacity(
        "baseline", "rate", Found.ENDED, 100.0, None, (step(1, 100.0), *tried, dead), ended="the target died"
    )


def hostile() -> Capacity:
    base = soft()
    first = Breaking(HOSTILE, None, None, None, 431.0, None, f"{HOSTILE} broke first")
    named = tuple(
        replace(
            each,
            because=HOSTILE,
            broken=(HOSTILE,) if each.broken else (),
            objectives=tuple(replace(objective, title=HOSTILE) for objective in each.objectives),
            used={**each.used, HOSTILE: 0.5},
        )
        for each in base.steps
    )
    return replace(
        base,
        scenario=HOSTILE,
        first=first,
        steps=named,
        exhausted=(HOSTILE,),
        warnings=(HOSTILE,),
        advice=(HOSTILE,),
    )


SAMPLES: Mapping[str, Callable[[], Capacity]] = {
    "soft": soft,
    "cliff": cliff,
    "generator": generator,
    "below": below,
    "at_least": at_least,
    "missed": missed,
    "straddling": straddling,
    "highest_held": highest_held,
    "interrupted": interrupted,
    "nothing": nothing,
    "no_target_metrics": no_target_metrics,
    "by_users": by_users,
    "mixed_tries": mixed_tries,
    "hostile": hostile,
}
