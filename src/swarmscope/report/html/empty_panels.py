"""Why a panel has nothing to show: one sentence for the reader of the report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.report.html.crossings import Crossing
from swarmscope.report.html.panels import Dashboard, Panel
from swarmscope.report.html.query_cache import Asker
from swarmscope.report.html.waiting_panels import waits_for

_METRIC = re.compile(r"\b(?:loadtest[_:]|pg_|redis_|api_|http_|process_|prometheus_|scrape_)[\w:]+|\b(?:ALERTS|up)\b")
_NAMES_OF_NOTHING = frozenset({"", "no data"})
#: What a single figure says for a value that a run under way does not have yet.
_NOT_YET = _NAMES_OF_NOTHING | {"no run", "not yet"}
#: By then each job has been scraped, and a rule has seen it.
_SCRAPED_SECONDS = 10
_ABOVE_ZERO = re.compile(r"> 0\)*\s*$")


@dataclass(frozen=True)
class Source:
    """Metrics that only one scrape job has, and what to say where there is no such job."""

    metrics: re.Pattern[str]
    job: str
    sentence: str


_SOURCES = (
    Source(re.compile(r"\bpg_"), "postgres", "The exporter of PostgreSQL runs in the Docker stack only."),
    Source(re.compile(r"\bredis_"), "redis", "The exporter of Redis runs in the Docker stack only."),
    Source(
        re.compile(r'job="api"|loadtest:target_|objective="target_'),
        "api",
        "No API was scraped: its own metrics come with the reference API, or with --api-metrics.",
    ),
)
#: Recorded over the last minute of the phases that are judged.
_OF_A_MINUTE = re.compile(r"loadtest:\w+\{")
_TOO_SHORT_SECONDS = 110
_PHASES_OF_A_SPIKE = frozenset({"spike", "recovery"})
#: Metrics of which a run has series only when it does that.
_OPTIONAL = (
    (re.compile(r"loadtest_arrival"), "This scenario has no arrivals."),
    (re.compile(r"loadtest_missed_starts"), "No user kept a pace with constant_pacing or constant_throughput."),
    (re.compile(r"loadtest_transaction_|transaction_p95"), "This scenario has no timed transactions."),
    (re.compile(r"loadtest:regression_ratio"), "The run was compared with no baseline: --baseline names one."),
    (re.compile(r'window="recovery"|loadtest:recovering'), "This run had no recovery phase."),
    (
        re.compile(r"latency_drift|window=\"reference\""),
        "Drift is measured against the first ten minutes of a long run.",
    ),
)


@dataclass(frozen=True)
class Surroundings:
    """What there was to ask: scrape jobs, the run's phases, the variables that have a value, and what was crossed.

    Of a run that is not over, ``phases`` are those that have begun.
    """

    jobs: frozenset[str] = frozenset()
    phases: frozenset[str] = frozenset()
    values: Mapping[str, str] = field(default_factory=dict)
    crossings: tuple[Crossing, ...] = ()
    is_over: bool = True


def jobs_scraped(asker: Asker) -> frozenset[str]:
    """Return the jobs that had a target within the window."""
    rows = asker.at_end(f"count by (job) (count_over_time(up[{asker.window.length_seconds}s]))")
    return frozenset(row.labels.get("job", "") for row in rows)


def why_aside(board: Dashboard, around: Surroundings) -> str:
    """Return why a whole dashboard says little of this run; empty when it does not."""
    names = {variable.name for variable in board.variables}
    if "other_run_id" in names and not around.values.get("other_run_id"):
        return (
            f"Prometheus holds no other run of scenario {around.values.get('scenario', '')} to compare this one with."
        )
    if board.uid == "spike" and not around.phases & _PHASES_OF_A_SPIKE:
        return "This run had no spike."
    return ""


def what_is_awaited(panel: Panel, exprs: tuple[str, ...], around: Surroundings) -> str:
    """Return what a panel waits for; empty where the run is over, or the panel has better words of its own."""
    return "" if around.is_over or panel.no_value not in _NOT_YET else waits_for(" ".join(exprs), around.phases)


def why_empty(panel: Panel, exprs: tuple[str, ...], around: Surroundings, asker: Asker) -> str:
    """Return the reason why these queries have no result."""
    if not exprs:
        return "There is no other run to compare with."
    asked = " ".join(exprs)
    unscraped = next((each for each in _SOURCES if each.metrics.search(asked) and each.job not in around.jobs), None)
    if unscraped is not None:
        is_early = not around.is_over and asker.window.length_seconds < _SCRAPED_SECONDS
        return "Begins with the first scrape." if is_early else unscraped.sentence
    return what_is_awaited(panel, exprs, around) or _why_nothing_came(panel, asked, asker)


def _why_nothing_came(panel: Panel, asked: str, asker: Asker) -> str:
    if panel.no_value not in _NAMES_OF_NOTHING:
        return f"{panel.no_value[0].upper()}{panel.no_value[1:]}."
    for pattern, sentence in _OPTIONAL:
        if pattern.search(asked):
            return sentence
    if asker.window.length_seconds < _TOO_SHORT_SECONDS and _OF_A_MINUTE.match(asked):
        return "It is judged over whole minutes, and this run was too short for one."
    names = tuple(dict.fromkeys(_METRIC.findall(re.sub(r"\{[^}]*\}", "", asked))))
    if not _held(names, asker):
        return f"Prometheus holds no series of {' or '.join(names)} from the time of this run."
    if _ABOVE_ZERO.search(asked):
        return "Nothing of this kind happened: every count is 0."
    return "Its series are there, but nothing was observed that it could be computed from."


def _held(names: tuple[str, ...], asker: Asker) -> bool:
    """Return whether Prometheus has any of these metrics of the run's time at all."""
    query = f'count(last_over_time({{__name__=~"{"|".join(names)}"}}[{asker.window.length_seconds}s]))'
    try:
        return bool(asker.at_end(query))
    except PrometheusUnavailableError:
        return False
