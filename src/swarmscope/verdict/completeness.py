"""Was enough measured, and did all of it arrive? Each check says its figure, whether it holds or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from swarmscope.prometheus.names import JUDGED_ALERT, WATCH_ALERT
from swarmscope.prometheus.series import Sample, Series
from swarmscope.verdict.arrival_checks import arrival_checks
from swarmscope.verdict.evidence import Evidence
from swarmscope.verdict.ledger import ledger_checks
from swarmscope.verdict.user_checks import user_checks
from swarmscope.verdict.verdict import Check
from swarmscope_exporter.phases import Ending

#: Share of the user-seconds asked for that have to run.
_MIN_DELIVERED_RATIO = 0.95
_PLANNED_ENDINGS: Mapping[str, str] = {
    Ending.PLANNED: "ended as planned",
    Ending.DECIDED: "ended when every objective was decided, as planned",
}
_EARLY_ENDINGS: Mapping[str, str] = {
    Ending.STOPPED: "it was stopped before its end",
    Ending.QUIT: "the users' code, a signal or the loss of the last worker ended it",
}
#: A gap of up to two intervals is a late evaluation; the rest absorbs the jitter of a busy machine.
_ALLOWED_INTERVALS = 2.5


def checks(evidence: Evidence) -> tuple[Check, ...]:
    """Return all checks, in the order in which data flows."""
    return (
        *(Check("evidence", ok=False, figure=problem) for problem in evidence.problems),
        _reached_its_end(evidence),
        _users_delivered(evidence),
        _locustfile_sound(evidence),
        _exporter_up(evidence),
        _series_of_the_exporter(evidence),
        *_evaluations(evidence),
        _judged(evidence),
        _rules_healthy(evidence),
        _rules_unchanged(evidence),
        _objectives_judged(evidence),
        *user_checks(evidence),
        *ledger_checks(evidence.ledger, evidence.peak_users),
        *arrival_checks(evidence.arrivals),
    )


def _reached_its_end(evidence: Evidence) -> Check:
    run = evidence.run
    if run.interrupted:
        return Check("run", ok=False, figure=run.interrupted)
    if run.end_seconds is None:
        return Check("run", ok=False, figure="the run never declared its totals final")
    if run.ending in _PLANNED_ENDINGS:
        return Check("run", ok=True, figure=f"{run.load_seconds:.0f} s under load, {_PLANNED_ENDINGS[run.ending]}")
    planned = f" of the {run.planned_seconds:g} s that were planned" if run.planned_seconds else ""
    how = _EARLY_ENDINGS.get(run.ending, "how it ended is not known")
    return Check("run", ok=False, figure=f"the run ended after {run.load_seconds:.0f} s{planned}: {how}")


def _users_delivered(evidence: Evidence) -> Check:
    users = evidence.user_seconds
    if users is None:
        return Check("users", ok=False, figure="how many users were asked for is not known")
    figure = f"{users.delivered_ratio:.1%} of {users.due:.0f} user-seconds that were asked for"
    return Check("users", ok=users.delivered_ratio >= _MIN_DELIVERED_RATIO, figure=figure)


def _locustfile_sound(evidence: Evidence) -> Check:
    if evidence.unhandled_exceptions is None:
        return Check("locustfile", ok=False, figure="whether listeners of the locustfile raised is not known")
    figure = f"{evidence.unhandled_exceptions} unhandled exceptions" + (
        ": see the logs of Locust" if evidence.unhandled_exceptions else ""
    )
    return Check("locustfile", ok=not evidence.unhandled_exceptions, figure=figure)


def _exporter_up(evidence: Evidence) -> Check:
    samples = _within_run(evidence, evidence.exporter_up)
    down = sum(sample.value != 1 for sample in samples)
    gap = _longest_gap(evidence, samples)
    expected = _expected(evidence, evidence.scrape_interval_seconds)
    figure = f"{len(samples) - down} good scrapes ({expected} expected), longest gap {gap:.1f} s"
    ok = bool(samples) and not down and gap <= _allowed(evidence.scrape_interval_seconds)
    return Check("exporter scraped", ok=ok, figure=figure)


def _series_of_the_exporter(evidence: Evidence) -> Check:
    """Check that only the exporter publishes under the run's id: other series would be counted as its requests."""
    found, refused = evidence.publishers, evidence.refused_metrics
    wrong = [f"the locustfile's metrics have reserved names: {', '.join(refused)}"] if refused else []
    if len(found) != 1:
        published = f"published by {len(found)} targets: {', '.join(found)}" if found else "no series of this run"
        wrong.append(f"{published}; expected the exporter alone")
    return Check("series", ok=not wrong, figure="; ".join(wrong) or f"published by {found[0]} alone")


def _evaluations(evidence: Evidence) -> Iterator[Check]:
    if not evidence.watched_groups:
        yield Check("rules evaluated", ok=False, figure=f"no rule group carries {WATCH_ALERT}")
    for group in evidence.watched_groups:
        every = _watch_samples(evidence, group)
        samples = _within_run(evidence, every)
        gap = _longest_gap(evidence, samples)
        judged = _judged_at_the_end(evidence, every)
        expected = _expected(evidence, evidence.evaluation_interval_seconds)
        figure = f"{len(samples)} evaluations ({expected} expected), longest gap {gap:.1f} s"
        figure += "" if judged else ", none after the end"
        ok = bool(samples) and judged and gap <= _allowed(evidence.evaluation_interval_seconds)
        yield Check(f"rules evaluated: {group}", ok=ok, figure=figure)


def awaited_groups(evidence: Evidence) -> tuple[str, ...]:
    """Return the rule groups that have not yet been evaluated on the final totals."""
    return tuple(
        group for group in evidence.watched_groups if not _judged_at_the_end(evidence, _watch_samples(evidence, group))
    )


def _judged_at_the_end(evidence: Evidence, samples: tuple[Sample, ...]) -> bool:
    # One interval on top: a group may have read what another group recorded before it saw the end.
    seen = evidence.run.end_seen_seconds
    if seen is None or not samples:
        return False
    return samples[-1].timestamp_seconds >= seen + evidence.evaluation_interval_seconds


def _judged(evidence: Evidence) -> Check:
    seen = evidence.run.end_seen_seconds
    times = [
        s.timestamp_seconds for series in evidence.alerts if is_firing(series, JUDGED_ALERT) for s in series.samples
    ]
    if seen is None or not any(timestamp >= seen for timestamp in times):
        return Check("run judged", ok=False, figure=f"{JUDGED_ALERT} did not fire: no rule saw the final totals")
    return Check(
        "run judged", ok=True, figure=f"{min(t for t in times if t >= seen) - seen:.1f} s after the final totals"
    )


def is_firing(series: Series, name: str) -> bool:
    """Return whether this is the series of that alert while it fires."""
    return series.labels.get("alertname") == name and series.labels.get("alertstate") == "firing"


def _watch_samples(evidence: Evidence, group: str) -> tuple[Sample, ...]:
    found = [
        sample
        for series in evidence.alerts
        if is_firing(series, WATCH_ALERT) and series.labels.get("group") == group
        for sample in series.samples
    ]
    return tuple(sorted(found, key=lambda sample: sample.timestamp_seconds))


def _rules_healthy(evidence: Evidence) -> Check:
    failures, misses = evidence.rule_failures, evidence.rule_misses
    if failures is None or misses is None:
        return Check(
            "rule health", ok=False, figure="Prometheus does not scrape itself: failed evaluations are unknown"
        )
    figure = f"{failures:.0f} failed and {misses:.0f} missed evaluations"
    return Check("rule health", ok=failures == 0 and misses == 0, figure=figure)


def _rules_unchanged(evidence: Evidence) -> Check:
    changed = [*_changed_thresholds(evidence), *_absent_thresholds(evidence)]
    if evidence.reloads:
        changed.append(f"Prometheus read its rules again {evidence.reloads} time(s) during the run")
    if not evidence.thresholds:
        changed.append("no threshold was in force")
    figure = "; ".join(changed) or f"{len(evidence.thresholds)} thresholds, the same through the whole run"
    return Check("rules unchanged", ok=not changed, figure=figure)


def _changed_thresholds(evidence: Evidence) -> Iterator[str]:
    for series in evidence.thresholds:
        values = list(dict.fromkeys(sample.value for sample in series.samples))
        if len(values) > 1:
            yield f"the threshold {_title(series)} was {', then '.join(f'{value:g}' for value in values)}"


def _absent_thresholds(evidence: Evidence) -> Iterator[str]:
    gaps = {
        _title(series): gap
        for series in evidence.thresholds
        if (gap := _gap_in_threshold(evidence, series)) > _allowed(evidence.evaluation_interval_seconds)
    }
    if len(gaps) > 1:
        figure = f"{len(gaps)} of {len(evidence.thresholds)} thresholds"
        yield f"{figure} were not in force for up to {max(gaps.values()):.0f} s"
    else:
        yield from (f"the threshold {title} was not in force for {gap:.0f} s" for title, gap in gaps.items())


def _gap_in_threshold(evidence: Evidence, series: Series) -> float:
    """Return the longest time without it; that of a pattern comes into force with its endpoint's first request."""
    samples = _within_run(evidence, series.samples)
    if series.labels.get("pattern") and samples:
        first = replace(evidence.run, load_start_seconds=samples[0].timestamp_seconds)
        return _longest_gap(replace(evidence, run=first), samples)
    return _longest_gap(evidence, samples)


def _title(series: Series) -> str:
    return " ".join(filter(None, (series.labels.get(name) for name in ("objective", "method", "name"))))


def _objectives_judged(evidence: Evidence) -> Check:
    total = len(evidence.objectives)
    without = [objective.title for objective in evidence.objectives if objective.measured is None]
    if not total:
        return Check("objectives", ok=False, figure=f"no threshold is in force for scenario {evidence.run.scenario!r}")
    if without:
        return Check("objectives", ok=False, figure=f"{len(without)} of {total} without data: {', '.join(without)}")
    return _samples_enough(evidence)


def _samples_enough(evidence: Evidence) -> Check:
    """Check that each objective is measured and, where the number is known, rests on enough observations."""
    counted = sorted((o for o in evidence.objectives if o.samples is not None), key=lambda o: o.samples or 0)
    few = [o for o in counted if (o.samples or 0) < evidence.min_samples]
    total = len(evidence.objectives)
    if few:
        named = ", ".join(f"{objective.title} ({objective.samples:.0f})" for objective in few)
        figure = f"{len(few)} of {total} with fewer than {evidence.min_samples} samples: {named}"
    else:
        figure = f"{total} of {total} measured"
        figure += f", the fewest samples {counted[0].samples:.0f} ({counted[0].title})" if counted else ""
    return Check("objectives", ok=not few, figure=figure)


def _within_run(evidence: Evidence, samples: Sequence[Sample]) -> tuple[Sample, ...]:
    start = evidence.run.load_start_seconds
    end = evidence.run.end_seconds
    return tuple(s for s in samples if s.timestamp_seconds >= start and (end is None or s.timestamp_seconds <= end))


def _longest_gap(evidence: Evidence, samples: Sequence[Sample]) -> float:
    """Longest time without a sample, in seconds, the edges of the run included."""
    times = [sample.timestamp_seconds for sample in samples]
    end = evidence.run.end_seconds
    bounded = [evidence.run.load_start_seconds, *times, *([end] if end is not None else [])]
    return max((later - earlier for earlier, later in pairwise(bounded)), default=0.0)


def _expected(evidence: Evidence, interval_seconds: float) -> str:
    """Return how many samples there should be at that interval.

    One more or less is a matter of when the first one came.
    """
    run = evidence.run
    return "?" if run.end_seconds is None else f"{(run.end_seconds - run.load_start_seconds) / interval_seconds:.0f}"


def _allowed(interval_seconds: float) -> float:
    return _ALLOWED_INTERVALS * interval_seconds
