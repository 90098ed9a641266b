"""What the steps of a search come to: the interval, what broke first and how, what was used up, what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median

from swarmscope.capacity.answer import Breaking, Capacity, Found
from swarmscope.capacity.models import knee_of, scaling_of
from swarmscope.capacity.search import End, Ended
from swarmscope.capacity.step import GROWS, MACHINE_CPU, TARGET_CPU, TARGET_POOL, By, Step, StepOutcome, load_text

_FOUND = {
    End.SETTLED: Found.INTERVAL,
    End.HIGHEST_HELD: Found.AT_LEAST,
    End.LOWEST_BROKE: Found.BELOW,
    End.GENERATOR: Found.GENERATOR,
    End.UNDECIDED: Found.ENDED,
    End.TOO_MANY: Found.ENDED,
}
#: Less of what a threshold allows was used in the load before: nothing told that it would break.
CLIFF_SHARE = 0.5
#: Ends further apart do not tell how it broke.
_MAX_GAP = 1.25
#: So much of a resource is all of it.
_EXHAUSTED = 0.9
#: Whole cores are what processes of one thread each can use.
_CORE_SLACK = 0.1
_P95 = "latency_p95_seconds"
#: Of each end: with fewer an accident can look like a limit.
_ENOUGH_TRIES = 3
#: A share from here on is told as a number of times.
_TIMES = 9.995


def capacity_of(  # the parts of an answer
    scenario: str,
    by: By,
    steps: Sequence[Step],
    ended: Ended | None,
    *,
    why: str = "",
    at_least: float | None = None,
    workers: int | None = None,
    warnings: Sequence[str] = (),
) -> Capacity:
    """Return the answer; ``ended`` is None, and ``why`` says so, where the search did not come to its end."""
    is_over = ended is not None and ended.end is not End.TOO_MANY
    low, high = (ended.low, ended.high) if ended is not None and is_over else known_ends(steps)
    found = _FOUND[ended.end] if ended is not None else Found.ENDED
    if ended is not None and ended.end is End.TOO_MANY:
        why = f"the same load broke in one try and held in another, in {len(steps)} steps"
    if ended is not None and ended.end is End.UNDECIDED:
        above = "" if low is None else f" above {load_text(low, by)}"
        why = f"thresholds were met by too little to be sure{above}"
    broke = high if found is not Found.GENERATOR else None
    first = _breaking(steps, by, low, broke)
    return Capacity(
        scenario,
        by,
        found,
        low,
        high,
        tuple(steps),
        at_least,
        why,
        first=first,
        exhausted=tuple(_exhausted(steps, broke)),
        knee=knee_of(steps) if first is None or not first.is_cliff else None,
        scaling=scaling_of(steps),
        unsure=_in_each_try(steps, low, lambda step: step.unsure),
        without_data=_in_each_try(steps, low, lambda step: step.without_data),
        warnings=tuple(filter(None, (*warnings, *_warnings(steps, by, low, high), _machine(steps, broke)))),
        advice=tuple(_advice(found, by, steps, workers)),
    )


def known_ends(steps: Iterable[Step]) -> tuple[float | None, float | None]:
    """Return the highest load that held in each try, and the lowest above all that held which broke in each try."""
    outcomes: dict[float, set[StepOutcome]] = {}
    for step in steps:
        if step.outcome is not StepOutcome.UNMEASURED:
            outcomes.setdefault(step.load, set()).add(step.outcome)
    low = max((load for load, of in outcomes.items() if of == {StepOutcome.HELD}), default=None)
    highest_held = max((load for load, of in outcomes.items() if StepOutcome.HELD in of), default=0.0)
    broke = (load for load, of in outcomes.items() if of == {StepOutcome.BROKE} and load > highest_held)
    return low, min(broke, default=None)


def _at(steps: Iterable[Step], load: float | None, outcome: StepOutcome) -> list[Step]:
    return [step for step in steps if step.load == load and step.outcome is outcome]


def _breaking(steps: Sequence[Step], by: By, low: float | None, high: float | None) -> Breaking | None:
    """Return what broke at the lowest load that broke each time, and what told of it in the load before."""
    broke, held = _at(steps, high, StepOutcome.BROKE), _at(steps, low, StepOutcome.HELD)
    firsts = Counter(step.broken[0] for step in broke if step.broken)
    if high is None or not firsts:
        return None
    title = firsts.most_common(1)[0][0]
    held_share, broke_share = (_share(each, title) for each in (held, broke))
    is_close = low is not None and high <= low * _MAX_GAP
    is_mixed = any(low is not None and low < step.load < high for step in steps)  # some of these broke
    is_cliff = held_share < CLIFF_SHARE and not is_mixed if held_share is not None and is_close else None
    sentence = _sentence(title, by, is_cliff=is_cliff, held=(low, held_share), broke=(high, broke_share))
    slowest = Counter(step.slowest for step in broke if step.slowest).most_common(1)
    if slowest and "latency" in title:
        sentence = f"{sentence}; the slowest endpoint was {slowest[0][0]}"
    return Breaking(title, is_cliff, low, held_share, high, broke_share, sentence)


def _share(steps: Iterable[Step], title: str) -> float | None:
    """Return how much of what is allowed was used, in the middle; of a time that grew, by its p95."""
    found = [
        share
        for step in steps
        for each in step.objectives
        if (each.title == title or (title == GROWS and each.objective == _P95))
        and (share := each.share_of_threshold) is not None
    ]
    return median(found) if found else None


def _sentence(
    title: str,
    by: By,
    *,
    is_cliff: bool | None,
    held: tuple[float | None, float | None],
    broke: tuple[float, float | None],
) -> str:
    how = "" if is_cliff is None else ", as a cliff" if is_cliff else ", softly"
    ends = [(load, share) for load, share in (held, broke) if load is not None and share is not None]
    used = [f"{_percent(share)} at {load_text(load, by)}" for load, share in ends]
    of = "p95 used" if title == GROWS else "it used"
    figures = f": {of} {' and '.join(used)} of what its threshold allows" if used else ""
    if title == GROWS:
        return f"the response time grows all the way at {load_text(broke[0], by)}{how}{figures}"
    return f"{title} broke first{how}{figures}"


def _percent(share: float) -> str:
    """Return a share as people write it: 8 %, 320 %, 14 times."""
    return f"{100 * share:.0f} %" if share < _TIMES else f"{share:.0f} times"


def _exhausted(steps: Sequence[Step], high: float | None) -> Iterator[str]:
    """Yield what the target had used up where it broke, of that which it publishes."""
    broke = _at(steps, high, StepOutcome.BROKE)
    pool = [step.used[TARGET_POOL] for step in broke if TARGET_POOL in step.used]
    if pool and median(pool) >= _EXHAUSTED:
        yield f"its connection pool ({_percent(median(pool))} in use)"
    cpu = [step.used[TARGET_CPU] for step in broke if TARGET_CPU in step.used]
    if cpu and _is_whole(cores := median(cpu)):
        whole = round(cores)
        processes = "one process" if whole == 1 else f"{whole} processes"
        yield f"its CPU ({cores:.2f} cores, all that {processes} of one thread can use)"


def _machine(steps: Sequence[Step], high: float | None) -> str:
    """Return that the machine of the load generator had no CPU left where the target broke; empty where it had."""
    of_machine = [each.used[MACHINE_CPU] for each in _at(steps, high, StepOutcome.BROKE) if MACHINE_CPU in each.used]
    if not of_machine or median(of_machine) < _EXHAUSTED:
        return ""
    used = _percent(median(of_machine))
    return (
        f"the machine of the load generator had no CPU left ({used} in use): a target on it has a higher capacity apart"
        " from the generator"
    )


def _is_whole(cores: float) -> bool:
    """Return whether it is about a whole number of cores, or a little less."""
    return round(cores) >= 1 and -_CORE_SLACK <= cores - round(cores) <= _CORE_SLACK / 2


def _in_each_try(
    steps: Sequence[Step], low: float | None, titles: Callable[[Step], tuple[str, ...]]
) -> tuple[str, ...]:
    """Return what was so at the lower end in each try: met without being sure, or without data."""
    tries = [set(titles(step)) for step in _at(steps, low, StepOutcome.HELD)]
    return tuple(sorted(set.intersection(*tries))) if tries else ()


def _warnings(steps: Sequence[Step], by: By, low: float | None, high: float | None) -> Iterator[str]:
    for load in (low, high):
        times = len([step for step in steps if step.load == load and step.outcome is not StepOutcome.UNMEASURED])
        if load is not None and 0 < times < _ENOUGH_TRIES:
            told = "once" if times == 1 else "twice"
            yield f"{load_text(load, by)} was tried {told} only: an accident can look like a limit"
    at = load_text(low or 0.0, by)
    if unsure := _in_each_try(steps, low, lambda step: step.unsure):
        yield f"at {at} too few samples to be sure of {', '.join(unsure)}, met by far as they are: make --step longer"
    if missing := _in_each_try(steps, low, lambda step: step.without_data):
        yield f"at {at} nothing was measured by {', '.join(missing)}: is it misspelled, or asked too rarely for a step?"
    below = sorted({s.load for s in steps if s.outcome is StepOutcome.BROKE and low is not None and s.load < low})
    if below:
        told = ", ".join(load_text(load, by) for load in below)
        yield f"{told} broke as well, below loads that held: something else disturbed it"
    between = sorted({s.load for s in steps if low is not None and high is not None and low < s.load < high})
    if between:
        yield f"between both ends loads held and broke by turns: {', '.join(load_text(load, by) for load in between)}"
    if unmeasured := [step for step in steps if step.outcome is StepOutcome.UNMEASURED]:
        told = (
            "1 step says nothing and was" if len(unmeasured) == 1 else f"{len(unmeasured)} steps say nothing and were"
        )
        yield f"{told} tried again: {unmeasured[0].because}"


def _advice(found: Found, by: By, steps: Sequence[Step], workers: int | None) -> Iterator[str]:
    match found:
        case Found.GENERATOR:
            more = f"--workers {workers + 1}" if workers is not None else "more --workers"
            yield f"give the load generator {more}, on a machine with a core for each, apart from the target"
        case Found.AT_LEAST:
            yield "allow more with --to"
        case Found.BELOW:
            what = "rate" if by == "rate" else "number of users"
            yield f"begin at a lower {what} with --from, or look at one run first: something else may be wrong"
        case Found.ENDED if steps:
            yield "what was measured until then is below; start it again from there with --from"
        case _:
            return
