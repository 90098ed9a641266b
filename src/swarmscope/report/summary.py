"""The run in a dozen lines: what was counted and measured, each with its target where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from swarmscope.objectives import figure_of
from swarmscope.report.wording import limit
from swarmscope.verdict.evidence import Figures
from swarmscope.verdict.verdict import ObjectiveResult

#: What the summary shows, and the objective that may set a target for it.
_MEASURED = (
    ("Error rate", "error_ratio"),
    ("Average", "latency_mean_seconds"),
    ("p95", "latency_p95_seconds"),
    ("Throughput", "throughput_requests_per_second"),
)
_CACHE_OBJECTIVE = "cache_hit_ratio"
_RAMP_OBJECTIVE = "ramp_error_ratio"


@dataclass(frozen=True)
class SummaryLine:
    """``target`` and ``result`` are empty where no threshold is set."""

    what: str
    value: str
    target: str = ""
    result: str = ""


def summary(figures: Figures, objectives: Sequence[ObjectiveResult]) -> tuple[SummaryLine, ...]:
    """Return the lines in reading order; those of the cache only when the target tells how its cache does."""
    # Of two thresholds of one objective the critical one is its target.
    by_severity = sorted(objectives, key=lambda result: result.objective.severity == "critical")
    judged = {result.objective.key: result for result in by_severity}

    def line(what: str, objective: str, value: float | None) -> SummaryLine:
        result = judged.get((objective, "", ""))
        if result is None:
            return SummaryLine(what, figure_of(objective, value))
        return SummaryLine(what, figure_of(objective, value), limit(result.objective), result.status.value)

    return (
        SummaryLine("Requests", _count(figures.requests)),
        SummaryLine("Failures", _count(figures.failures)),
        *_ramp(figures, judged.get((_RAMP_OBJECTIVE, "", ""))),
        *(line(what, objective, figures.measured.get(objective)) for what, objective in _MEASURED),
        *_cache_counts(figures),
        *([line("Cache hit rate", _CACHE_OBJECTIVE, hit_ratio(figures))] if _cache_counts(figures) else []),
    )


def hit_ratio(figures: Figures) -> float | None:
    """Share of the reads that the cache could answer; None when there were none, or they were not counted."""
    hits, misses = figures.cache_hits, figures.cache_misses
    return None if hits is None or misses is None or not hits + misses else hits / (hits + misses)


def _ramp(figures: Figures, judged: ObjectiveResult | None) -> tuple[SummaryLine, ...]:
    """Return what failed before the judged part of the run, where anything was asked then."""
    if not figures.ramp_requests or figures.ramp_failures is None:
        return ()
    value = f"{figures.ramp_failures:,} of {figures.ramp_requests:,}"
    if judged is None:
        return (SummaryLine("Failures in the ramp", value),)
    return (SummaryLine("Failures in the ramp", value, limit(judged.objective), judged.status.value),)


def _cache_counts(figures: Figures) -> tuple[SummaryLine, ...]:
    if figures.cache_hits is None or figures.cache_misses is None:
        return ()
    return (
        SummaryLine("Cache hits", _count(figures.cache_hits)),
        SummaryLine("Cache misses", _count(figures.cache_misses)),
    )


def _count(count: int | None) -> str:
    return "no data" if count is None else f"{count:,}"
