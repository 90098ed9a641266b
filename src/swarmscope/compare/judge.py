"""Judge B against A, figure by figure: pairs of neighboring blocks, or single runs. Pure; docs/comparison.md explains.

`regression_of` does the same for one figure of one run, for the verdict.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, median, variance
from typing import Literal

from swarmscope.compare import statistics
from swarmscope.compare.comparison import Answer, Comparison, Policy, Row, Shift, Side
from swarmscope.compare.measured import MIN_REQUESTS, Measured, measured, requests_of, subjects_of
from swarmscope.compare.summary import ALL, Key, RunSummary

#: Of pairs: at most 0.5 % of the comparisons of a target with itself may call anything worse. Half of that is for
#: neighboring pairs being alike, which the test of pairs does not know.
PAIR_POLICY = Policy(family_error=0.0025, confidence=0.9)
#: Of single runs, of which there are few. Of both: each bound holds at 95 % by itself, as in a verdict.
RUN_POLICY = Policy(family_error=0.05, confidence=0.9)
#: Fewer runs of A do not say how much runs differ from each other.
MIN_BASELINE_RUNS = 5
#: Fewer pairs give no answer.
MIN_PAIRS = 6
#: Pairs that stay together in a resample: those of an ABBA quad, in which a drift has opposite signs.
_PAIRS_IN_QUAD = 2
_MIN_WINDOWS = 8
_MEAN = "latency_mean_seconds"
_MAX_MORE_UNITS = 10_000


@dataclass(frozen=True)
class _Estimate:
    """A shift on the scale of differences, with its standard error and the degrees of freedom of that.

    ``chances`` are those of one at least as high, and as low, where nothing differs. ``error_with`` and
    ``freedom_with`` say what they would be with so many more units; ``least_chance_with`` is the lowest p value then.
    """

    shift: float
    error: float | None
    freedom: float
    units: int
    chances: tuple[float, float] = (1.0, 1.0)
    error_with: Callable[[int], float] | None = None
    freedom_with: Callable[[int], float] = lambda _: math.inf
    least_chance_with: Callable[[int], float] = lambda _: 0.0
    lacks: str = ""  #: why it gives no answer, in words
    min_more: int = 1  #: how many more units there have to be for any answer


def compare_pairs(a: Side, b: Side, policy: Policy = PAIR_POLICY) -> Comparison:
    """Return how the blocks of B differ from those of A, of which the first, second, … are neighbors in time.

    Where one side has a block more, that is left out.
    """
    pairs = list(zip(a.runs, b.runs, strict=False))
    runs_a, runs_b = [run for run, _ in pairs], [run for _, run in pairs]
    return Comparison(a, b, "pair", policy, tuple(_rows(runs_a, runs_b, policy, "pair", _of_pairs)))


def compare_runs(
    a: Side, b: Side, policy: Policy = RUN_POLICY, *, figures: Collection[str] | None = None
) -> Comparison:
    """Return how the runs of B differ from those of A. Decides nothing with fewer than `MIN_BASELINE_RUNS` of A.

    ``figures`` are those that are compared; None: all. The fewer there are, the less chance makes one of them worse.
    """

    def of_runs(each: Measured) -> _Estimate | None:
        return _of_runs(each, a.runs, b.runs)

    return Comparison(a, b, "run", policy, tuple(_rows(a.runs, b.runs, policy, "run", of_runs, figures)))


def regression_of(
    baseline: Sequence[float], measured: float, own_spread: float | None, tests: int, confidence: float
) -> Shift:
    """Return by how much one run's value is above those of baseline runs; 0.05 is 5 %.

    ``own_spread`` is the relative standard error of the value that the windows of the run tell of, None where they do
    not; the baseline runs count as differing by no less. ``tests`` is how many such values the run is judged by: the p
    values are multiplied by it (Bonferroni); the bounds are not, and both together have ``confidence``. These are None,
    and the p values 1, with fewer than two baseline runs; a value that is not positive is left out of the baseline, and
    where none is left, or ``measured`` is not, the shift is 0 without bounds.
    """
    known = [math.log(value) for value in baseline if value > 0]
    if not known or measured <= 0:
        return Shift(0.0, None, None, len(known) + 1)
    shift = math.log(measured) - median(known)
    if len(known) < 2:
        return Shift(math.expm1(shift), None, None, len(known) + 1)
    spread = max(math.sqrt(variance(known)), own_spread or 0.0)
    freedom, error = len(known) - 1, spread * math.sqrt(1 + 1 / len(known))
    half = statistics.half_width(error, freedom, confidence)
    above, below = (min(1.0, tests * chance) for chance in statistics.t_chances(shift, error, freedom))
    low, high = math.expm1(shift - half), math.expm1(shift + half)
    return Shift(math.expm1(shift), low, high, len(known) + 1, p_worse=above, p_better=below)


def _rows(
    a: Sequence[RunSummary],
    b: Sequence[RunSummary],
    policy: Policy,
    unit: Literal["run", "pair"],
    estimate_of: Callable[[Measured], _Estimate | None],
    figures: Collection[str] | None = None,
) -> Iterator[Row]:
    """Yield the rows, all requests first. The p values are adjusted for all of them that could be called worse."""
    if not a or not b:
        return
    found: list[Row | tuple[Measured, _Estimate]] = []
    for key in subjects_of(a, b):
        alone = _only_in_one(a, b, key)
        if alone:
            found.append(alone)
            continue
        for each in measured(a, b, key):
            if figures is not None and each.name not in figures:
                continue
            estimate = estimate_of(each)
            found.append((each, estimate) if estimate else _without_shift(each))
    chances = [_oriented(each[0], each[1].chances) for each in found if not isinstance(each, Row) and _is_tested(*each)]
    adjusted = zip(
        statistics.holm([worse for worse, _ in chances]),
        statistics.holm([better for _, better in chances]),
        strict=True,
    )
    for each_found in found:
        if isinstance(each_found, Row):
            yield each_found
        else:
            ps = next(adjusted) if _is_tested(*each_found) else (1.0, 1.0)
            yield _row(*each_found, ps, max(1, len(chances)), policy, unit)


def _is_tested(each: Measured, estimate: _Estimate) -> bool:
    return not estimate.lacks and not each.is_quantile_of_few


def _oriented(each: Measured, above_below: tuple[float, float]) -> tuple[float, float]:
    return above_below if each.more_is_worse else (above_below[1], above_below[0])


def _only_in_one(a: Sequence[RunSummary], b: Sequence[RunSummary], key: Key) -> Row | None:
    """Return the row of a subject that one side lacks; one of many requests that B lacks must not be passed over."""
    of_a, of_b = requests_of(a, key), requests_of(b, key)
    if any(of_a) and any(of_b):
        return None
    note = "only in A" if any(of_a) else "only in B" if any(of_b) else "no requests"
    runs = a if any(of_a) else b
    mean = next((each.median_a for each in measured(runs, runs, key) if each.name == _MEAN), None)
    in_a, in_b = (mean, None) if any(of_a) else (None, mean)
    lost = key == ALL or median(of_a) >= MIN_REQUESTS
    return Row(_MEAN, *key, in_a, in_b, None, Answer.CANNOT_TELL, decides=lost, note=note)


def _without_shift(each: Measured) -> Row:
    """Return the row of a figure that no two units have."""
    a, b = each.median_a, each.median_b
    note = "not measured" if (a is None) == (b is None) else f"only in {'A' if b is None else 'B'}"
    decides = bool(each.figure and each.figure.decides and each.requests >= MIN_REQUESTS)
    return Row(each.name, *each.key, a, b, None, Answer.CANNOT_TELL, decides=decides, note=note)


def _row(
    each: Measured,
    estimate: _Estimate,
    adjusted: tuple[float, float],
    tests: int,
    policy: Policy,
    unit: str,
) -> Row:
    """Return the answer of one figure."""
    shift = _shift(each, estimate, adjusted, policy)
    margin = each.margin(policy)
    answer = _answer(each, shift, margin, policy) if _is_tested(each, estimate) else Answer.CANNOT_TELL
    decides = each.decides(policy)
    probably, more, note = None, None, ""
    if answer is Answer.CANNOT_TELL and not each.is_quantile_of_few:
        probably = _probably(each, shift.estimate, margin)
        more = _more_units(each, estimate, margin, tests, policy)
        note = estimate.lacks
    if answer is Answer.CANNOT_TELL and not note:
        note = _too_few_requests(each, policy, unit)
    return Row(
        each.name, *each.key, each.median_a, each.median_b, shift, answer, probably, more, decides=decides, note=note
    )


def _shift(each: Measured, estimate: _Estimate, adjusted: tuple[float, float], policy: Policy) -> Shift:
    low = high = None
    if estimate.error is not None:
        half = statistics.half_width(estimate.error, estimate.freedom, policy.confidence)
        low, high = each.shift(estimate.shift - half), each.shift(estimate.shift + half)
    return Shift(each.shift(estimate.shift), low, high, estimate.units, *adjusted)


def _answer(each: Measured, shift: Shift, margin: float, policy: Policy) -> Answer:
    if shift.low is None or shift.high is None:
        return Answer.CANNOT_TELL
    if statistics.is_equivalent(shift.low, shift.high, margin):
        return Answer.SAME
    more, less = (Answer.WORSE, Answer.BETTER) if each.more_is_worse else (Answer.BETTER, Answer.WORSE)
    chance = {Answer.WORSE: shift.p_worse, Answer.BETTER: shift.p_better}
    if shift.low > 0 and chance[more] <= policy.family_error:
        return more
    if shift.high < 0 and chance[less] <= policy.family_error:
        return less
    return Answer.CANNOT_TELL


def _probably(each: Measured, estimate: float, margin: float) -> Answer:
    if abs(estimate) <= margin:
        return Answer.SAME
    return Answer.WORSE if (estimate > 0) is each.more_is_worse else Answer.BETTER


def _too_few_requests(each: Measured, policy: Policy, unit: str) -> str:
    if each.figure is None or (each.key == ALL and not each.is_quantile_of_few):
        return ""
    if each.requests < each.requests_needed:
        of = "run" if unit == "run" else "block"
        return f"about {each.requests:.0f} requests in a {of}, needs {each.requests_needed:.0f}"
    needed = each.requests_needed_in_all(policy)
    return f"{each.total:.0f} requests in all, needs {needed:.0f}" if each.total < needed else ""


def _more_units(each: Measured, estimate: _Estimate, margin: float, tests: int, policy: Policy) -> int | None:
    """Return how many more units decide with a chance of `statistics.POWER`, if the shift is what it seems to be."""
    if estimate.error_with is None:
        return estimate.min_more if estimate.lacks else None
    error_with, size, chance = estimate.error_with, abs(estimate.shift), policy.family_error / tests
    # The lower of both sides, as it is a difference of logarithms.
    room = (margin if each.is_share else math.log1p(margin)) - size
    luck = statistics.normal_quantile(1 - statistics.POWER)

    def is_enough(more: int) -> bool:
        error, freedom = error_with(more), estimate.freedom_with(more)
        if room > 0 and statistics.half_width(error, freedom, policy.confidence) + luck * error <= room:
            return True
        if estimate.least_chance_with(more) > chance:
            return False
        return size >= statistics.half_width(error, freedom, 1 - 2 * chance) + luck * error and size > 0

    found = statistics.fewest(is_enough, _MAX_MORE_UNITS)
    return None if found is None else max(found, estimate.min_more)


def _of_pairs(each: Measured) -> _Estimate | None:
    """Return the shift within pairs; None where no pair has both values. Failures count by their mean.

    They come in bursts: of most pairs without any, the median would say that there are none at all.
    """
    scaled = [(each.scaled(a), each.scaled(b)) for a, b in zip(each.a, each.b, strict=True)]
    differences = [b - a for a, b in scaled if a is not None and b is not None]
    count = len(differences)
    if not count:
        return None
    of: statistics.Location = "mean" if each.is_share else "median"
    shift = statistics.location(differences, of)
    error = statistics.standard_error(differences, of, _PAIRS_IN_QUAD if count >= MIN_PAIRS else 1)

    def error_with(more: int) -> float:
        return (error or 0.0) * math.sqrt(count / (count + more))

    return _Estimate(
        shift,
        error,
        count - 1,
        count,
        statistics.signed_rank_chances(differences),
        error_with if error is not None else None,
        lambda more: count + more - 1.0,
        lambda more: 0.5 ** min(1000, count + more),
        f"{count} pair{'s' if count > 1 else ''}, needs {MIN_PAIRS}" if count < MIN_PAIRS else "",
        max(1, MIN_PAIRS - count),
    )


def _of_runs(each: Measured, a: Sequence[RunSummary], b: Sequence[RunSummary]) -> _Estimate | None:
    """Return the shift between runs, with the spread between runs of a side, or of windows within where A has few."""
    known_a = [value for value in map(each.scaled, each.a) if value is not None]
    known_b = [value for value in map(each.scaled, each.b) if value is not None]
    if not known_a or not known_b:
        return None
    shift = statistics.shift_between(known_a, known_b)
    own_b = _error_within(each, b)
    if len(known_a) < MIN_BASELINE_RUNS:
        return _within_few_runs(shift, known_a, known_b, _error_within(each, a), own_b)
    spread = max(_spread([known_a, known_b]), own_b[0] if own_b else 0.0, _binomial_error(each))

    def error_with(more: int) -> float:
        n, m = _shared_out(len(known_a), len(known_b), more)
        return spread * math.sqrt(1 / n + 1 / m)

    units = len(known_a) + len(known_b)
    freedom, error = units - 2, error_with(0)
    chances = statistics.t_chances(shift, error, freedom)
    return _Estimate(shift, error, freedom, units, chances, error_with, lambda more: freedom + more)


def _within_few_runs(
    shift: float,
    known_a: list[float],
    known_b: list[float],
    own_a: tuple[float, int] | None,
    own_b: tuple[float, int] | None,
) -> _Estimate:
    """Return an estimate that decides nothing: windows within a run do not say how much runs differ."""
    missing = MIN_BASELINE_RUNS - len(known_a)
    error, freedom = None, 1.0
    if own_a and own_b:
        error = math.sqrt(own_a[0] ** 2 / len(known_a) + own_b[0] ** 2 / len(known_b))
        freedom = own_a[1] + own_b[1] - 2.0
    lacks = f"{len(known_a)} run{'s' if len(known_a) > 1 else ''} of A, needs {MIN_BASELINE_RUNS}"
    units = len(known_a) + len(known_b)
    return _Estimate(shift, error, freedom, units, lacks=lacks, min_more=missing)


def _spread(sides: Sequence[Sequence[float]]) -> float:
    """Return the standard deviation of runs of one side, of both sides together."""
    squares = sum(sum((value - fmean(side)) ** 2 for value in side) for side in sides)
    return math.sqrt(squares / (sum(map(len, sides)) - len(sides)))


def _error_within(each: Measured, runs: Sequence[RunSummary]) -> tuple[float, int] | None:
    """Return the standard error of a run's value that its windows tell of, and their number; None with few windows.

    Several runs are taken together. Windows are drawn in blocks of about the cube root of their number (Künsch 1989).
    """
    errors, windows = [], 0
    for run in runs:
        values = each.of_windows(run)
        if len(values) < _MIN_WINDOWS:
            continue
        error = statistics.standard_error(values, "mean", max(1, round(len(values) ** (1 / 3))))
        if error is not None:
            errors.append(error)
            windows += len(values)
    return (math.sqrt(fmean(error**2 for error in errors)), windows) if errors else None


def _binomial_error(each: Measured) -> float:
    """Return the standard error that a share of B has by chance alone, were each request one of its own."""
    ratio = each.median_b
    if not each.is_share or ratio is None or not 0 < ratio < 1 or not math.isfinite(each.requests) or not each.requests:
        return 0.0
    return math.sqrt(ratio * (1 - ratio) / each.requests)


def _shared_out(n: int, m: int, more: int) -> tuple[int, int]:
    """Return the runs of both sides with so many more, given first to the side that has fewer."""
    even = min(more, abs(n - m))
    rest = more - even
    n, m = (n + even, m) if n < m else (n, m + even)
    return n + (rest + 1) // 2, m + rest // 2
