"""Objectives and their thresholds: which there are, whether a value meets one, and how figures are written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swarmscope.prometheus.series import Sample

#: An objective of each endpoint, or of all that have no threshold of their own: then the worst one counts.
WORST_ENDPOINT = "endpoint_error_ratio"
#: Arrivals that waited in vain for a free user.
DROPPED_ARRIVALS = "dropped_arrivals_ratio"
#: Fewer requests of an endpoint do not say how it does; prometheus/rules/sli.yml has the same number.
MIN_ENDPOINT_REQUESTS = 10
#: What the latency and the service time of all requests, and those of an endpoint, are judged by.
LATENCY_FIGURES = ("p50", "p90", "p95", "p99", "p99_9", "max", "mean")
#: How sure a run has to be of a threshold that says nothing of it; prometheus/rules/sli.yml has the same number.
DEFAULT_CONFIDENCE = 0.95
#: The rules compare with the same tolerance: it absorbs the rounding of an interpolation that ends on a bucket's edge.
_TOLERANCE = 1e-12
#: Headroom below this has one digit after zeros, so that a threshold of 99.9 % has some; below that it is none.
_WHOLE_PERCENT, _VISIBLE_SHARE = 0.0095, 1e-6

Key = tuple[str, str, str]
#: Of a threshold: its scenario, severity and key.
Place = tuple[str, str, Key]


@dataclass(frozen=True)
class Unit:
    """The unit of objectives whose names end in ``suffix``; ``panel`` is what dashboards call it."""

    suffix: str
    panel: str

    def figure(self, value: float) -> str:
        """Return a value as people write it: 182 ms, 0.43 %, 512.3/s, 12.4 MiB."""
        match self.panel:
            case "s":
                return f"{_three_digits(value * 1000)} ms" if value < 1 else f"{_three_digits(value)} s"
            case "percentunit":
                return f"{_three_digits(value * 100)} %"
            case "bytes":
                return f"{value / 2**20:.1f} MiB"
            case _:
                return f"{value:.1f}/s"


UNITS = (Unit("_seconds", "s"), Unit("_ratio", "percentunit"), Unit("_per_second", "reqps"), Unit("_bytes", "bytes"))


def unit_of(objective: str) -> Unit | None:
    """Return the unit that the objective's name ends in; None for a plain number."""
    return next((unit for unit in UNITS if objective.endswith(unit.suffix)), None)


def figure_of(objective: str, value: float | None, none: str = "no data") -> str:
    """Return a value in the unit of its objective; ``none`` where there is no value."""
    if value is None or math.isnan(value):
        return none
    unit = unit_of(objective)
    return f"{value:g}" if unit is None else unit.figure(value)


def limit_of(objective: str, bound: str, threshold: float) -> str:
    """Return a threshold with its direction: ≤ 200 ms, ≥ 500.0/s."""
    return f"{'≤' if bound == 'max' else '≥'} {figure_of(objective, threshold)}"


def words_of(objective: str) -> str:
    """Return the name of an objective as words, without a unit that its figures show: latency p95."""
    return objective.removesuffix("_seconds").removesuffix("_bytes").replace("_", " ")


def met(value: float | None, threshold: float, bound: str) -> bool | None:
    """Return whether a value keeps to a threshold, which it does on it; None when nothing was measured."""
    if value is None or math.isnan(value):
        return None
    slack = abs(threshold) * _TOLERANCE
    return value <= threshold + slack if bound == "max" else value >= threshold - slack


def headroom(value: float | None, threshold: float, bound: str) -> float | None:
    """Return the share of a threshold that is left, negative where it is missed.

    None when nothing was measured, and for a threshold of 0, which has no shares.
    """
    if value is None or math.isnan(value) or not threshold:
        return None
    left = threshold - value if bound == "max" else value - threshold
    return left / abs(threshold)


def headroom_of(share: float | None, none: str = "-") -> str:
    """Return headroom as people write it: 64%, -20%, 0.1%; ``none`` where it is not known."""
    if share is None:
        return none
    is_small = _VISIBLE_SHARE < abs(share) < _WHOLE_PERCENT
    return f"{share * 100:.1g}%" if is_small else f"{share:.0%}".replace("-0%", "0%")


def worst_of(windows: Iterable[Sample], bound: str) -> Sample | None:
    """Return the first of the worst; windows without observations are none."""
    known = [sample for sample in windows if not math.isnan(sample.value)]
    choose = min if bound == "min" else max
    return choose(known, key=lambda sample: sample.value, default=None)


@dataclass(frozen=True)
class Threshold:
    """A limit that is set for an objective; ``method`` and ``name`` are empty for one of all requests.

    ``bound`` is max where the measured value must not be above ``value``, and min where it must not be below. A
    threshold of severity critical fails the run, one of severity warning is only reported. With ``is_pattern`` it is
    for every endpoint that ``method`` and ``name`` match, in which ``*`` stands for any text. ``confidence`` is how
    sure a run has to be that it keeps to the threshold: a share, 0 where it need not be, and None where nothing is
    said, which is `DEFAULT_CONFIDENCE`. ``source`` is where it is written: a file, and the line where that is known.
    """

    objective: str
    value: float
    bound: str = "max"
    severity: str = "critical"
    method: str = ""
    name: str = ""
    scenario: str = ""
    is_pattern: bool = False
    confidence: float | None = None
    source: str = field(default="", compare=False)

    @property
    def key(self) -> Key:
        return (self.objective, self.method, self.name)

    @property
    def place(self) -> Place:
        """What only one threshold of a scenario can be for."""
        return (self.scenario, self.severity, self.key)

    @property
    def title(self) -> str:
        """For example ``endpoint_latency_p95_seconds POST /api/chat``."""
        return " ".join(part for part in self.key if part)


@dataclass(frozen=True)
class JudgedApart:
    """Requests of a type (``method``) or of a ``category``, which the latency of all leaves out; the other is empty."""

    scenario: str
    method: str = ""
    category: str = ""


@dataclass(frozen=True)
class Interval:
    """The bounds of a measured value, each of which holds by itself with the confidence that was asked for.

    A bound is None where the observations have none. ``effective_samples`` is how many independent observations say as
    much, and the number of windows with the method of batch means. ``more_samples`` and ``more_seconds`` are about how
    much longer the run should have been to decide; None where it did, and where no length would.
    """

    low: float | None
    high: float | None
    effective_samples: float
    method: str
    more_samples: int | None = None
    more_seconds: float | None = None


@dataclass(frozen=True)
class Objective:
    """A threshold that is in force for the run, and what was measured over the whole run.

    ``measured`` is None when there was nothing to measure; ``samples`` is the number of observations behind it.
    ``worst`` is the worst minute of the run, with the time at which it ended; None when no whole minute was judged.
    ``missed_since_seconds`` is since when the run so far had missed it at the end; None when it had not.

    ``confidence`` is how sure it has to be that the threshold is met; 0 where the measured value is enough. With
    ``only_warns`` being unsure decides nothing. ``interval`` is None where no confidence is asked for, and for what is
    neither a share, a quantile, a mean nor a rate.
    """

    objective: str
    bound: str  #: as in `Threshold`
    severity: str
    threshold: float
    measured: float | None
    samples: float | None
    method: str = ""
    name: str = ""
    worst: Sample | None = None
    missed_since_seconds: float | None = None
    confidence: float = 0.0
    only_warns: bool = False
    interval: Interval | None = None

    @property
    def key(self) -> Key:
        return (self.objective, self.method, self.name)

    @property
    def subject(self) -> str:
        """Return what alerts call it: ``endpoint_latency_p95_seconds POST /api/chat``."""
        return " ".join(part for part in self.key if part)

    @property
    def title(self) -> str:
        """For example ``latency p95 POST /api/chat``."""
        return " ".join(part for part in (words_of(self.objective), self.method, self.name) if part)

    @property
    def met(self) -> bool | None:
        """Whether the measured value keeps to the threshold; None when nothing was measured."""
        return met(self.measured, self.threshold, self.bound)

    @property
    def surely(self) -> float | None:
        """The bound that decides: at most this, or at least, with the confidence asked for; None where it has none."""
        if self.interval is None:
            return None
        return self.interval.high if self.bound == "max" else self.interval.low

    @property
    def is_undecided(self) -> bool:
        """Whether the measured value keeps to the threshold, and may do so by chance."""
        if self.interval is None or not self.met:
            return False
        return met(self.surely, self.threshold, self.bound) is not True


@dataclass(frozen=True)
class ObjectiveKind:
    """What an objective is: the side that its thresholds bound, and what to do when one is missed.

    ``expr`` is the PromQL that measures one of a project's own, and ``source`` where it is written; without an
    expression, a rule of the product's or of the project's does.
    """

    bound: str  #: as in `Threshold`
    advice: str = ""
    expr: str = ""
    source: str = field(default="", compare=False)


#: The objectives that the product's rules measure. Those of a project are in its swarmscope.toml; one that is known to
#: rules of its own alone may have either bound.
BUILT_IN: Mapping[str, ObjectiveKind] = MappingProxyType(
    {
        "availability_ratio": ObjectiveKind(
            "min",
            "Requests were refused, timed out or answered by a 5xx: read the API's log around the first breach, and"
            " its limits of connections and memory.",
        ),
        "error_ratio": ObjectiveKind("max", "Requests failed: locust-failures.csv in the results says which and why."),
        "endpoint_error_ratio": ObjectiveKind(
            "max",
            "An endpoint fails: the table of endpoints with errors names it, locust-failures.csv in the results says"
            " why. One that is meant to fail needs a threshold of its own.",
        ),
        "ramp_error_ratio": ObjectiveKind(
            "max",
            "Requests failed in the ramp, which is not judged: is the API warm and scaled up before the load, does a"
            " lower --spawn-rate help?",
        ),
        "auth_failure_ratio": ObjectiveKind(
            "max",
            "Credentials are refused: check the test accounts, and how long tokens are valid.",
        ),
        "rate_limited_ratio": ObjectiveKind(
            "max",
            "The API limits the rate (429): raise its limits for test accounts, or use more of them.",
        ),
        "task_exception_ratio": ObjectiveKind(
            "max",
            "Code of the locustfile raises: the verdict has a traceback of each kind.",
        ),
        "throughput_requests_per_second": ObjectiveKind(
            "min",
            "Less throughput than asked for: if latency is high the API is the limit, so look at its CPU and its"
            " database; if not, give the generator more --users or --workers.",
        ),
        "latency_p50_seconds": ObjectiveKind(
            "max",
            "Most requests are slow, not some: look for a resource at its limit, CPU or connection pool first.",
        ),
        "latency_p90_seconds": ObjectiveKind(
            "max",
            "One request in ten is slow: compare the endpoints in locust-report.html, then look at the slowest one.",
        ),
        "latency_mean_seconds": ObjectiveKind(
            "max",
            "Slow on average: a few very slow requests or many slow ones; compare p50 and p99 in locust-report.html.",
        ),
        "latency_p95_seconds": ObjectiveKind(
            "max",
            "One request in twenty is slow: find the endpoint in locust-report.html, then its slowest queries, missing"
            " indexes and waits for a connection.",
        ),
        "latency_p99_seconds": ObjectiveKind(
            "max",
            "One request in a hundred is slow: look for locks, garbage collection and cold caches.",
        ),
        "latency_p99_9_seconds": ObjectiveKind(
            "max",
            "One request in a thousand is slow: look for pauses, time-outs with a second try, and lock waits.",
        ),
        "latency_max_seconds": ObjectiveKind(
            "max",
            "A single request was slow: the slowest traces and the API's log name it.",
        ),
        **{
            f"endpoint_latency_{figure}_seconds": ObjectiveKind(
                "max", "One endpoint is slow: profile its queries and the services that it calls."
            )
            for figure in LATENCY_FIGURES
        },
        **{
            f"service_time_{figure}_seconds": ObjectiveKind(
                "max",
                "Answers are slow, however long the requests had waited to be sent: find the endpoint in"
                " locust-report.html, then profile its queries and the services that it calls.",
            )
            for figure in LATENCY_FIGURES
        },
        **{
            f"endpoint_service_time_{figure}_seconds": ObjectiveKind(
                "max", "One endpoint answers slowly: profile its queries and the services that it calls."
            )
            for figure in LATENCY_FIGURES
        },
        DROPPED_ARRIVALS: ObjectiveKind(
            "max",
            "Arrivals waited too long for a free user and were dropped: if the service time is high the API is the"
            " limit; if not, allow the scenario more users, or give the generator more --workers.",
        ),
        "transaction_p95_seconds": ObjectiveKind(
            "max",
            "A step of a journey is slow: the slowest of its requests is in locust-report.html.",
        ),
        "websocket_message_p95_seconds": ObjectiveKind(
            "max",
            "Answers over WebSocket are slow: look at the time to the first token, and for blocking work between"
            " tokens.",
        ),
        "websocket_connect_failure_ratio": ObjectiveKind(
            "max",
            "WebSockets cannot be opened: check limits of connections, proxies, and LOADTEST_WS_URL.",
        ),
        "websocket_drop_ratio": ObjectiveKind(
            "max",
            "WebSocket connections are cut: look for idle timeouts of proxies and load balancers, limits of"
            " connections, and restarts of the API.",
        ),
        "latency_drift_ratio": ObjectiveKind(
            "max",
            "Latency grows during the run: look for a leak, for tables that grow without an index, for a cache that"
            " fills up.",
        ),
        "target_memory_growth_ratio": ObjectiveKind(
            "max",
            "The API's memory grows: take heap snapshots early and late, and compare them.",
        ),
        "target_pool_in_use_ratio": ObjectiveKind(
            "max",
            "The connection pool is almost used up: enlarge it, hold connections for less time, or look for one that"
            " is never given back.",
        ),
        "recovery_seconds": ObjectiveKind(
            "max",
            "The system recovers too slowly after the spike: look for queues that it works off, and for retries that"
            " keep the load up.",
        ),
    }
)


def _three_digits(value: float) -> str:
    """Three significant digits, and no exponent where more stand before the point: 12.4, 2280."""
    return f"{value:.0f}" if abs(value) >= 999.5 else f"{value:.3g}"
