"""Since when a run was steady: whether throughput and p50 kept their level, by windows of the judged part.

The warm-up ends where MSER says (White 1997, "An effective truncation heuristic for bias reduction in simulation
output"): the windows to leave out are those without which the standard error of the mean of the rest is smallest. Two
bounds keep noise from being taken for a shift: it has to be material, and to stand out from the noise of the windows.
docs/confidence.md describes the test, and what it finds and misses.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

THROUGHPUT = "throughput_requests_per_second"
P50 = "latency_p50_seconds"
#: Fewer windows do not tell a warm-up from noise.
MIN_WINDOWS = 6
#: A shift of less than this share of the level is immaterial; so is one of a p50 below the histogram's first edge.
MATERIAL_RATIO, _MATERIAL_P50_SECONDS = 1 / 3, 0.001
#: How many standard errors a shift has to stand out by; more than for independent windows, which these are not.
_STANDARD_ERRORS = 4.5
#: What MSER counts as noise in any case, as a share of a material shift.
_NOISE_OF_MATERIAL = 0.25
#: At most this share of the windows can be a warm-up.
_LONGEST_WARM_UP = 0.5


@dataclass(frozen=True)
class Window:
    """A part of the judged time, in seconds since the epoch; ``p50_error_seconds`` is the standard error of its p50.

    ``p50_seconds`` is None where no time was measured.
    """

    begin_seconds: float
    end_seconds: float
    requests: float
    p50_seconds: float | None = None
    p50_error_seconds: float = 0.0


@dataclass(frozen=True)
class Shift:
    """An objective that moved from one level to another."""

    objective: str
    before: float
    after: float


@dataclass(frozen=True)
class Steadiness:
    """``since_seconds`` is when the run was steady, in seconds since the epoch; None when it never became so.

    ``shifts`` are what moved: until then, or throughout. It is empty for a run that was steady from its first window
    on. The windows are ``window_seconds`` long on average.
    """

    since_seconds: float | None
    begin_seconds: float  #: of the first window
    windows: int
    window_seconds: float
    shifts: tuple[Shift, ...] = ()


def steadiness(windows: Sequence[Window]) -> Steadiness | None:
    """Return since when all that is measured kept its level; None for fewer than `MIN_WINDOWS` windows."""
    whole = [window for window in windows if window.end_seconds > window.begin_seconds]
    if len(whole) < MIN_WINDOWS:
        return None
    found = [_steady(series) for series in (_throughput(whole), _p50(whole)) if len(series.values) >= MIN_WINDOWS]
    never = [shift for since, shift in found if since is None and shift is not None]
    late = [(since, shift) for since, shift in found if since is not None and shift is not None]
    begin = whole[0].begin_seconds
    return Steadiness(
        since_seconds=None if never else max((since for since, _ in late), default=begin),
        begin_seconds=begin,
        windows=len(whole),
        window_seconds=(whole[-1].end_seconds - begin) / len(whole),
        shifts=tuple(never) or tuple(shift for _, shift in late),
    )


@dataclass(frozen=True)
class _Series:
    """Values of windows in order of time, and the noise that sampling alone gives them, as a variance."""

    objective: str
    begins: tuple[float, ...]
    values: tuple[float, ...]
    sampling: float
    immaterial: float = 0.0

    def from_window(self, first: int) -> _Series:
        return _Series(self.objective, self.begins[first:], self.values[first:], self.sampling, self.immaterial)

    def is_material(self, shift: float, level: float) -> bool:
        return abs(shift) > max(MATERIAL_RATIO * abs(level), self.immaterial)

    @property
    def noise(self) -> float:
        """The variance of a window: by the differences of neighbors, which no slow shift enlarges, or by sampling."""
        differences = [(after - before) ** 2 for before, after in pairwise(self.values)]
        return max(self.sampling, sum(differences) / (2 * len(differences)))


def _throughput(windows: Sequence[Window]) -> _Series:
    lengths = [window.end_seconds - window.begin_seconds for window in windows]
    rates = tuple(window.requests / length for window, length in zip(windows, lengths, strict=True))
    # Counts vary at least as those of Poisson do.
    sampling = _mean([window.requests / length**2 for window, length in zip(windows, lengths, strict=True)])
    return _Series(THROUGHPUT, tuple(window.begin_seconds for window in windows), rates, sampling)


def _p50(windows: Sequence[Window]) -> _Series:
    known = [window for window in windows if window.p50_seconds is not None]
    return _Series(
        P50,
        tuple(window.begin_seconds for window in known),
        tuple(window.p50_seconds or 0.0 for window in known),
        _mean([window.p50_error_seconds**2 for window in known]) if known else 0.0,
        _MATERIAL_P50_SECONDS,
    )


def _steady(series: _Series) -> tuple[float | None, Shift | None]:
    """Return since when it is steady and what moved before; None and what moves when it never becomes so."""
    values = series.values
    first = _end_of_warm_up(series)
    if first is None:
        return None, _ends(series)
    before, rest = values[:first], series.from_window(first)
    has_warm_up = bool(before) and _differ(before, rest)
    two_levels = _squares(before) + _squares(rest.values)
    if _drifts(series) and not (has_warm_up and two_levels <= _line(values).squares):
        return None, _ends(series)
    if not has_warm_up:
        return series.begins[0], None
    return rest.begins[0], Shift(series.objective, _mean(before), _mean(rest.values))


def _end_of_warm_up(series: _Series) -> int | None:
    """Return how many windows to leave out, as few as do for a rest that drifts no more; None when more than half."""
    most = _most_of_warm_up(series)
    return next((first for first in range(_mser(series), most + 1) if not _drifts(series.from_window(first))), None)


def _most_of_warm_up(series: _Series) -> int:
    return math.floor(_LONGEST_WARM_UP * len(series.values))


def _mser(series: _Series) -> int:
    """Return how many windows to leave out for the smallest standard error of the mean of the rest.

    The variance of the rest is taken to be no less than noise makes it: what seems to vary less does so by chance.
    """
    values, most = series.values, _most_of_warm_up(series)
    immaterial = _NOISE_OF_MATERIAL * MATERIAL_RATIO * _mean(values[most:])
    noise = max(series.noise, immaterial**2)

    def error(left_out: int) -> float:
        rest = values[left_out:]
        return max(_squares(rest) / len(rest), noise) / len(rest)

    return min(range(most + 1), key=error)


def _differ(before: Sequence[float], rest: _Series) -> bool:
    """Return whether the level before is another one: by a material shift that stands out from the noise."""
    level = _mean(rest.values)
    shift = _mean(before) - level
    error = math.sqrt(rest.noise * (1 / len(before) + 1 / len(rest.values)))
    return rest.is_material(shift, level) and abs(shift) > _STANDARD_ERRORS * error


@dataclass(frozen=True)
class _Line:
    """A straight line through values: what it changes from one to the next, and the squares of what is off it."""

    slope: float
    squares: float
    spread: float  #: sum of squares of the places


def _line(values: Sequence[float]) -> _Line:
    middle, mean = (len(values) - 1) / 2, _mean(values)
    spread = sum((place - middle) ** 2 for place in range(len(values)))
    slope = sum((place - middle) * (value - mean) for place, value in enumerate(values)) / spread
    return _Line(slope, _squares([value - slope * place for place, value in enumerate(values)]), spread)


def _drifts(series: _Series) -> bool:
    """Return whether a line through it changes materially from end to end, and stands out from the noise."""
    values = series.values
    line = _line(values)
    noise = max(series.noise, line.squares / max(1, len(values) - 2))
    stands_out = abs(line.slope) > _STANDARD_ERRORS * math.sqrt(noise / line.spread)
    return stands_out and series.is_material(line.slope * (len(values) - 1), _mean(values))


def _ends(series: _Series) -> Shift:
    """Return what it moved from and to: the means of its first and its last quarter."""
    quarter = max(1, len(series.values) // 4)
    return Shift(series.objective, _mean(series.values[:quarter]), _mean(series.values[-quarter:]))


def _squares(values: Sequence[float]) -> float:
    if not values:
        return 0.0
    mean = _mean(values)
    return sum((value - mean) ** 2 for value in values)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
