"""What a step has come to, from its series and what a verdict finds in them: pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from swarmscope.capacity.growth import Growth, growth_of
from swarmscope.capacity.pool import KEPT_SHARE, users_were_limit
from swarmscope.capacity.step import (
    GENERATOR_CPU,
    GROWS,
    TARGET_CPU,
    TARGET_MEMORY,
    TARGET_POOL,
    Measured,
    Step,
    StepOutcome,
    is_far_within,
)
from swarmscope.compare.figures import quantile_of
from swarmscope.compare.summary import ALL, Subject, Times
from swarmscope.objectives import figure_of, limit_of, words_of
from swarmscope.prometheus.series import StoredSeries
from swarmscope.run.judged_counts import JudgedCounts, NotJudgedError, judged_counts
from swarmscope.run.read_summary import doubts_of
from swarmscope.verdict.decide import SATURATION
from swarmscope.verdict.verdict import HARMLESS, ObjectiveResult, Outcome, Status, Verdict

#: Alerts that say that the load generator could not make the load.
_OF_GENERATOR = SATURATION | {"UsersBelowTarget"}
_UNKNOWN = frozenset({Status.UNDECIDED, Status.NO_DATA})
_QUANTILE = re.compile(r"latency_p(\d+)(?:_(\d+))?_seconds$")
#: Where no latency was missed: how long answers may take, in seconds.
_ANY = ("latency_p95_seconds", 1.0)
#: Requests without which a p95 says little.
_OFTEN = 20
_CPU_RATIO = "loadtest_generator_cpu_ratio"
_NAMES = {
    "target_cpu_cores": TARGET_CPU,
    "target_pool_in_use_ratio": TARGET_POOL,
    "target_memory_bytes": TARGET_MEMORY,
}


@dataclass(frozen=True)
class Asked:
    """The load that a step was asked for; ``users`` wait for arrivals, or are the load."""

    number: int
    load: float
    users: int


@dataclass(frozen=True)
class Reading:
    """A step; ``needs_users`` when all users were busy while the target was not slow."""

    step: Step
    needs_users: bool = False


def reading_of(asked: Asked, verdict: Verdict, series: Sequence[StoredSeries]) -> Reading:
    """Return what became of a step."""
    run = verdict.run
    try:
        counts = judged_counts(lambda is_wanted: (each for each in series if is_wanted(each.labels)))
    except NotJudgedError as error:
        counts, nothing = None, str(error)
    else:
        nothing = ""
    of_all = counts.subjects.get(ALL) if counts is not None else None
    # Users that wait for answers ask less of a slow target: only arrivals can be more than it answers.
    is_open = verdict.arrivals is not None
    growth = growth_of(of_all.windows) if of_all is not None and is_open else None
    outcome, because, broken = _outcome(verdict, growth, nothing)
    unknown = _unknown(verdict) if outcome is StepOutcome.HELD else ()
    step = Step(
        asked.number,
        run.run_id,
        asked.load,
        outcome,
        because,
        run.load_start_seconds,
        of_all.whole.seconds if of_all is not None else 0.0,
        tuple(_measured(each) for each in verdict.objectives if each.objective.severity not in HARMLESS),
        growth=growth.slope if growth is not None else None,
        used=_used(counts, series, run.phases.get("steady"), run.end_seconds),
        broken=broken,
        unsure=_titles(each for each in unknown if each.status is Status.UNDECIDED),
        without_data=_titles(each for each in unknown if each.status is Status.NO_DATA),
        users=asked.users,
    )
    if of_all is None:
        return Reading(step)
    step = replace(_with_figures(step, of_all), slowest=_slowest(counts))
    if outcome is StepOutcome.BROKE and _users_were_limit(verdict, broken, of_all):
        because = f"all {asked.users} users were busy, while answers came in time"
        return Reading(replace(step, outcome=StepOutcome.UNMEASURED, because=because), needs_users=True)
    return Reading(step)


def _unknown(verdict: Verdict) -> tuple[ObjectiveResult, ...]:
    """Return the critical objectives that a run has to be sure of, and that this one is not."""
    critical = (each for each in verdict.objectives if each.objective.severity not in HARMLESS)
    return tuple(each for each in critical if each.status in _UNKNOWN and not each.objective.only_warns)


def _outcome(verdict: Verdict, growth: Growth | None, nothing: str) -> tuple[StepOutcome, str, tuple[str, ...]]:
    """Return the outcome, why, and what broke."""
    doubts = tuple(dict.fromkeys(doubts_of(verdict)))
    critical = [each for each in verdict.objectives if each.objective.severity not in HARMLESS]
    missed = [each for each in critical if each.status is Status.FAIL]
    if verdict.outcome is Outcome.FAIL:
        return StepOutcome.BROKE, _missed_words(missed, verdict), _titles(missed) or verdict.reasons[:1]
    if doubts or nothing:
        is_generator = any(span.is_doubt and span.name in _OF_GENERATOR for span in verdict.timeline)
        outcome = StepOutcome.GENERATOR if is_generator else StepOutcome.UNMEASURED
        return outcome, (doubts or (nothing,))[0], ()
    if growth is not None and growth.is_overload:
        more = growth.slope / (1 + growth.slope)
        return StepOutcome.BROKE, f"{GROWS}: about {more:.0%} more arrives than is answered", (GROWS,)
    unknown = _unknown(verdict)
    close = [each for each in unknown if each.status is Status.UNDECIDED and not is_far_within(each.objective)]
    if close:
        return StepOutcome.UNDECIDED, f"{_figures(close[0])}: too close to tell", ()
    if verdict.outcome is Outcome.INCONCLUSIVE and not unknown:
        return StepOutcome.UNMEASURED, (verdict.reasons or ("it was not judged",))[0], ()
    return StepOutcome.HELD, "", ()


def _missed_words(missed: Sequence[ObjectiveResult], verdict: Verdict) -> str:
    worst = sorted(missed, key=lambda each: -(_measured(each).share_of_threshold or math.inf))
    return "; ".join(map(_figures, worst[:2])) or (verdict.reasons or ("it failed",))[0]


def _figures(result: ObjectiveResult) -> str:
    each = result.objective
    limit = limit_of(each.objective, each.bound, each.threshold)
    return f"{_title(result)} {figure_of(each.objective, each.measured)} ({limit})"


def _title(result: ObjectiveResult) -> str:
    each = result.objective
    return " ".join(filter(None, (words_of(each.objective), each.method, each.name)))


def _titles(results: Iterable[ObjectiveResult]) -> tuple[str, ...]:
    """Return their names, those furthest beyond their thresholds first."""
    worst = sorted(results, key=lambda each: -(_measured(each).share_of_threshold or 0.0))
    return tuple(map(_title, worst))


def _measured(result: ObjectiveResult) -> Measured:
    each = result.objective
    return Measured(
        each.objective, _title(result), each.bound, each.severity, each.threshold, each.measured, result.status.value
    )


def _with_figures(step: Step, of_all: Subject) -> Step:
    whole = of_all.whole
    service = (whole.service or whole.latency).mean_seconds
    throughput = _answered(of_all)
    return replace(
        step,
        throughput=throughput,
        error_ratio=whole.failures / whole.requests if whole.requests else None,
        p50_seconds=quantile_of(whole.latency, 0.5),
        p95_seconds=quantile_of(whole.latency, 0.95),
        p99_seconds=quantile_of(whole.latency, 0.99),
        concurrency=throughput * service if throughput is not None and service is not None else None,
    )


def _slowest(counts: JudgedCounts | None) -> str:
    """Return the endpoint with the longest p95, of those that were asked often enough to have one."""
    subjects = counts.subjects if counts is not None else {}
    often = {key: each.whole for key, each in subjects.items() if key != ALL and each.whole.requests >= _OFTEN}
    p95 = {key: quantile_of(each.latency, 0.95) or 0.0 for key, each in often.items()}
    method, name = max(p95, key=lambda key: p95[key]) if len(p95) > 1 else ("", "")
    return f"{method} {name}".strip()


def _answered(of_all: Subject) -> float | None:
    """Return the requests a second that were answered; not in the last window, which has what ended after the stop."""
    windows = of_all.windows[:-1] or (of_all.whole,)
    seconds = math.fsum(window.seconds for window in windows)
    return math.fsum(window.requests for window in windows) / seconds if seconds else None


def _users_were_limit(verdict: Verdict, broken: Sequence[str], of_all: Subject) -> bool:
    """Return whether the step broke only since its arrivals waited for users."""
    if verdict.arrivals is None or of_all.whole.service is None:
        return False
    failed = (each.objective for each in verdict.objectives if each.status is Status.FAIL)
    missed = [each for each in failed if each.severity not in HARMLESS]
    service = of_all.whole.service
    of_time = [(each.objective, each.threshold) for each in missed if _is_of_latency(each.objective)]
    kept = all((_of_service(service, name) or 0.0) <= KEPT_SHARE * limit for name, limit in of_time or [_ANY])
    windows = [replace(window, latency=window.service or window.latency) for window in of_all.windows]
    growth = growth_of(windows)
    late = verdict.arrivals.lateness_p99_seconds
    names = [each.objective.removeprefix("endpoint_") for each in missed]
    return (bool(missed) or GROWS in broken) and users_were_limit(
        names, late, service_kept=kept, service_grows=growth is not None and growth.is_overload
    )


def _is_of_latency(objective: str) -> bool:
    return objective.removeprefix("endpoint_").startswith("latency_")


def _of_service(service: Times, objective: str) -> float | None:
    """Return what an objective of latency is for the service time: a quantile, the mean, the longest."""
    if "latency_mean" in objective:
        return service.mean_seconds
    match = _QUANTILE.search(objective)
    return quantile_of(service, float(f"{match[1]}.{match[2] or 0}") / 100 if match else 1.0)


def _used(
    counts: JudgedCounts | None, series: Iterable[StoredSeries], begin: float | None, end: float | None
) -> Mapping[str, float]:
    found = {
        _NAMES[name]: value for name, value in (counts.target if counts is not None else {}).items() if name in _NAMES
    }
    workers = [each for each in series if each.labels.get("__name__") == _CPU_RATIO]
    means = [mean for each in workers if (mean := _mean(each, begin, end)) is not None]
    return found | ({GENERATOR_CPU: max(means)} if means else {})


def _mean(series: StoredSeries, begin: float | None, end: float | None) -> float | None:
    """Return the mean of a gauge in the judged part; None without a sample there."""
    if begin is None:
        return None
    until = math.inf if end is None else end * 1000
    found = [
        value
        for moment, text in zip(series.times_ms, series.values, strict=True)
        if begin * 1000 <= moment <= until and not math.isnan(value := float(text))
    ]
    return math.fsum(found) / len(found) if found else None
