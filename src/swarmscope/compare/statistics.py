"""The statistics of a comparison, on top of numpy and scipy: shifts, their standard errors, p values, how many more.

docs/comparison.md says which is used where and how it was checked.
"""
# ruff: noqa: PLC0415  # numpy and scipy take 0.3 s that no help text needs

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Location = Literal["median", "mean"]
#: The chance with which `fewest` units decide, where the shift is as estimated.
POWER = 0.8
_SEED = 18
_RESAMPLES, _MIN_RESAMPLES, _MAX_WEIGHTS = 1000, 200, 20_000_000
_WEIGHTS_AT_ONCE = 100_000  #: of 4 bytes, so that they stay in the cache of a core
#: Up to so many values, the distribution of the signed ranks is counted out; beyond, the normal one is as good.
_MAX_EXACT = 100


def location(values: Sequence[float], of: Location = "median") -> float:
    """Return where values lie: the median of the averages of all pairs of them (Walsh averages), or their mean.

    The former is the estimator of Hodges and Lehmann (1963), "Estimates of location based on rank tests", Annals of
    Mathematical Statistics 34. One outlier in a dozen values hardly moves it.
    """
    import numpy as np

    array = np.asarray(values, dtype=float)
    return float(np.mean(array) if of == "mean" else np.median(_walsh_averages(array)))


def shift_between(a: Sequence[float], b: Sequence[float]) -> float:
    """Return by how much ``b`` lies above ``a``: the median of all differences (Hodges and Lehmann 1963)."""
    import numpy as np

    return float(np.median(np.subtract.outer(np.asarray(b, dtype=float), np.asarray(a, dtype=float))))


def _walsh_averages(values: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    first, second = np.triu_indices(len(values))
    return np.asarray((values[first] + values[second]) / 2)


def standard_error(values: Sequence[float], of: Location = "median", block: int = 1) -> float | None:
    """Return the standard error of the `location` of values in order of time; None for fewer than two blocks of them.

    Values are drawn in blocks that overlap, so that neighbors stay together: the bootstrap of Efron (1979), "Bootstrap
    methods: another look at the jackknife", Annals of Statistics 7, in the form of Künsch (1989), "The jackknife and
    the bootstrap for general stationary observations", Annals of Statistics 17. As there are few blocks, the variance
    is taken by k - 1 of k, without which it is too small by as much. The draws are the same each time.
    """
    import numpy as np

    array = np.asarray(values, dtype=float)
    blocks = len(array) / block
    if blocks < 2:
        return None
    if np.ptp(array) == 0:
        return 0.0
    drawn = _means_drawn(array, block) if of == "mean" else _medians_drawn(array, block)
    return float(np.std(drawn) * math.sqrt(blocks / (blocks - 1)))


def _means_drawn(values: NDArray[np.float64], block: int) -> NDArray[np.float64]:
    return _drawn(len(values), block, _RESAMPLES) @ values / len(values)


def _medians_drawn(values: NDArray[np.float64], block: int) -> NDArray[np.float64]:
    """Return the median of the Walsh averages of each resample.

    A resample holds a value several times or not at all, so its Walsh averages are those of all values, each as often
    as both of its values occur together: a weighted median.
    """
    import numpy as np

    averages = _walsh_averages(values)
    order = np.argsort(averages)
    averages, weights = averages[order], _walsh_weights(len(values), block)
    step = max(1, _WEIGHTS_AT_ONCE // len(averages))
    found = []
    for first in range(0, len(weights), step):
        below = np.cumsum(weights[first : first + step, order], axis=1, dtype=np.int32)
        half = (below[:, -1:] + 1) // 2
        found.append(averages[np.argmax(below >= half, axis=1)])
    return np.concatenate(found)


@lru_cache(maxsize=4)
def _walsh_weights(count: int, block: int) -> NDArray[np.int16]:
    """Return how often each Walsh average occurs in each resample."""
    import numpy as np

    first, second = np.triu_indices(count)
    resamples = min(_RESAMPLES, max(_MIN_RESAMPLES, _MAX_WEIGHTS // len(first)))
    times = _drawn(count, block, resamples)
    weights = times[:, first] * times[:, second]
    weights[:, first == second] = times * (times + 1) // 2
    return weights


@lru_cache(maxsize=16)
def _drawn(count: int, block: int, resamples: int) -> NDArray[np.int16]:
    """Return how often each of ``count`` values is in each resample."""
    import numpy as np

    random = np.random.default_rng(_SEED)
    begins = random.integers(0, count - block + 1, (resamples, math.ceil(count / block)))
    places = (begins[:, :, None] + np.arange(block)).reshape(resamples, -1)[:, :count]
    of_resample = places + count * np.arange(resamples)[:, None]
    return np.bincount(of_resample.ravel(), minlength=resamples * count).reshape(resamples, count).astype(np.int16)


def half_width(error: float, freedom: float, confidence: float) -> float:
    """Return how far each bound of an interval is from its estimate: Student's t times the standard error.

    Student (1908), "The probable error of a mean", Biometrika 6. Both bounds together have that confidence.
    """
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + confidence) / 2)) * error


def t_chances(estimate: float, error: float, freedom: float) -> tuple[float, float]:
    """Return the chances of a shift at least as high, and at least as low, where nothing differs (Student's t)."""
    from scipy.special import stdtr

    if error == 0:
        return (1.0, 1.0) if estimate == 0 else (float(estimate < 0), float(estimate > 0))
    return float(stdtr(freedom, -estimate / error)), float(stdtr(freedom, estimate / error))


def signed_rank_chances(differences: Sequence[float]) -> tuple[float, float]:
    """Return the chances of differences at least as high, and at least as low, where nothing differs.

    The signed-rank test of Wilcoxon (1945), "Individual comparisons by ranking methods", Biometrics Bulletin 1. Zeros
    are left out, and equal ones share their ranks. The distribution is counted out for the ranks at hand, so that it
    holds with ties, which scipy's exact one does not.
    """
    import numpy as np
    from scipy.stats import rankdata, wilcoxon

    values = np.asarray([each for each in differences if each != 0])
    if not len(values):
        return 1.0, 1.0
    if len(values) > _MAX_EXACT:
        return (
            float(wilcoxon(values, alternative="greater", method="approx", correction=True).pvalue),
            float(wilcoxon(values, alternative="less", method="approx", correction=True).pvalue),
        )
    ranks = np.rint(2 * rankdata(np.abs(values))).astype(int)
    chances = np.zeros(int(ranks.sum()) + 1)
    chances[0] = 1.0
    for rank in ranks:
        moved = np.zeros_like(chances)
        moved[rank:] = chances[:-rank]
        chances = (chances + moved) / 2
    positive = int(ranks[values > 0].sum())
    return min(1.0, float(chances[positive:].sum())), min(1.0, float(chances[: positive + 1].sum()))


def holm(chances: Sequence[float]) -> list[float]:
    """Return p values adjusted for how many there are: that any is low by chance is then no more likely than it says.

    Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6. It
    holds however the figures depend on each other.
    """
    adjusted, highest = [1.0] * len(chances), 0.0
    for rank, place in enumerate(sorted(range(len(chances)), key=lambda place: chances[place])):
        highest = max(highest, min(1.0, chances[place] * (len(chances) - rank)))
        adjusted[place] = highest
    return adjusted


def is_equivalent(low: float, high: float, margin: float) -> bool:
    """Return whether the whole interval is within the margin, to both sides.

    The two one-sided tests of Schuirmann (1987), "A comparison of the two one-sided tests procedure and the power
    approach for assessing the equivalence of average bioavailability", J. Pharmacokinetics and Biopharmaceutics 15.
    """
    return -margin <= low and high <= margin


def normal_quantile(chance: float) -> float:
    """Return the standard normal deviate that is exceeded with that chance."""
    from scipy.special import ndtri

    return -float(ndtri(chance))


def fewest(is_enough: Callable[[int], bool], limit: int) -> int | None:
    """Return the lowest number from 1 to ``limit`` that is enough, if more always are too; None where no such is."""
    if not is_enough(limit):
        return None
    low, high = 0, limit
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high
