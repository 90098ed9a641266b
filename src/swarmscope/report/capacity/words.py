"""Words and figures that every writer of a capacity shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from swarmscope.capacity.answer import Capacity, Scaling
from swarmscope.capacity.findings import CLIFF_SHARE
from swarmscope.capacity.step import (
    GENERATOR_CPU,
    MACHINE_CPU,
    TARGET_CPU,
    TARGET_MEMORY,
    TARGET_POOL,
    Measured,
    Step,
    StepOutcome,
)
from swarmscope.objectives import figure_of, limit_of, met
from swarmscope.report.wording import printable
from swarmscope.verdict.verdict import Outcome, Status

CPUS = (TARGET_CPU, GENERATOR_CPU)
NOT_SHARES = frozenset({*CPUS, TARGET_MEMORY})
_RESOURCES = {
    TARGET_CPU: "target CPU",
    TARGET_POOL: "pool",
    TARGET_MEMORY: "target memory",
    GENERATOR_CPU: "generator CPU",
    MACHINE_CPU: "CPU of the generator's machine",
}
_MAX_TITLES = 3
#: Arrivals vary by chance.
_ABOUT_ONE = 0.1


@dataclass(frozen=True)
class Tries:
    """All steps of one load."""

    load: float
    steps: tuple[Step, ...]

    def median_of(self, take: Callable[[Step], float | None]) -> float | None:
        """Return the median of a figure of the tries that have it; None where none has."""
        measured = [step for step in self.steps if step.outcome is not StepOutcome.UNMEASURED]
        return median_of([take(step) for step in measured or self.steps])


@dataclass(frozen=True)
class Figure:
    """A column of the table of steps; ``suffix`` is the unit as objectives end in it."""

    heading: str
    suffix: str
    take: Callable[[Step], float | None]

    def text(self, value: float | None) -> str:
        """Return a value in its unit: 182 ms, 0.43 %, 412.0/s, of CPU the number of cores."""
        return cores(value) if self.suffix == _CORES else figure_of(self.suffix, value, none="-")


_CORES = "_cores"
FIGURES = (
    Figure("p50", "_seconds", lambda step: step.p50_seconds),
    Figure("p95", "_seconds", lambda step: step.p95_seconds),
    Figure("p99", "_seconds", lambda step: step.p99_seconds),
    Figure("Errors", "_ratio", lambda step: step.error_ratio),
    Figure("Answered", "_per_second", lambda step: step.throughput),
    Figure("Target CPU", _CORES, lambda step: step.used.get(TARGET_CPU)),
    Figure("Generator CPU", _CORES, lambda step: step.used.get(GENERATOR_CPU)),
    Figure("Machine CPU", "_ratio", lambda step: step.used.get(MACHINE_CPU)),
)


@dataclass(frozen=True)
class Boundary:
    """An objective below and above the capacity: medians of the tries of both loads, None where there are none."""

    measured: Measured  #: as one of the tries has it
    low: float | None
    high: float | None

    @property
    def title(self) -> str:
        """What the objective is called, with its severity where that is not critical."""
        of = self.measured
        return printable(of.title if of.severity == "critical" else f"{of.title} ({of.severity})")

    @property
    def limit(self) -> str:
        """The threshold with its direction: ≤ 200 ms."""
        return limit_of(self.measured.objective, self.measured.bound, self.measured.threshold)

    def text(self, value: float | None) -> str:
        """Return a measured value in the unit of the objective."""
        return figure_of(self.measured.objective, value, none="-")

    def share(self, value: float | None) -> float | None:
        """Return how much of what is allowed a value is: 1 on the threshold."""
        return _measured(self.measured, value).share_of_threshold

    def is_met(self, value: float | None) -> bool | None:
        """Return whether a value keeps to the threshold; None where there is none."""
        return met(value, self.measured.threshold, self.measured.bound)


def median_of(values: Sequence[float | None]) -> float | None:
    """Return the median of the values that are known; None where none is."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def by_load(steps: Sequence[Step]) -> tuple[Tries, ...]:
    """Return the tries of each load, the lowest load first."""
    ordered = sorted(steps, key=lambda step: (step.load, step.number))
    return tuple(Tries(load, tuple(of)) for load, of in groupby(ordered, key=lambda step: step.load))


def figures_of(steps: Sequence[Step]) -> tuple[Figure, ...]:
    """Return the columns that some step has a value for."""
    return tuple(figure for figure in FIGURES if any(figure.take(step) is not None for step in steps))


def about_figures(figures: Sequence[Figure]) -> str:
    """Return what the figures in the table of steps are."""
    cpu = "; CPU is in cores" if any(figure.suffix == _CORES for figure in figures) else ""
    return f"Figures are medians of the tries{cpu}."


def outcomes(tries: Tries) -> str:
    """Return how the tries of a load ended: held 3 of 3; broke 2, held 1."""
    counts = Counter(step.outcome for step in tries.steps)
    if len(counts) == 1:
        return f"{tries.steps[0].outcome} {len(tries.steps)} of {len(tries.steps)}"
    return ", ".join(f"{outcome} {count}" for outcome, count in counts.most_common())


def outcome_of(tries: Tries) -> StepOutcome | None:
    """Return the outcome that all tries of a load had; None where they differ."""
    found = {step.outcome for step in tries.steps}
    return found.pop() if len(found) == 1 else None


def why(tries: Tries) -> str:
    """Return what broke, or why a try says nothing, the most frequent first; (1 of 3) where that was not all tries."""
    count = len(tries.steps)
    found = Counter(text for step in tries.steps for text in dict.fromkeys(_why(step)))
    texts = [printable(text if times == count else f"{text} ({times} of {count})") for text, times in found.items()]
    shown = sorted(texts, key=lambda text: text.endswith(f" of {count})"))
    more = [f"and {len(shown) - _MAX_TITLES} more"] if len(shown) > _MAX_TITLES else []
    return ", ".join([*shown[:_MAX_TITLES], *more])


def _why(step: Step) -> tuple[str, ...]:
    if step.outcome is StepOutcome.HELD:
        return ()
    return step.broken or tuple(filter(None, (step.because,)))


def cores(value: float | None) -> str:
    """Return a number of cores, without a unit."""
    return "-" if value is None else f"{value:.2f}"


def resource(name: str) -> str:
    """Return what a resource is called; a name that is unknown is words already."""
    return _RESOURCES.get(name) or printable(name.replace("_", " "))


def objective_name(capacity: Capacity) -> str:
    """Return what a goal for the capacity is called."""
    return "capacity_per_second" if capacity.by == "rate" else "capacity_users"


def headline(capacity: Capacity) -> str:
    """Return the answer: capacity 412 to 431/s; with a goal capacity_per_second 412 of at least 400/s."""
    if capacity.at_least is None:
        return printable(capacity.sentence)
    return f"{objective_name(capacity)} {_of_goal(capacity)} at least {capacity.figure(capacity.at_least)}"


def _of_goal(capacity: Capacity) -> str:
    if capacity.low is not None:
        return f"{number(capacity, capacity.low)} of"
    return f"below {number(capacity, capacity.high)} of" if capacity.high is not None else "unknown of"


def capitalized(text: str) -> str:
    """Return a sentence that begins with a capital letter; its names are as they were."""
    return f"{text[:1].upper()}{text[1:]}"


def number(capacity: Capacity, load: float) -> str:
    """Return a load without its unit."""
    return capacity.figure(load).removesuffix(capacity.unit)


def goal(capacity: Capacity) -> str:
    """Return whether what was asked for was met, in a word; empty where nothing was."""
    if capacity.at_least is None:
        return ""
    return {Outcome.PASS: "met", Outcome.FAIL: "missed", Outcome.INCONCLUSIVE: "undecided"}[capacity.outcome]


def goal_status(capacity: Capacity) -> Status:
    """Return the status of the goal, as that of an objective."""
    if capacity.outcome is Outcome.INCONCLUSIVE:
        return Status.NO_DATA if capacity.low is None and capacity.high is None else Status.UNDECIDED
    return Status.PASS if capacity.outcome is Outcome.PASS else Status.FAIL


def how(capacity: Capacity) -> str:
    """Return how it broke: softly, or as a cliff; empty where that cannot be said."""
    first = capacity.first
    if first is None or first.is_cliff is None:
        return ""
    at = "" if first.held_at is None else f" at {capacity.figure(first.held_at)}"
    if first.is_cliff:
        return f"a cliff: nothing told of it{at}"
    is_far = first.held_share is not None and first.held_share < CLIFF_SHARE
    return "softly: loads in between held and broke by turns" if is_far else f"softly: it showed{at} already"


def exhausted(capacity: Capacity) -> str:
    """Return what was used up; empty where nothing was."""
    return ", ".join(map(resource, capacity.exhausted))


def scaling_law(scaling: Scaling) -> str:
    """Return the fitted Universal Scalability Law in one line."""
    told = (
        f"{figure_of('_per_second', scaling.rate)} for each request under way, contention"
        f" {figure_of('_ratio', scaling.contention)}, coherency {figure_of('_ratio', scaling.coherency)}"
        f" (R² {scaling.r_squared:.3f})"
    )
    if scaling.peak_throughput is None or scaling.peak_concurrency is None:
        return told
    at_most = figure_of("_per_second", scaling.peak_throughput)
    return f"{told}; at most {at_most}, with {scaling.peak_concurrency:.0f} under way"


def requests_each(capacity: Capacity) -> str | None:
    """Return how many requests an arrival is, where that is not one; None where it is, or not known."""
    steps = [step for step in _of_load(capacity, capacity.low) if step.throughput and step.outcome is StepOutcome.HELD]
    if capacity.by != "rate" or capacity.low is None or not steps:
        return None
    each = median(step.throughput or 0.0 for step in steps) / capacity.low
    if abs(each - 1) <= _ABOUT_ONE:
        return None
    requests = figure_of("_per_second", each * capacity.low)
    return f"an arrival is {each:.2g} requests: {capacity.figure(capacity.low)} are {requests} requests"


def facts(capacity: Capacity) -> Iterator[str]:
    """Yield what is known beside the answer, a sentence each."""
    if capacity.at_least is not None:
        yield printable(capacity.sentence)
    if capacity.first is not None:
        yield printable(capacity.first.sentence)
    if (each := requests_each(capacity)) is not None:
        yield each
    if used_up := exhausted(capacity):
        yield f"exhausted: {used_up}"
    if capacity.knee is not None:
        yield f"knee: latency rises faster from {capacity.figure(capacity.knee)} on"
    if capacity.scaling is not None:
        yield f"scaling law, for information: {scaling_law(capacity.scaling)}"


def boundaries(capacity: Capacity) -> tuple[Boundary, ...]:
    """Return the objectives at the boundary, those nearest to their threshold, or furthest beyond it, first."""
    low, high = (_of_load(capacity, load) for load in (capacity.low, capacity.high))
    known = {(each.objective, each.title, each.severity): each for step in (*low, *high) for each in step.objectives}
    found = [Boundary(each, _median(each, low), _median(each, high)) for each in known.values()]

    def weight(row: Boundary) -> tuple[bool, float]:
        share = row.share(row.high if row.high is not None else row.low)
        return row.measured.severity != "critical", -(share or 0.0)

    return tuple(sorted(found, key=weight))


def _of_load(capacity: Capacity, load: float | None) -> tuple[Step, ...]:
    return tuple(step for step in capacity.steps if step.load == load)


def _median(of: Measured, steps: Sequence[Step]) -> float | None:
    same = (of.objective, of.title, of.severity)
    found = [each for step in steps for each in step.objectives if (each.objective, each.title, each.severity) == same]
    return median_of([each.measured for each in found])


def _measured(of: Measured, value: float | None) -> Measured:
    return Measured(of.objective, of.title, of.bound, of.severity, of.threshold, value, of.status)


def share_text(share: float | None) -> str:
    """Return a share of what is allowed: 86 %, 12 times."""
    if share is None:
        return "-"
    return f"{share:.0f} times" if share >= 9.995 else f"{100 * share:.0f} %"
