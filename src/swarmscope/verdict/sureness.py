"""Whether objectives that are met as far as was measured are surely so, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from swarmscope.objectives import Objective, figure_of, limit_of, met
from swarmscope.verdict.verdict import Check

CONFIDENCE_CHECK = "confidence"
_MAX_NAMED = 5


def sureness_checks(objectives: Sequence[Objective]) -> Iterator[Check]:
    """Yield whether all that has to be sure is; nothing for runs of rules that ask for no confidence."""
    asked = [each for each in objectives if each.confidence and each.interval is not None and not each.only_warns]
    if not any(each.confidence for each in objectives):
        return
    undecided = [each for each in asked if each.is_undecided]
    if undecided:
        figure = f"{len(undecided)} of {len(asked)} undecided: {_listed(undecided)}"
    elif asked:
        levels = sorted({each.confidence for each in asked})
        figure = f"{len(asked)} of {len(asked)} decided at {' or '.join(map(percent, levels))}"
    else:
        figure = "no critical threshold of the project's own asks for it"
    yield Check(CONFIDENCE_CHECK, ok=not undecided, figure=figure)


def only_warned(objectives: Sequence[Objective]) -> tuple[str, ...]:
    """Return a sentence on what is undecided and decides nothing: defaults, and thresholds of severity warning."""
    undecided = [each for each in objectives if each.is_undecided and each.only_warns]
    if not undecided:
        return ()
    return (f"too little was measured to be sure, which decides nothing: {_listed(undecided)}",)


def is_decided(objective: Objective) -> bool:
    """Return whether more of the same run would hardly change what becomes of an objective.

    One without an interval is decided by its value, as soon as it has one.
    """
    if objective.met is None:
        return False
    if objective.interval is None:
        return True
    if objective.met:
        return not objective.is_undecided
    other = objective.interval.low if objective.bound == "max" else objective.interval.high
    return met(other, objective.threshold, objective.bound) is False


def percent(confidence: float) -> str:
    """Return a confidence as people write it: 95 %."""
    return f"{confidence * 100:.4g} %"


def _listed(undecided: Sequence[Objective]) -> str:
    more = [f"and {len(undecided) - _MAX_NAMED} more"] if len(undecided) > _MAX_NAMED else []
    return "; ".join([*map(_of_one, undecided[:_MAX_NAMED]), *more])


def _of_one(objective: Objective) -> str:
    """Return for example: latency p95 182 ms, surely ≤ 310 ms, limit 300 ms (about 40 more samples, 20 s)."""
    bound = objective.surely
    surely = "" if bound is None else f", surely {limit_of(objective.objective, objective.bound, bound)}"
    limit = figure_of(objective.objective, objective.threshold)
    measured = figure_of(objective.objective, objective.measured)
    return f"{objective.title} {measured}{surely}, limit {limit} ({', '.join(_needed(objective))})"


def _needed(objective: Objective) -> Iterable[str]:
    found = objective.interval
    if found is None or found.more_seconds is None:
        yield (
            "no length of this run would decide: it sits on its limit"
            if found and found.effective_samples
            else ("what it counts is missing")
        )
        return
    if found.more_samples is not None:
        yield f"about {found.more_samples:,} more samples"
    yield f"{duration(found.more_seconds)} more at this rate"


def duration(seconds: float) -> str:
    """Return a time as people write it: 20 s, 4 min, 3 h."""
    if seconds < 120:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
