"""What the rules count for each objective, and the interval that comes of it: pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from swarmscope.objectives import DROPPED_ARRIVALS, WORST_ENDPOINT, Interval, Objective
from swarmscope.prometheus.series import Series
from swarmscope.verdict.confidence import Counted, Observations, mean_interval, quantile_interval, share_interval

_QUANTILE = re.compile(r"_p(\d+(?:_\d+)?)_seconds")
_INF = math.inf
#: The time up to which requests were counted.
CLOCK = "clock_seconds"


@dataclass(frozen=True)
class Counts:
    """What the rules count for an objective (``of``): a part of a whole, or the buckets of a quantile.

    Those ``of_run`` begin with the run; others with its judged part.
    """

    part: str
    whole: str = ""
    buckets: bool = False
    of_run: bool = False

    @property
    def by_clock(self) -> bool:
        """Whether the whole is the time, which does not begin at 0."""
        return self.whole == CLOCK


_SHARES: Mapping[str, Counts] = {
    "error_ratio": Counts("failures", "requests"),
    "availability_ratio": Counts("unavailable", "requests"),
    "rate_limited_ratio": Counts("rate_limited", "requests"),
    "auth_failure_ratio": Counts("auth_failures", "requests"),
    "task_exception_ratio": Counts("task_exceptions", "task_iterations", of_run=True),
    DROPPED_ARRIVALS: Counts("arrivals_dropped", "arrivals_scheduled"),
    WORST_ENDPOINT: Counts("endpoint_failures", "endpoint_requests", of_run=True),
    "websocket_connect_failure_ratio": Counts("websocket_connect_failures", "websocket_connect_count", of_run=True),
    "websocket_drop_ratio": Counts("websocket_connect_drops", "websocket_connect_count", of_run=True),
}
#: Of a locustfile, or of the target: the series name their objective.
OWN_SHARE = Counts("share_counted", "share")
_RATES: Mapping[str, Counts] = {"throughput_requests_per_second": Counts("requests", CLOCK)}
#: Times by how the names of their objectives begin: what counts them, the closer one first.
_TIMES: Mapping[str, tuple[str, ...]] = {
    "endpoint_latency_": ("endpoint_response", "endpoint"),
    "endpoint_service_time_": ("endpoint",),
    "latency_": ("latency",),
    "service_time_": ("service",),
    "transaction_": ("transaction",),
    "websocket_message_": ("websocket_message",),
}


class CountTable:
    """Counts at one moment, by what they are of and of which endpoint, and for buckets by edge."""

    def __init__(self, rows: Iterable[Series]) -> None:
        self._values: dict[tuple[str, str, str, str], float] = {}
        self._buckets: dict[tuple[str, str, str, str], dict[float, float]] = {}
        self._edge_texts: dict[float, set[str]] = {}
        for row in rows:
            self._add(row.labels, row.samples[0].value)

    def _add(self, labels: Mapping[str, str], value: float) -> None:
        key = (labels.get("of", ""), labels.get("objective", ""), labels.get("method", ""), labels.get("name", ""))
        edge = labels.get("le")
        if edge is None:
            self._values[key] = self._values.get(key, 0.0) + value  # shares of several instances of the target
        else:
            self._buckets.setdefault(key, {})[float(edge)] = value
            self._edge_texts.setdefault(float(edge), set()).add(edge)

    def edge_texts(self, edge: float) -> set[str]:
        """Return how Prometheus writes that edge of a bucket, and the last one."""
        return self._edge_texts.get(edge, set()) | self._edge_texts.get(_INF, set())

    def value(self, of: str, objective: Objective) -> float | None:
        """Return a count for an objective; None where the rules have none."""
        own = objective.objective if of in {OWN_SHARE.part, OWN_SHARE.whole} else ""
        return self._values.get((of, own, objective.method, objective.name))

    def buckets(self, of: str, objective: Objective) -> Mapping[float, float]:
        """Return the observations up to each edge; empty where the rules count none."""
        return self._buckets.get((of, "", objective.method, objective.name), {})

    def lacks_edge(self, counts: Counts, objective: Objective) -> bool:
        """Return whether observations were counted, and not up to the edge of this threshold."""
        within = self.buckets(counts.part, objective) if counts.buckets else {}
        return bool(within) and objective.threshold not in within

    def counted(self, counts: Counts, objective: Objective) -> Counted | None:
        """Return the part and the whole of an objective's interval; None where they were not counted."""
        if counts.buckets:
            within = self.buckets(counts.part, objective)
            if _INF not in within or objective.threshold not in within:
                return None
            return Counted(within[_INF] - within[objective.threshold], within[_INF])
        part, whole = self.value(counts.part, objective), self.value(counts.whole, objective)
        if whole is None:
            return None
        return Counted(part or 0.0, whole - (self._failed_connections(counts, objective)))

    def _failed_connections(self, counts: Counts, objective: Objective) -> float:
        """Return those that were never opened, and so could not be dropped."""
        is_of_drops = counts.part == _SHARES["websocket_drop_ratio"].part
        return (self.value("websocket_connect_failures", objective) or 0.0) if is_of_drops else 0.0


def counts_of(objective: Objective) -> Counts | None:
    """Return what its interval is worked out from; None for what is neither a share, a quantile, a mean nor a rate.

    None too where no number of observations would show that none may fail: a share of 0, and the slowest of all.
    """
    if _allowed(objective) == 0.0 or objective.key == (WORST_ENDPOINT, "", ""):
        return None
    name = objective.objective
    if name in _SHARES or name in _RATES:
        return _SHARES.get(name) or _RATES[name]
    of = next((of for begin, of in _TIMES.items() if name.startswith(begin)), None)
    if of is not None:
        if _QUANTILE.search(name):
            return Counts(f"{of[0]}_bucket", buckets=True, of_run=of[0].startswith("endpoint"))
        is_mean = name.endswith("_mean_seconds")
        return Counts(f"{of[0]}_sum", f"{of[0]}_count", of_run=of[0].startswith("endpoint")) if is_mean else None
    return OWN_SHARE if name.endswith("_ratio") else None


def interval_of(objective: Objective, counts: Counts, seen: Observations, totals: CountTable) -> Interval:
    quantile = _quantile(objective)
    if quantile is not None:
        return quantile_interval(seen, totals.buckets(counts.part, objective), quantile, objective.confidence)
    if not objective.objective.endswith("_ratio"):
        return mean_interval(seen, objective.threshold, objective.confidence)
    is_min = objective.bound == "min"
    if is_min and counts is OWN_SHARE:
        seen = replace(seen, total=_rest(seen.total), windows=tuple(map(_rest, seen.windows)))
    found = share_interval(seen, _allowed(objective) or 0.0, objective.confidence)
    if not is_min:
        return found
    low, high = (None if bound is None else 1.0 - bound for bound in (found.high, found.low))
    return replace(found, low=low, high=high)


def _rest(counted: Counted) -> Counted:
    return replace(counted, part=counted.whole - counted.part)


def _allowed(objective: Objective) -> float | None:
    """Return the share of observations that may be beyond the threshold; None for neither a share nor a quantile."""
    quantile = _quantile(objective)
    if quantile is not None:
        return 1.0 - quantile
    if not objective.objective.endswith("_ratio"):
        return None
    return objective.threshold if objective.bound == "max" else 1.0 - objective.threshold


def _quantile(objective: Objective) -> float | None:
    match = _QUANTILE.search(objective.objective)
    return None if match is None else float(f"0.{match[1].replace('_', '')}")


def alternatives(counts: Counts) -> tuple[Counts, ...]:
    """Return what counts it, the closest first: the latency of an endpoint is its service time without the other."""
    if not counts.part.startswith("endpoint_response_"):
        return (counts,)
    part, whole = (of.replace("endpoint_response_", "endpoint_") for of in (counts.part, counts.whole))
    return (counts, replace(counts, part=part, whole=whole))


def is_of_run(objective: Objective) -> bool:
    counts = counts_of(objective)
    return counts is not None and counts.of_run


def names_of(objective: Objective) -> list[str]:
    counts = counts_of(objective)
    if counts is None:
        return []
    more = ["websocket_connect_failures"] if objective.objective == "websocket_drop_ratio" else []
    return [*more, *(of for each in alternatives(counts) for of in (each.part, each.whole) if of)]
