"""How sure a measured objective is: intervals from what was counted over the run, and from how that varied within it.

docs/confidence.md has the method of each, with its source. Every bound is one-sided, since a threshold has one side.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from swarmscope.objectives import Interval

if TYPE_CHECKING:
    from numpy import ndarray

#: Of a share: with fewer windows its variance over them says too little, and its observations count as independent.
MIN_SHARE_WINDOWS = 8
#: Of a mean or a rate, whose variance is known from its windows alone.
MIN_MEAN_WINDOWS = 5
MAX_WINDOWS = 20
#: Workers report every 3 s: shorter windows would have some requests twice, and others not.
MIN_WINDOW_SECONDS = 3.0
CLOPPER_PEARSON, BATCH_MEANS, NO_COUNTS = "Clopper-Pearson", "batch means", "no counts"
#: No run has more: an objective that would need them sits on its threshold.
_MAX_SAMPLES = 1e12


@dataclass(frozen=True)
class Counted:
    """What was counted in a stretch of the run.

    ``part`` and ``whole`` are failures and requests of a share, seconds and requests of a mean time, requests and
    seconds of a rate.
    """

    part: float
    whole: float

    @property
    def ratio(self) -> float:
        """The share, mean or rate."""
        return self.part / self.whole


@dataclass(frozen=True)
class Observations:
    """What an interval is worked out from: the whole judged part of ``seconds``, and windows of equal length of it."""

    total: Counted
    windows: tuple[Counted, ...]
    seconds: float


def share_interval(seen: Observations, allowed: float, confidence: float) -> Interval:
    """Return the bounds of a share of which ``allowed`` is the most that the threshold allows (Clopper and Pearson)."""
    effective = effective_samples(seen, allowed, confidence)
    part = seen.total.ratio * effective
    low, high = float(_lower(part, effective, confidence)), float(_upper(part, effective, confidence))
    found = Interval(low, high, effective, CLOPPER_PEARSON)
    return found if high <= allowed else _with_more(found, seen, _samples_needed(seen.total.ratio, allowed, confidence))


def quantile_interval(
    seen: Observations, within: Mapping[float, float], quantile: float, confidence: float
) -> Interval:
    """Return the bounds of a quantile, in seconds; None for one that the observations do not have.

    ``seen`` counts those over the threshold, and ``within`` those up to each edge of the histogram's buckets. The upper
    bound is on or below an edge exactly if the share over that edge is surely at most 1 - quantile.
    """
    from numpy import array  # noqa: PLC0415  # 0.1 s that no help text needs

    allowed = 1.0 - quantile
    effective = effective_samples(seen, allowed, confidence)
    edges = sorted(within)
    over = array([max(0.0, seen.total.whole - within[edge]) for edge in edges]) * (effective / seen.total.whole)
    upper, lower = _upper(over, effective, confidence), _lower(over, effective, confidence)
    low = _crossing(edges, lower, allowed)
    high = _crossing(edges, upper, allowed)
    highest = max(edge for edge in edges if math.isfinite(edge))
    found = Interval(highest if low is None else low, high, effective, CLOPPER_PEARSON)
    if _upper(seen.total.ratio * effective, effective, confidence) <= allowed:
        return found
    return _with_more(found, seen, _samples_needed(seen.total.ratio, allowed, confidence))


def mean_interval(seen: Observations, threshold: float, confidence: float) -> Interval:
    """Return the bounds of a mean or a rate, from how it varies over the windows (batch means, Student's t).

    A mean of few windows has no bounds.
    """
    windows, mean = len(seen.windows), seen.total.ratio
    if windows < MIN_MEAN_WINDOWS:
        # Of a rate the windows before the first report are missing, however long it is.
        missing = MIN_WINDOW_SECONDS * (MIN_MEAN_WINDOWS - windows if windows else 1)
        more = max(missing, MIN_MEAN_WINDOWS * MIN_WINDOW_SECONDS - seen.seconds)
        return Interval(None, None, float(windows), BATCH_MEANS, more_seconds=more)
    from scipy.special import stdtrit  # noqa: PLC0415  # 0.3 s

    half = float(stdtrit(windows - 1, confidence)) * math.sqrt(_variance(seen.windows, mean))
    found = Interval(mean - half, mean + half, float(windows), BATCH_MEANS)
    room = abs(threshold - mean)
    if half <= room or not room:
        return found
    return _with_more(found, seen, windows * (half / room) ** 2)


def effective_samples(seen: Observations, allowed: float, confidence: float) -> float:
    """Return how many independent observations say as much about a share.

    Requests that follow each other are alike: the variance of the windows is then over that of as many independent
    requests. It is taken around the share that the threshold allows, for around the measured one it would be too small
    in just those runs that pass by chance; around twice the measured share where that is lower.
    Student's t makes up for the variance being one of few windows.
    """
    from scipy.special import ndtri, stdtrit  # noqa: PLC0415  # 0.3 s

    total, windows = seen.total, seen.windows
    binomial = total.part * (1.0 - total.ratio)
    if len(windows) < MIN_SHARE_WINDOWS or not binomial:
        return total.whole
    center = min(allowed, 2 * total.ratio)
    spread = sum((each.part - center * each.whole) ** 2 for each in windows)
    few = float(stdtrit(len(windows) - 1, confidence) / ndtri(confidence)) ** 2
    return total.whole * min(1.0, binomial / (spread * few)) if spread > 0 else total.whole


def stricter(confidence: float, looks: int) -> float:
    """Return the confidence of each of several looks at which all of them together have that one (Bonferroni)."""
    return 1.0 - (1.0 - confidence) / max(1, looks)


def _variance(windows: Sequence[Counted], mean: float) -> float:
    """Return the variance of a ratio of two sums, from its windows (Cochran 1977, 6.3)."""
    count, whole = len(windows), sum(each.whole for each in windows)
    return sum((each.part - mean * each.whole) ** 2 for each in windows) * count / (count - 1) / whole**2


def _upper(part: float | ndarray, whole: float, confidence: float) -> ndarray:
    """Return the upper bounds of shares (Clopper and Pearson 1934, as a quantile of the beta distribution)."""
    from numpy import where  # noqa: PLC0415
    from scipy.special import betaincinv  # noqa: PLC0415

    rest = whole - part
    return where(rest > 0, betaincinv(part + 1, where(rest > 0, rest, 1.0), confidence), 1.0)


def _lower(part: float | ndarray, whole: float, confidence: float) -> ndarray:
    from numpy import where  # noqa: PLC0415
    from scipy.special import betaincinv  # noqa: PLC0415

    some = where(part > 0, part, 1.0)
    return where(part > 0, betaincinv(some, whole - part + 1, 1.0 - confidence), 0.0)


def _crossing(edges: Sequence[float], shares: ndarray, allowed: float) -> float | None:
    """Return where bounds of the share over each edge fall to ``allowed``, between two edges on a straight line."""
    previous_edge, previous_share = 0.0, 1.0
    for edge, share in zip(edges, map(float, shares), strict=True):
        if share <= allowed:
            if math.isinf(edge):
                return None
            fallen = (previous_share - allowed) / (previous_share - share) if previous_share > share else 1.0
            return previous_edge + fallen * (edge - previous_edge)
        previous_edge, previous_share = edge, share
    return None


def _samples_needed(share: float, allowed: float, confidence: float) -> float | None:
    """Return how many independent observations with this share decide; None where no number of them would."""
    few, many = 1.0, 2.0
    while not _is_decided(share, many, allowed, confidence):
        few, many = many, many * 2
        if many > _MAX_SAMPLES:
            return None
    while many - few > max(0.5, 0.001 * many):
        middle = (few + many) / 2
        few, many = (few, middle) if _is_decided(share, middle, allowed, confidence) else (middle, many)
    return many


def _is_decided(share: float, samples: float, allowed: float, confidence: float) -> bool:
    return float(_upper(share * samples, samples, confidence)) <= allowed


def _with_more(found: Interval, seen: Observations, needed: float | None) -> Interval:
    """Return an interval with how much longer the run should have been, as it went on until now."""
    if needed is None or not found.effective_samples:
        return found
    times = max(0.0, needed / found.effective_samples - 1.0)
    samples = times * (seen.total.whole if found.method == CLOPPER_PEARSON else found.effective_samples)
    return replace(found, more_samples=max(1, math.ceil(samples)), more_seconds=times * seen.seconds)
