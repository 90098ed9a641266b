"""Whether two sides can be compared at all: what has to be alike, and what was measured well. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from swarmscope.compare.comparison import Side
from swarmscope.compare.summary import ALL, Conditions, Key, RunSummary

#: A load that differs by no more is the same: as of users, who come and go.
_ALIKE = 0.05
#: Of random arrivals chance makes that many standard deviations of difference in one of ten thousand comparisons.
_DEVIATIONS = 4.0
#: How much longer one run may be: what a target does after an hour, it does not do in a minute.
_MAX_TIME_RATIO = 1.5
#: How the alerts of a load generator that is at its limit begin.
_OF_GENERATOR = ("Generator", "ArrivalsLate")

_RATE = "rate"
Value = str | float


@dataclass(frozen=True)
class _Condition:
    """Something that has to be alike; ``differ`` says of two known values whether they are not."""

    name: str
    value: Callable[[Conditions], Value | None]
    words: Callable[[Value], str] = str
    differ: Callable[[Value, Value], bool] = lambda a, b: a != b


def _unlike(a: Value, b: Value) -> bool:
    return abs(float(a) - float(b)) > _ALIKE * max(float(a), float(b))


def _longer(a: Value, b: Value) -> bool:
    return max(float(a), float(b)) > _MAX_TIME_RATIO * min(float(a), float(b))


def _other(a: Value, b: Value) -> bool:
    return not math.isclose(float(a), float(b), rel_tol=1e-6)


def _per_second(value: Value) -> str:
    return f"{float(value):.4g}/s"


def _plain(value: Value) -> str:
    return f"{float(value):g}"


def _seconds(value: Value) -> str:
    return f"{float(value):.0f} s"


_CONDITIONS = (
    _Condition("scenario", lambda of: of.scenario),
    _Condition("machine", lambda of: of.machine or None),
    _Condition("locustfile", lambda of: of.locustfile or None),
    _Condition("number of workers", lambda of: of.workers, _plain),
    _Condition("number of users", lambda of: of.users, _plain, _unlike),
    _Condition(_RATE, lambda of: of.rate, _per_second, _other),
    _Condition("think time scale", lambda of: of.think_time_scale, _plain, _other),
    _Condition("run time", lambda of: of.load_seconds, _seconds, _longer),
)


def obstacles(a: Side, b: Side) -> tuple[str, ...]:
    """Return why the sides cannot be compared, a line each; empty when they can be.

    What is not known of a side is not held against it.
    """
    return tuple(dict.fromkeys(_obstacles(a.runs, b.runs)))


def _obstacles(a: Sequence[RunSummary], b: Sequence[RunSummary]) -> Iterator[str]:
    for name, runs in (("A", a), ("B", b)):
        if not runs:
            yield f"side {name} has no runs"
    both = {run.run_id for run in a} & {run.run_id for run in b}
    if both:
        yield f"the same run on both sides: {', '.join(sorted(both))}"
    yield from _copies((*a, *b))
    for condition in _CONDITIONS:
        found = tuple(_unlike_conditions(condition, a, b))
        yield from found
        if condition.name == _RATE and not found:
            yield from _measured_rates(a, b)
    yield from _other_times(a, b)
    for run in (*a, *b):
        yield from (_doubted(run, doubt) for doubt in run.doubts)


def _copies(runs: Sequence[RunSummary]) -> Iterator[str]:
    """Yield a line for a run that is there twice under two ids: it would say that runs do not differ."""
    first: dict[object, str] = {}
    for run in runs:
        subject = run.subjects.get(ALL)
        if subject is None or not subject.whole.latency.count:
            continue
        same = first.setdefault((run.began_seconds, subject.whole), run.run_id)
        if same != run.run_id:
            yield f"{same} and {run.run_id} are one run: each counts once"


def _unlike_conditions(condition: _Condition, a: Sequence[RunSummary], b: Sequence[RunSummary]) -> Iterator[str]:
    """Yield a line that names both values, or all of those that the runs of one side have."""
    of_a, of_b = (_known(condition.value(run.conditions) for run in runs) for runs in (a, b))
    if any(condition.differ(one, other) for one in of_a for other in of_b):
        told = tuple(_listed(map(condition.words, values)) for values in (of_a, of_b))
        if told[0] != told[1]:
            yield f"other {condition.name}: {told[0]} and {told[1]}"
            return
    for name, values in (("A", of_a), ("B", of_b)):
        if any(condition.differ(values[0], other) for other in values[1:]):
            yield f"the runs of side {name} differ in their {condition.name}: {_listed(map(condition.words, values))}"


def _measured_rates(a: Sequence[RunSummary], b: Sequence[RunSummary]) -> Iterator[str]:
    """Yield that the rates differ which were measured, and by more than random arrivals do."""
    rates = [
        (run.conditions.arrivals_per_second, run.subjects[ALL].whole.seconds)
        for run in (*a, *b)
        if run.conditions.arrivals_per_second is not None and ALL in run.subjects
    ]
    if len(rates) < len(a) + len(b):
        if rates:
            yield "other model of load: only some of the runs have arrivals"
        return
    if not rates:
        return
    (low, of_low), (high, of_high) = min(rates), max(rates)
    chance = _DEVIATIONS * math.sqrt(low / of_low + high / of_high) if of_low and of_high else 0.0
    if high - low > max(_ALIKE * high, chance):
        told = [_listed(_per_second(run.conditions.arrivals_per_second or 0.0) for run in runs) for runs in (a, b)]
        yield f"other {_RATE}: {told[0]} and {told[1]}"


def _other_times(a: Sequence[RunSummary], b: Sequence[RunSummary]) -> Iterator[str]:
    """Yield that the latency of an endpoint is from its intended start in some runs alone."""
    measures: dict[Key, set[bool]] = defaultdict(set)
    for run in (*a, *b):
        for key, subject in run.subjects.items():
            measures[key].add(subject.whole.service is not None)
    differing = [" ".join(key) if key != ALL else "all requests" for key in sorted(measures) if len(measures[key]) > 1]
    if differing:
        more = f" and {len(differing) - 1} more" if len(differing) > 1 else ""
        yield (
            f"other latency of {differing[0]}{more}: since the intended start in some runs, since sending in the others"
        )


def _doubted(run: RunSummary, doubt: str) -> str:
    if doubt.startswith(_OF_GENERATOR):
        return f"the generator was at its limit in run {run.run_id}: {doubt}"
    return f"run {run.run_id} was not measured well: {doubt}"


def _known(values: Iterable[Value | None]) -> list[Value]:
    return [value for value in values if value is not None]


def _listed(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words)) or "unknown"
