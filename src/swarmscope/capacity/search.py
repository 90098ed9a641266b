"""Which load to try next, and when the search is over: pure, from the tries so far alone.

The load is doubled until a step breaks, then the range between the highest that held and the lowest that broke is
halved on a logarithmic scale until both are within the precision, then both are repeated. A load that held in one try
and not in another belongs to neither side: the search goes on around it, and it lies within the interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from swarmscope.capacity.step import StepOutcome

#: Of what the search may take beyond the shortest way, for loads that do not break in each try.
_MORE_STEPS = 10
#: How far below the first load is looked for one that holds.
_DOWN, _DOWN_TIMES = 4.0, 2
#: By what the load is raised where loads near it broke once, in the place of doubling it.
_CAREFUL = 1.25
#: However many loads are mixed.
_MAX_PRECISION = 0.4
#: So many times the load that held is tried at most while those between are not decided.
_UP_TO = 4.0
#: A load that the generator cannot make is believed after so many tries.
_GENERATOR_TRIES = 2
#: Digits of a rate that is worked out.
_DIGITS = 3


@dataclass(frozen=True)
class Limits:
    """Loads between which is searched, and how closely; ``tries`` is how often each end of the interval is tried."""

    first: float
    highest: float
    precision: float = 0.05
    tries: int = 3
    is_whole: bool = False  #: whether only whole numbers make sense

    @property
    def doublings(self) -> int:
        """How many steps it takes at most until a load breaks, or the highest is reached."""
        return 1 + math.ceil(math.log2(self.highest / self.first)) if self.highest > self.first else 1

    @property
    def halvings(self) -> int:
        """How many steps it takes from a factor of two to the precision."""
        return math.ceil(math.log2(math.log(2) / math.log1p(self.precision)))

    @property
    def usual_steps(self) -> int:
        """How many steps a search takes that has to double as often as it can, with loads that always do the same."""
        return self.doublings + self.halvings + 2 * (self.tries - 1)

    @property
    def most_steps(self) -> int:
        """After how many steps the search gives up."""
        return self.usual_steps + _MORE_STEPS


@dataclass(frozen=True)
class Try:
    """One load that was tried, and what became of it."""

    load: float
    outcome: StepOutcome


class End(StrEnum):
    """Why nothing is tried any more."""

    SETTLED = "settled"  #: both ends of the interval were repeated
    HIGHEST_HELD = "highest held"
    LOWEST_BROKE = "lowest broke"
    GENERATOR = "generator"
    UNDECIDED = "undecided"  #: met by little at each load that was tried above ``low``, or at all of them
    TOO_MANY = "too many steps"


@dataclass(frozen=True)
class Ended:
    """The search is over; ``low`` held in each try, ``high`` broke in each, or was more than the generator makes."""

    end: End
    low: float | None
    high: float | None


class _Kind(StrEnum):
    HELD = "held"
    BROKE = "broke"
    GENERATOR = "generator"
    MIXED = "mixed"


def next_load(tries: Sequence[Try], limits: Limits) -> float | Ended:
    """Return the load to try next, or what the search has come to."""
    known = _kinds(tries)
    held = [load for load, kind in known.items() if kind is _Kind.HELD]
    low = max(held, default=None)
    above = sorted(load for load in known if low is None or load > low)
    ends = {_Kind.BROKE, _Kind.GENERATOR}
    high = next((load for load in above if known[load] in ends and load > _highest_held(tries)), None)
    if len(tries) >= limits.most_steps:
        return _given_up(tries, known, limits)
    if not known:
        return limits.first
    if low is None:
        return _below(known, limits)
    if high is None:
        return _above(tries, above, low, limits)
    wanted = _between([low, *(load for load in above if load < high), high], limits)
    if wanted is not None and wanted not in known:
        return wanted
    return _repeated(tries, known, low, high, limits)


def _kinds(tries: Iterable[Try]) -> Mapping[float, _Kind]:
    """Return what is known of each load that was measured."""
    found: dict[float, list[StepOutcome]] = {}
    for each in tries:
        if each.outcome is not StepOutcome.UNMEASURED:
            found.setdefault(each.load, []).append(each.outcome)
    return {load: _kind_of(outcomes) for load, outcomes in found.items()}


def _kind_of(outcomes: Sequence[StepOutcome]) -> _Kind:
    of_target = [each for each in outcomes if each is not StepOutcome.GENERATOR]
    if len(of_target) < len(outcomes) - len(of_target):  # once is a hiccup, where it is not always
        return _Kind.GENERATOR
    if set(of_target) == {StepOutcome.HELD}:
        return _Kind.HELD
    return _Kind.BROKE if set(of_target) == {StepOutcome.BROKE} else _Kind.MIXED


def _below(known: Mapping[float, _Kind], limits: Limits) -> float | Ended:
    """Look for a load that holds below the lowest that was tried."""
    lowest = min(known)
    if lowest <= limits.first / _DOWN**_DOWN_TIMES * (1 + limits.precision) or (limits.is_whole and lowest <= 1):
        ends = {_Kind.GENERATOR: End.GENERATOR, _Kind.BROKE: End.LOWEST_BROKE}
        end = ends.get(known[lowest], End.UNDECIDED)
        return Ended(end, None, None if end is End.UNDECIDED else lowest)
    return _rounded(lowest / _DOWN, limits)


def _above(tries: Sequence[Try], above: Sequence[float], low: float, limits: Limits) -> float | Ended:
    """Double, or go on carefully after loads that broke once; at the highest that is allowed, try that often enough."""
    highest = max([low, *above])
    if highest >= low * _UP_TO and _highest_held(tries) == low:  # nothing above is decided: higher ones tell nothing
        return Ended(End.UNDECIDED, low, None) if _times(tries, low) >= limits.tries else low
    if highest < limits.highest:
        has_broken = any(each.outcome is StepOutcome.BROKE for each in tries)
        return min(limits.highest, _rounded(highest * (_CAREFUL if has_broken else 2), limits))
    if _times(tries, highest) < limits.tries:
        return highest
    if low < highest and _times(tries, low) < limits.tries:
        return low
    return Ended(End.HIGHEST_HELD if low == highest else End.UNDECIDED, low, None)


def _between(loads: Sequence[float], limits: Limits) -> float | None:
    """Return a load between the ends, or between one of them and what is mixed beside it; None when all is close.

    ``loads`` ascend, with both ends. The more of them are mixed, the less close they have to be: an end that moves by
    5 % each time that it is tried would never be found.
    """
    gaps = {(loads[0], loads[1]), (loads[-2], loads[-1])}
    mixed = len(loads) - 2
    precision = min(_MAX_PRECISION, limits.precision * 2.0 ** max(0, mixed - 1))
    wide = [(upper / lower, lower, upper) for lower, upper in gaps if not _is_close(lower, upper, precision, limits)]
    if not wide:
        return None
    _, lower, upper = max(wide)
    middle = _rounded(math.sqrt(lower * upper), limits)
    return middle if lower < middle < upper else None


def _repeated(
    tries: Sequence[Try], known: Mapping[float, _Kind], low: float, high: float, limits: Limits
) -> float | Ended:
    """Repeat the end that was tried less; the lower one first, which tells of a target that did not recover."""
    is_generator = known[high] is _Kind.GENERATOR
    times_low, times_high = _times(tries, low), _times(tries, high)
    wanted_high = _GENERATOR_TRIES if is_generator else limits.tries
    if times_low < limits.tries and (times_low <= times_high or times_high >= wanted_high):
        return low
    if times_high < wanted_high:
        return high
    return Ended(End.GENERATOR if is_generator else End.SETTLED, low, high)


def _given_up(tries: Sequence[Try], known: Mapping[float, _Kind], limits: Limits) -> Ended:
    """Return the narrowest interval whose ends were tried often enough, if any."""

    def often(kind: _Kind) -> list[float]:
        return [load for load, of in known.items() if of is kind and _times(tries, load) >= limits.tries]

    low = max(often(_Kind.HELD), default=None)
    high = min((load for load in often(_Kind.BROKE) if load > _highest_held(tries)), default=None)
    is_settled = low is not None and high is not None
    return Ended(End.SETTLED if is_settled else End.TOO_MANY, low, high)


def _highest_held(tries: Iterable[Try]) -> float:
    """Return the highest load that held in any try; 0 where none did."""
    return max((each.load for each in tries if each.outcome is StepOutcome.HELD), default=0.0)


def _times(tries: Iterable[Try], load: float) -> int:
    return sum(each.load == load and each.outcome is not StepOutcome.UNMEASURED for each in tries)


def _is_close(lower: float, upper: float, precision: float, limits: Limits) -> bool:
    return upper <= lower * (1 + precision) or (limits.is_whole and upper - lower <= 1)


def _rounded(load: float, limits: Limits) -> float:
    """Return a load that people can read: whole users, and rates of three digits."""
    return float(max(1, round(load))) if limits.is_whole else float(f"{load:.{_DIGITS}g}")
