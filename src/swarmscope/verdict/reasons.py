"""Why a run has its verdict: in plain words with figures, each cause once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from swarmscope.objectives import WORST_ENDPOINT, Objective, figure_of, words_of
from swarmscope.prometheus.names import LIVE_ALERT, RUN_ALERT
from swarmscope.verdict.evidence import Evidence
from swarmscope.verdict.steadiness import P50, THROUGHPUT, Steadiness
from swarmscope.verdict.verdict import AlertSpan
from swarmscope.verdict.worst_endpoint import worst_endpoint

#: Two evaluations further apart than so many intervals are of two stretches.
_ALLOWED_INTERVALS = 2.5
_QUANTITIES = {THROUGHPUT: "throughput", P50: "p50"}


def elapsed(seconds: float) -> str:
    """Return a time since the load began: 00:46, 1:02:03."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes:02d}:{rest:02d}"


def steadiness_words(found: Steadiness, load_start_seconds: float) -> str:
    """Return since when a run was steady, such as ``steady since 00:42 (p50 24.1 ms until then, 12 ms after)``."""
    moved = [
        (
            _QUANTITIES.get(shift.objective, words_of(shift.objective)),
            figure_of(shift.objective, shift.before),
            figure_of(shift.objective, shift.after),
        )
        for shift in found.shifts
    ]
    if found.since_seconds is None:
        return f"never became steady: {', '.join(f'{what} went from {begin} to {end}' for what, begin, end in moved)}"
    since = f"steady since {elapsed(found.since_seconds - load_start_seconds)}"
    told = "; ".join(f"{what} {begin} until then, {end} after" for what, begin, end in moved)
    return f"{since} ({told})" if told else since


def sentence(span: AlertSpan, timeline: Sequence[AlertSpan], evidence: Evidence) -> str:
    """Return what an alert that fired says, such as ``latency p95 3.4 s, limit 3 s, over it from 00:46 to 01:20``."""
    objective = _objective_of(span, evidence)
    if objective is not None:
        same = [one for one in timeline if (one.subject, one.severity) == (span.subject, span.severity)]
        return _missed(objective, same, evidence)
    subject = f" {span.subject}" if span.subject else ""
    summary = evidence.summaries.get(span.name)
    told = f"{summary} ({span.name}{subject})" if summary else f"{span.name}{subject} fired"
    fired = [one.first_seconds for one in timeline if (one.title, one.state) == (span.title, span.state)]
    began = elapsed(min(fired, default=span.first_seconds) - evidence.run.load_start_seconds)
    return f"{told}, {f'{len(fired)} times ' if len(fired) > 1 else ''}from {began}"


def _objective_of(span: AlertSpan, evidence: Evidence) -> Objective | None:
    if span.name not in {LIVE_ALERT, RUN_ALERT}:
        return None
    return next(
        (
            o
            for o in evidence.objectives
            if (" ".join(filter(None, o.key)), o.severity) == (span.subject, span.severity)
        ),
        None,
    )


def _missed(objective: Objective, spans: Iterable[AlertSpan], evidence: Evidence) -> str:
    measured = figure_of(objective.objective, objective.measured)
    if objective.met is not False and objective.worst is not None:
        worst = figure_of(objective.objective, objective.worst.value)
        measured = f"{worst} in the worst minute ({measured} over the whole run)"
    if objective.key == (WORST_ENDPOINT, "", ""):
        measured += _worst_endpoint(evidence)
    limit = figure_of(objective.objective, objective.threshold)
    endpoint = " ".join(filter(None, (objective.method, objective.name)))
    what = words_of(objective.objective).removeprefix("endpoint ") + f" of {endpoint}" if endpoint else objective.title
    return f"{what} {measured}, limit {limit}, {_when(objective, spans, evidence)}"


def _when(objective: Objective, spans: Iterable[AlertSpan], evidence: Evidence) -> str:
    """Return the time in which the last minute was over the limit, or the run so far was, where that began before."""
    side = "over it" if objective.bound == "max" else "below it"
    begin = evidence.run.load_start_seconds
    found = stretches(spans, _ALLOWED_INTERVALS * evidence.evaluation_interval_seconds)
    since = objective.missed_since_seconds
    if since is not None and (not found or (len(found) == 1 and since < found[0][0])):
        return f"{side} from {elapsed(since - begin)} to the end"
    if not found:
        return "over the whole run"
    first, last = (elapsed(at - begin) for at in (found[0][0], found[-1][1]))
    often = f"{len(found)} times " if len(found) > 1 else ""
    return f"{side} {often}from {first} to {last}"


def stretches(spans: Iterable[AlertSpan], allowed_seconds: float) -> list[tuple[float, float]]:
    """Return when the last minute was over the limit: pending and firing are one stretch, in order of time."""
    found: list[tuple[float, float]] = []
    for span in sorted(spans, key=lambda one: one.first_seconds):
        if span.name != LIVE_ALERT:
            continue
        if found and span.first_seconds <= found[-1][1] + allowed_seconds:
            found[-1] = (found[-1][0], max(found[-1][1], span.last_seconds))
        else:
            found.append((span.first_seconds, span.last_seconds))
    return found


def _worst_endpoint(evidence: Evidence) -> str:
    """Return the endpoint that the objective of all endpoints speaks of, such as `` (POST /checkout, 14 of 14)``."""
    worst = worst_endpoint(evidence)
    return f" ({worst.method} {worst.name}, {worst.failures} of {worst.requests})" if worst is not None else ""
