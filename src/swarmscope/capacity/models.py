"""What the steps of a search tell together: how throughput scales, and from which load latency rises faster."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from swarmscope.capacity.answer import Scaling
from swarmscope.capacity.step import Step, StepOutcome

MIN_SCALING_LOADS, MIN_SCALING_RANGE, MIN_R_SQUARED = 4, 3.0, 0.8
MIN_CONCURRENCY = 2.0
#: How far beyond the highest concurrency that was seen a peak is still told.
MAX_EXTRAPOLATION = 10.0
MIN_KNEE_LOADS = 5
#: Load over p95 has fallen for certain when this share of its highest is left: 10 % noise alone does not do it.
FALLEN_POWER = 0.7


def scaling_of(steps: Sequence[Step]) -> Scaling | None:
    """Return the Universal Scalability Law that fits the steps that held or broke; None where none does.

    Gunther (2007), "Guerrilla Capacity Planning", chapters 4 to 6. N/X is linear in 1/rate times (1 - contention),
    contention and coherency, so that the best fit is found without a first guess: non-negative least squares (Lawson
    and Hanson 1974) of relative errors, in which low loads count as much as high ones. ``r_squared`` is that of log X.
    The law is of requests that share a target: where less than `MIN_CONCURRENCY` were under way at most, it says
    nothing. A peak further than `MAX_EXTRAPOLATION` times the highest N is not told.
    """
    import numpy as np  # noqa: PLC0415
    from scipy.optimize import nnls  # noqa: PLC0415  # 0.3 s

    judged = [each for each in _judged(steps) if each.concurrency and each.throughput]
    n, x = (np.array([getattr(each, name) for each in judged], float) for name in ("concurrency", "throughput"))
    if len({each.load for each in judged}) < MIN_SCALING_LOADS or n.max() < max(
        MIN_CONCURRENCY, MIN_SCALING_RANGE * n.min()
    ):
        return None
    terms = np.column_stack([np.ones_like(n), n, n * (n - 1)]) * (x / n)[:, None]
    size = np.linalg.norm(terms, axis=0)
    try:
        serial, shared, crosstalk = nnls(terms / size, np.ones_like(n))[0] / size
    except RuntimeError:
        return None
    fitted = n / (serial + shared * n + crosstalk * n * (n - 1))
    if not (serial + shared > 0 and (fitted > 0).all()):
        return None
    spread = float(((np.log(x) - np.log(x).mean()) ** 2).sum())
    r_squared = 1 - float((np.log(x / fitted) ** 2).sum()) / spread if spread > 0 else 0.0
    if r_squared < MIN_R_SQUARED:
        return None
    rate = 1 / float(serial + shared)
    contention, coherency = float(shared) * rate, float(crosstalk) * rate
    peak = math.sqrt((1 - contention) / coherency) if coherency > 0 else 0.0
    if not 1 < peak <= MAX_EXTRAPOLATION * n.max():
        return Scaling(rate, contention, coherency, r_squared, None, None)
    highest = rate * peak / (1 + contention * (peak - 1) + coherency * peak * (peak - 1))
    return Scaling(rate, contention, coherency, r_squared, peak, highest)


def knee_of(steps: Sequence[Step]) -> float | None:
    """Return the load from which p95 rises faster than the load; None where it does not, or too little is known.

    That is where load over p95 is highest, the "power" of Kleinrock (1979), "Power and deterministic rules of thumb for
    probabilistic problems in computer communications", ICC '79, and the knee of Chiu and Jain (1989): of one queue with
    random arrivals (M/M/1), half its capacity. Unlike the point of the greatest curvature (Kneedle) and the best break
    between two lines, it does not move with the lowest and the highest load that happened to be tried.

    Several steps at one load count by their median. Loads above the lowest that broke each time are left out: there
    p95 tells for how long the queue could grow. At least two loads have to be above the knee, as a cliff has none,
    and load over p95 has to fall clearly by the last.
    """
    quantiles: defaultdict[float, list[float]] = defaultdict(list)
    holding: defaultdict[float, bool] = defaultdict(bool)
    for each in _judged(steps):
        holding[each.load] |= each.outcome is StepOutcome.HELD
        if each.p95_seconds:
            quantiles[each.load].append(each.p95_seconds)
    end = min((load for load, held in holding.items() if not held), default=math.inf)
    power = {load: load / median(quantiles[load]) for load in sorted(quantiles) if load <= end}
    loads = list(power)
    if len(loads) < MIN_KNEE_LOADS:
        return None
    knee = max(loads, key=power.__getitem__)
    is_inside = loads[0] < knee < loads[-2]
    return knee if is_inside and power[loads[-1]] < FALLEN_POWER * power[knee] else None


def _judged(steps: Sequence[Step]) -> list[Step]:
    return [each for each in steps if each.outcome in {StepOutcome.HELD, StepOutcome.BROKE}]
