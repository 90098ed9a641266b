"""What the verdict is decided on: plain, frozen data, whatever it was read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from swarmscope.compare.comparison import Comparison
from swarmscope.objectives import Objective
from swarmscope.prometheus.series import Sample, Series
from swarmscope.verdict.steadiness import Steadiness
from swarmscope.verdict.user_facts import UserFacts
from swarmscope_exporter.run_details import RunDetails


@dataclass(frozen=True)
class RunFacts:
    """Who and when, in seconds since the epoch.

    ``end_seconds`` is when the run declared its totals final, by the generator's clock, and ``end_seen_seconds`` when
    Prometheus first stored that; both are None when it never happened. ``phases`` maps each phase to its beginning.
    ``ending`` is how the load ended (`swarmscope_exporter.ending`); empty where it is not known.
    """

    run_id: str
    scenario: str
    start_seconds: float
    load_start_seconds: float
    end_seconds: float | None
    end_seen_seconds: float | None = None
    interrupted: str = ""  #: why the run ended before its time; empty when it did not
    phases: Mapping[str, float] = field(default_factory=dict)
    ending: str = ""
    planned_seconds: float | None = None  #: how long the load was to last; None where it had no planned end
    details: RunDetails = field(default_factory=RunDetails)

    @property
    def load_seconds(self) -> float:
        """How long the run was under load; 0 when it never was."""
        end = self.phases.get("stopping", self.end_seconds)
        return max(0.0, end - self.load_start_seconds) if end is not None else 0.0


@dataclass(frozen=True)
class UserSeconds:
    """Users asked for, times seconds, and those of them that did not run (`swarmscope_exporter.user_seconds`)."""

    due: float
    missing: float

    @property
    def delivered_ratio(self) -> float:
        """Share of them that ran; 0 when none were due."""
        return 1.0 - self.missing / self.due if self.due > 0 else 0.0


@dataclass(frozen=True)
class ArrivalCounts:
    """Arrivals of one worker: those that its schedule had, and what became of them.

    ``dropped`` waited too long for a free user; ``cut_off`` were due and had not begun when the run was stopped.
    """

    scheduled: int
    started: int
    dropped: int
    cut_off: int

    @property
    def known(self) -> int:
        """Those of which it is known what became of them."""
        return self.started + self.dropped + self.cut_off


@dataclass(frozen=True)
class Arrivals(ArrivalCounts):
    """Those of all workers, and of each; ``lost`` are of workers that died.

    Lateness is from when an arrival was due to when it began; None where none began.
    """

    lost: int
    workers: Mapping[str, ArrivalCounts] = field(default_factory=dict)
    lateness_p50_seconds: float | None = None
    lateness_p99_seconds: float | None = None


@dataclass(frozen=True)
class Ledger:
    """The same requests as counted at each hop; None where a hop's count is not known.

    ``target`` is what the API under test counted: the requests it answered over HTTP, and each redirect to its own
    origin on the way to those answers (``redirects``). It may be over that only by requests whose fate is unknown:
    without a response (``unanswered``), cut off by the stop (``cut_off``), redirected to another origin, which may
    be another name of the same API (``redirects_elsewhere``), or of another protocol, whose responses have no HTTP
    status (``without_status``).

    ``timed`` is the number of observations of the latency histogram, and ``untimed`` that of requests without a
    response time: together they are all requests.
    """

    workers: Mapping[str, int] = field(default_factory=dict)
    locust: int | None = None
    exporter: int | None = None
    prometheus: int | None = None
    http_answered: int | None = None
    unanswered: int = 0
    cut_off: int = 0
    redirects: int = 0
    redirects_elsewhere: int = 0
    without_status: int = 0
    target: int | None = None
    target_expected: bool = False
    timed: int | None = None
    untimed: int = 0


@dataclass(frozen=True)
class OwnCost:
    """What the harness itself cost; None where it is not known.

    ``cpu_ratio`` is each part's share of the CPU time of all Locust processes (the recorder's is estimated);
    ``scrape_seconds`` is the longest scrape of the exporter, ``loop_lag_seconds`` the worst lag of an event loop.
    """

    cpu_ratio: Mapping[str, float] = field(default_factory=dict)
    scrape_seconds: float | None = None
    loop_lag_seconds: float | None = None


@dataclass(frozen=True)
class TracedRequest:
    """A request whose trace was recorded: how long it took, and when it ended, in seconds since the epoch."""

    method: str
    name: str
    outcome: str
    seconds: float
    trace_id: str
    ended_seconds: float


@dataclass(frozen=True)
class EndpointErrors:
    """An endpoint with failed requests, over the whole run; ``errors`` counts them by kind."""

    method: str
    name: str
    requests: int
    failures: int
    errors: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class EndpointFigures:
    """One endpoint; times are None where none was measured. ``max_seconds`` is the bucket edge above the slowest."""

    method: str
    name: str
    requests: int
    failures: int
    per_second: float
    p50_seconds: float | None = None
    p95_seconds: float | None = None
    p99_seconds: float | None = None
    max_seconds: float | None = None


@dataclass(frozen=True)
class LeftOut:
    """Requests of a type that the latency of all requests leaves out: ``judged_apart``, or ``no_time`` was measured."""

    method: str
    why: str
    requests: int
    ratio: float  #: share of all requests


@dataclass(frozen=True)
class Figures:
    """What was counted and measured while the run was judged, so without its ramp; nothing of it decides.

    None, or absent from ``measured``, where it is not known. ``measured`` has objectives of all requests, also those
    that no threshold is set for. The cache is the one of the target, where it publishes hits and misses. Endpoints
    with errors and what the latency leaves out are of the whole run.
    """

    requests: int | None = None
    failures: int | None = None
    cache_hits: int | None = None
    cache_misses: int | None = None
    measured: Mapping[str, float] = field(default_factory=dict)
    own_cost: OwnCost = field(default_factory=OwnCost)
    slowest_traces: tuple[TracedRequest, ...] = ()  #: the slowest first; none where the run was not traced
    ramp_requests: int | None = None
    ramp_failures: int | None = None
    endpoint_errors: tuple[EndpointErrors, ...] = ()  #: the one with the highest share first
    endpoints: tuple[EndpointFigures, ...] = ()  #: all of them, over the whole run, the most asked first
    left_out: tuple[LeftOut, ...] = ()  #: most first


@dataclass(frozen=True)
class Evidence:
    """All that the decision rests on."""

    run: RunFacts
    evaluation_interval_seconds: float
    scrape_interval_seconds: float
    objectives: tuple[Objective, ...]
    alerts: tuple[Series, ...]  #: ALERTS of the run, and those without a run that fell into it
    watched_groups: tuple[str, ...]  #: rule groups that carry RunWatched
    exporter_up: tuple[Sample, ...]
    rule_failures: float | None
    rule_misses: float | None
    ledger: Ledger
    #: What was measured over the whole run, and of how many observations, whether a threshold asks for it or not.
    measured: Mapping[tuple[str, str, str], tuple[float | None, float | None]] = field(default_factory=dict)
    min_samples: int = 1  #: how many observations each objective has to rest on
    peak_users: float | None = None
    user_seconds: UserSeconds | None = None
    arrivals: Arrivals | None = None  #: None where the scenario has none
    steadiness: Steadiness | None = None  #: None where it is too short to tell, or the load was to change
    thresholds: tuple[Series, ...] = ()  #: the thresholds in force, as Prometheus recorded them through the run
    reloads: int | None = None  #: how often Prometheus read, or failed to read, its rules during the run
    unhandled_exceptions: int | None = None  #: exceptions of the locustfile that Locust only logged
    users: UserFacts = field(default_factory=UserFacts)
    problems: tuple[str, ...] = ()  #: what could not be read, in words
    figures: Figures = field(default_factory=Figures)
    publishers: tuple[str, ...] = ()  #: who published series under the run's id: one, the exporter
    refused_metrics: tuple[str, ...] = ()  #: metrics of the locustfile with names of our own series
    warnings: tuple[str, ...] = ()  #: what looks wrong and decides nothing, in words
    summaries: Mapping[str, str] = field(default_factory=dict)  #: what each alert says in its rule, by its name
    comparison: Comparison | None = None  #: with the runs of a baseline; None where there is none
    regression_limit: float = 0.0  #: by how much the p95 may be worse than that of the baseline
    comparison_problem: str = ""  #: why a run that was to be compared could not be


def with_problems(evidence: Evidence, *problems: str) -> Evidence:
    """Return the same evidence with what else was found to be wrong with it; empty problems are none."""
    return replace(evidence, problems=tuple(dict.fromkeys(filter(None, (*evidence.problems, *problems)))))
