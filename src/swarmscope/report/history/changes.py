"""Finds the runs from which a scenario was another: change points in its p95, p50, throughput and errors.

E-Divisive: Matteson and James (2014), "A nonparametric approach for multiple change point analysis of multivariate
data", Journal of the American Statistical Association 109. A split into earlier and later runs is taken where these
differ most (energy distance), if so large a difference is rare among the same runs in any order (permutation test);
then each part is searched likewise. As a run is a little like the one before it, its steps are permuted, not itself.
"""
# ruff: noqa: PLC0415  # numpy takes 0.1 s that a list without changes does not need

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from swarmscope.objectives import figure_of
from swarmscope.report.history.past_runs import PastRun
from swarmscope.report.wording import printable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Fewer runs in a row are not a change: the machine had a bad hour.
MIN_SIDE = 3
#: With fewer, no order of the runs is rare enough.
MIN_RUNS = 12
#: The chance that anything of a sequence is called a change where nothing is, for all of its figures together.
FALSE_ALARMS = 0.01
_PERMUTATIONS, _AT_ONCE, _SEED = 1999, 200, 18
#: Runs on one machine are seldom less like the one before.
_MIN_ALIKE, _MAX_ALIKE = 0.3, 0.9
#: A load that differs by more is another one: its runs are searched apart.
_USERS_ALIKE = 0.05


@dataclass(frozen=True)
class _Figure:
    name: str
    words: str
    suffix: str
    value: Callable[[PastRun], float | None]
    is_share: bool = False


_FIGURES = (
    _Figure("latency_p95_seconds", "p95", "_seconds", lambda run: run.latency_p95_seconds),
    _Figure("latency_p50_seconds", "p50", "_seconds", lambda run: run.latency_p50_seconds),
    _Figure("throughput_requests_per_second", "rate", "_per_second", lambda run: run.requests_per_second),
    _Figure("error_ratio", "errors", "_ratio", lambda run: run.error_ratio, is_share=True),
)


@dataclass(frozen=True)
class Change:
    """A figure of a scenario that is another from a run on: its medians, and how many runs there are of both sides.

    ``shift`` is relative (0.05 is 5 % more), of the error ratio absolute. ``p`` is how rare so large a difference is
    among the same runs in any order.
    """

    scenario: str
    figure: str
    run_id: str
    commit: str
    began_seconds: float
    before: float
    after: float
    shift: float
    runs_before: int
    runs_after: int
    p: float


@dataclass(frozen=True)
class Searched:
    """The runs of a scenario under one load, whose changes were looked for, and how many there are."""

    title: str
    runs: int
    changes: tuple[Change, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """What was found, a line each."""
        if self.runs < MIN_RUNS:
            return (f"{self.title}: {self.runs} runs that count, and a change is found from {MIN_RUNS} on",)
        return tuple(map(_told, self.changes)) or (f"{self.title}: no change in {self.runs} runs",)


def changes_in(runs: Iterable[PastRun]) -> tuple[Searched, ...]:
    """Return the changes of each scenario, oldest first; runs that are INCONCLUSIVE say nothing."""
    groups: dict[tuple[str, str], list[list[PastRun]]] = {}
    for run in sorted(runs, key=lambda run: run.began_seconds):
        if run.verdict == "INCONCLUSIVE":
            continue
        stretches = groups.setdefault((run.scenario, run.environment), [])
        alike = next((each for each in stretches if _is_same_load(each[0], run)), None)
        if alike is None:
            stretches.append([run])
        else:
            alike.append(run)
    return tuple(
        _searched(key, stretch, stretches) for key, stretches in sorted(groups.items()) for stretch in stretches
    )


def _is_same_load(one: PastRun, other: PastRun) -> bool:
    if one.users is None or other.users is None:
        return one.users is other.users
    return abs(one.users - other.users) <= _USERS_ALIKE * max(one.users, other.users)


def _searched(key: tuple[str, str], runs: Sequence[PastRun], stretches: Sequence[object]) -> Searched:
    scenario, environment = key
    title = printable(" ".join(filter(None, (scenario, environment and f"({environment})"))))
    if len(stretches) > 1 and runs[0].users is not None:
        title += f" with {runs[0].users:.0f} users"
    found = [change for figure in _FIGURES for change in _changes_of(figure, runs)] if len(runs) >= MIN_RUNS else []
    return Searched(title, len(runs), tuple(sorted(found, key=lambda change: change.began_seconds)))


def _changes_of(figure: _Figure, runs: Sequence[PastRun]) -> Iterator[Change]:
    known = [
        (run, value) for run in runs if (value := figure.value(run)) is not None and (value > 0 or figure.is_share)
    ]
    values = [value if figure.is_share else math.log(value) for _, value in known]
    found = sorted(splits(values))
    places = [0, *(place for place, _ in found), len(values)]
    for number, (place, p) in enumerate(found, 1):
        before = [value for _, value in known[places[number - 1] : place]]
        after = [value for _, value in known[place : places[number + 1]]]
        first, low, high = known[place][0], median(before), median(after)
        shift = high - low if figure.is_share else high / low - 1
        about = (first.scenario, figure.name, first.run_id, first.commit, first.began_seconds)
        yield Change(*about, low, high, shift, len(before), len(after), p)


def splits(values: Sequence[float]) -> list[tuple[int, float]]:
    """Return where values in order of time change, as the place of the first one after it, and its p value."""
    import numpy as np

    return _splits(np.asarray(values, dtype=float), 0)


def _splits(values: NDArray[np.float64], offset: int) -> list[tuple[int, float]]:
    import numpy as np

    if len(values) < MIN_RUNS or np.ptp(values) == 0:
        return []
    first, last = _candidates(len(values))
    scores = _scores(values[None], first, last)[0]
    best = int(np.argmax(scores))
    place, highest = int(first[best]), scores[best] * (1 - 1e-12)
    alike, as_high = _likeness(values, place, int(last[best])), 0
    for others in _reordered(values, alike):
        as_high += int((_scores(others, first, last).max(axis=1) >= highest).sum())
    p = (as_high + 1) / (_PERMUTATIONS + 1)
    if p > FALSE_ALARMS / len(_FIGURES):
        return []
    return [*_splits(values[:place], offset), (offset + place, p), *_splits(values[place:], offset + place)]


def _likeness(values: NDArray[np.float64], place: int, end: int) -> float:
    """Return how much each run is like the one before it: the autocorrelation of what a change does not explain.

    Of few values it comes out too low, which is made up for (Kendall 1954, "Note on bias in the estimation of
    autocorrelation", Biometrika 41).
    """
    import numpy as np

    rest = np.concatenate(
        [part - part.mean() for part in (values[:place], values[place:end], values[end:]) if len(part)]
    )
    squares = float(rest @ rest)
    found = float(rest[1:] @ rest[:-1]) / squares if squares else 0.0
    return min(_MAX_ALIKE, max(_MIN_ALIKE, found + (1 + 3 * found) / len(values)))


def _reordered(values: NDArray[np.float64], alike: float) -> Iterator[NDArray[np.float64]]:
    """Yield rows of the same values in other orders, each as like the one before as these are."""
    import numpy as np
    from scipy.signal import lfilter

    random, centered = np.random.default_rng(_SEED), values - values.mean()
    steps = np.concatenate([centered[:1] * math.sqrt(1 - alike**2), centered[1:] - alike * centered[:-1]])
    for done in range(0, _PERMUTATIONS, _AT_ONCE):
        rows = np.tile(steps, (min(_AT_ONCE, _PERMUTATIONS - done), 1))
        rows = random.permuted(rows, axis=1)
        rows[:, 0] /= math.sqrt(1 - alike**2)
        yield np.asarray(lfilter([1.0], [1.0, -alike], rows, axis=1))


def _candidates(count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where later runs may begin, and where they may end: a further change must not hide the one before."""
    import numpy as np

    pairs = [
        (place, end) for place in range(MIN_SIDE, count - MIN_SIDE + 1) for end in range(place + MIN_SIDE, count + 1)
    ]
    return np.array([place for place, _ in pairs]), np.array([end for _, end in pairs])


def _scores(rows: NDArray[np.float64], place: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the scaled energy distance of the values before each place and those from there to its end, by row."""
    import numpy as np

    distances = np.abs(rows[:, :, None] - rows[:, None, :])
    sums = distances.cumsum(axis=1).cumsum(axis=2)
    left, upper, whole = (sums[:, row - 1, column - 1] for row, column in ((place, place), (place, end), (end, end)))
    cross, right = upper - left, whole - 2 * upper + left
    n, m = place.astype(float), (end - place).astype(float)
    energy = 2 * cross / (n * m) - left / n**2 - right / m**2
    return np.asarray(n * m / (n + m) * energy)


def _told(change: Change) -> str:
    figure = next(each for each in _FIGURES if each.name == change.figure)
    low, high = (figure_of(figure.suffix, value) for value in (change.before, change.after))
    percent = 100 * change.shift
    shift = f"{percent:+.2f} points" if figure.is_share else f"{percent:+.1f} %"
    since = f"{printable(change.run_id)}{change.commit and f' (commit {printable(change.commit[:7])})'}"
    return (
        f"{printable(change.scenario)}: {figure.words} {low} -> {high} ({shift}) from {since} on, after"
        f" {change.runs_before} runs before and {change.runs_after} since; p = {change.p:.2g}"
    )


def changes_by_scenario(found: Iterable[Searched]) -> Mapping[str, tuple[Change, ...]]:
    """Return the changes by the name of their scenario."""
    changes: dict[str, list[Change]] = {}
    for change in (change for each in found for change in each.changes):
        changes.setdefault(change.scenario, []).append(change)
    return {name: tuple(of) for name, of in changes.items()}
