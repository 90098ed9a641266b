"""Reads the evidence of a run from Prometheus: raw samples, never a stepped range."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.objectives import Objective, worst_of
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.names import (
    EXPORTER_JOB,
    INTERVAL_SECONDS,
    RUN_THRESHOLD,
    WATCH_ALERT,
)
from swarmscope.prometheus.series import LoadedRule, Sample, Series
from swarmscope.verdict.alert_spans import pending_alerts
from swarmscope.verdict.coverage import CoverageReader
from swarmscope.verdict.endpoints import read_endpoints
from swarmscope.verdict.evidence import Evidence, Figures, Ledger, RunFacts, with_problems
from swarmscope.verdict.figures import own_cost, slowest_traces
from swarmscope.verdict.name_warnings import name_warnings
from swarmscope.verdict.published import publishers, refused_metrics, run_details
from swarmscope.verdict.read_arrivals import read_arrivals
from swarmscope.verdict.read_confidence import ConfidenceReader
from swarmscope.verdict.read_ledger import LedgerReader
from swarmscope.verdict.read_steadiness import read_steadiness_of
from swarmscope.verdict.read_users import read_peak_users, read_user_facts, read_user_seconds
from swarmscope.verdict.timing import timing_warnings
from swarmscope.verdict.user_facts import UserFacts
from swarmscope.verdict.worst_endpoint import with_its_samples
from swarmscope_exporter.run_details import RunDetails
from swarmscope_exporter.run_ids import series_of

_CACHE = "cache_hit_ratio"  #: where the target has a cache that tells
LONGEST_RUN_SECONDS = 15 * 86400.0
#: How long after a run's end its last totals are recorded and judged.
_AFTERWARDS_SECONDS = 60.0

T = TypeVar("T")
_NO_SERIES: tuple[Series, ...] = ()
_NO_OBJECTIVES: tuple[Objective, ...] = ()
_NO_RULES: tuple[LoadedRule, ...] = ()
_NO_PHASES: dict[str, float] = {}
_NOTHING: tuple[float | None, float | None] = (None, None)


class RunReader:
    """Reads one run. What cannot be read becomes a problem in the evidence, never an exception."""

    def __init__(
        self,
        prometheus: PrometheusApi,
        run_id: str,
        expected_groups: tuple[str, ...] = (),
        ungated_alerts: tuple[str, ...] = (),
        clock: Callable[[], float] = time.time,
        *,
        counts_at_target: bool = False,
        looks: int = 1,
        as_of_seconds: float | None = None,
    ) -> None:
        """``expected_groups`` are the watched groups of the rule files: one that was unloaded must be missed.

        ``ungated_alerts`` are alerts of the rule files that have no gate: those that fire are told.
        ``counts_at_target`` says that the API's own counter was named: then it has to be there. ``looks`` is how often
        the run may be looked at to end it once it is decided.
        ``as_of_seconds`` is the moment that Prometheus is read as of, in the place of the clock's.
        """
        self._looks = looks
        self._counts_at_target = counts_at_target
        self._prometheus = prometheus
        self._run_id = run_id
        self._expected_groups = expected_groups
        self._ungated_alerts = ungated_alerts
        self._as_of_seconds = as_of_seconds
        self._clock = clock if as_of_seconds is None else lambda: as_of_seconds
        self._problems: list[str] = []
        self._silent = False
        self._end_seconds = 0.0

    def read(
        self,
        scenario: str = "",
        exporter_count: int | None = None,
        interrupted: str = "",
        known_problems: tuple[str, ...] = (),
    ) -> Evidence:
        """Return the evidence as Prometheus holds it now.

        ``exporter_count`` is what the exporter itself said while it was there, ``interrupted`` why the run was ended;
        ``known_problems`` are of things that Prometheus does not hold.
        """
        self._problems, self._silent = list(known_problems), False
        self._prometheus = self._prometheus.as_of(self._as_of_seconds)
        facts, last_seen_seconds = self._facts(scenario, interrupted)
        # Nothing that came later than the run: other runs, and what the target was asked meanwhile.
        until_seconds = min(self._clock(), last_seen_seconds + _AFTERWARDS_SECONDS)
        if until_seconds < self._clock():
            self._prometheus = self._prometheus.as_of(until_seconds)
        self._end_seconds = until_seconds if facts.end_seconds is None else facts.end_seconds
        rules = self._try(self._prometheus.rules, _NO_RULES)
        range_seconds = until_seconds - facts.start_seconds + 60
        ledger = LedgerReader(self._prometheus, self._run_id, range_seconds)
        found = Evidence(
            run=facts,
            evaluation_interval_seconds=_evaluation_interval(rules),
            scrape_interval_seconds=INTERVAL_SECONDS,
            objectives=self._try(lambda: self._objectives(facts, range_seconds), ()),
            alerts=self._try(lambda: self._alerts(facts, range_seconds), ()),
            watched_groups=tuple(
                dict.fromkeys((*self._expected_groups, *(r.labels["group"] for r in rules if r.name == WATCH_ALERT)))
            ),
            exporter_up=self._try(lambda: self._exporter_up(range_seconds), ()),
            rule_failures=self._increase("prometheus_rule_evaluation_failures_total", facts, range_seconds),
            rule_misses=self._increase("prometheus_rule_group_iterations_missed_total", facts, range_seconds),
            ledger=self._try(
                lambda: ledger.read(facts, exporter_count, self._end_seconds, counts_at_target=self._counts_at_target),
                Ledger(target_expected=True),
            ),
            figures=self._try(lambda: self._figures(facts, range_seconds), Figures()),
            measured=self._try(lambda: self._measured(range_seconds), {}),
            peak_users=self._try(lambda: read_peak_users(self._prometheus, self._run_id, range_seconds), None),
            user_seconds=self._try(lambda: read_user_seconds(self._prometheus, self._run_id, range_seconds), None),
            arrivals=self._try(lambda: read_arrivals(self._prometheus, self._run_id, range_seconds), None),
            steadiness=self._try(lambda: read_steadiness_of(self._prometheus, facts), None),
            thresholds=self._try(lambda: self._prometheus.raw(self._of_run(RUN_THRESHOLD), range_seconds), _NO_SERIES),
            unhandled_exceptions=self._try(lambda: ledger.total("loadtest_unhandled_exceptions_total"), None),
            reloads=self._try(lambda: self._reloads(facts, range_seconds), None),
            publishers=self._try(lambda: publishers(self._prometheus, self._run_id, range_seconds), ()),
            refused_metrics=self._try(lambda: refused_metrics(self._prometheus, self._run_id, range_seconds), ()),
            warnings=self._try(lambda: self._warnings(range_seconds), ()),
            users=self._try(lambda: read_user_facts(self._prometheus, self._run_id, range_seconds), UserFacts()),
            summaries={rule.name: rule.summary for rule in rules if rule.summary and "{{" not in rule.summary},
            problems=tuple(dict.fromkeys(self._problems)),
        )
        return with_its_samples(found)

    def with_intervals(self, evidence: Evidence) -> Evidence:
        """Return evidence that was read here, and whose thresholds are others now, with how sure it is of these."""
        range_seconds = self._clock() - evidence.run.start_seconds + 60
        reader = ConfidenceReader(self._prometheus, evidence.run, range_seconds)
        objectives = self._try(lambda: reader.with_intervals(evidence.objectives), _NO_OBJECTIVES)
        return with_problems(replace(evidence, objectives=objectives), *self._problems)

    def objectives(self) -> tuple[Objective, ...]:
        """Return the objectives of a run that goes on, as measured up to now; none where Prometheus does not answer."""
        self._problems, self._silent = [], False
        facts, _ = self._facts("", "")
        now = replace(facts, end_seconds=self._clock())
        range_seconds = self._clock() - facts.start_seconds + 60
        return self._try(lambda: self._objectives(now, range_seconds), _NO_OBJECTIVES)

    def _try(self, read: Callable[[], T], otherwise: T) -> T:
        if self._silent:
            return otherwise
        try:
            return read()
        except PrometheusUnavailableError as error:
            self._problems.append(str(error))
            self._silent = not self._prometheus.ready()  # then the other queries would only take their time-outs
            return otherwise

    def _of_run(self, metric: str, **labels: str) -> str:
        return series_of(self._run_id, metric, **labels)

    def _facts(self, scenario: str, interrupted: str) -> tuple[RunFacts, float]:
        """Return who and when, and when Prometheus saw the run for the last time."""
        now = self._clock()
        start_series = self._of_run("loadtest_run_start_timestamp_seconds")
        info = self._try(lambda: self._prometheus.raw(start_series, LONGEST_RUN_SECONDS), _NO_SERIES)
        if not info:
            if not self._silent:
                self._problems.append(f"Prometheus holds no sample of run {self._run_id}")
            return RunFacts(self._run_id, scenario, now, now, None, interrupted=interrupted), now
        start = info[0].samples[0].value
        range_seconds = now - start + 60
        phases = self._try(
            lambda: self._last("loadtest_phase_start_timestamp_seconds", range_seconds, "phase"), _NO_PHASES
        )
        endings = self._try(lambda: self._last("loadtest_run_ended", range_seconds, "reason"), _NO_PHASES)
        planned = self._try(lambda: self._last("loadtest_run_planned_seconds", range_seconds, ""), _NO_PHASES)
        details = self._try(lambda: run_details(self._prometheus, self._run_id, range_seconds), RunDetails())
        end_series = self._of_run("loadtest_run_end_timestamp_seconds")
        end = self._try(lambda: self._prometheus.raw(end_series, range_seconds), _NO_SERIES)
        end_seen = end[0].samples[0].timestamp_seconds if end else None
        last_seen = max(series.samples[-1].timestamp_seconds for series in info)
        facts = RunFacts(
            run_id=self._run_id,
            scenario=scenario or info[0].labels.get("scenario", ""),
            start_seconds=start,
            load_start_seconds=phases.get("ramp", start),
            end_seconds=end[0].samples[0].value if end else None,
            end_seen_seconds=end_seen,
            interrupted=interrupted,
            phases=phases,
            ending=next((reason for reason, value in endings.items() if value == 1), ""),
            planned_seconds=next(iter(planned.values()), None),
            details=details,
        )
        return facts, last_seen if end_seen is None else end_seen

    def _reloads(self, facts: RunFacts, range_seconds: float) -> int | None:
        """Return how often Prometheus read its rules in the run, with success or without.

        None when that is not known.
        """
        times = self._prometheus.raw("prometheus_config_last_reload_success_timestamp_seconds", range_seconds)
        states = self._prometheus.raw("prometheus_config_last_reload_successful", range_seconds)
        if not times or not states:
            return None
        read = {sample.value for series in times for sample in series.samples}
        failed = any(
            sample.value == 0
            for series in states
            for sample in _cut(series, facts.load_start_seconds, self._end_seconds).samples
        )
        return sum(facts.load_start_seconds < moment <= self._end_seconds for moment in read) + failed

    def _last(self, metric: str, range_seconds: float, label: str) -> dict[str, float]:
        rows = self._prometheus.instant(f"last_over_time({self._of_run(metric)}[{round(range_seconds)}s])")
        return {row.labels.get(label, ""): row.samples[0].value for row in rows}

    def _measured(self, range_seconds: float) -> dict[tuple[str, str, str], tuple[float | None, float | None]]:
        values, counts = (
            {_key(row.labels): _number(row.samples[0].value) for row in self._last_series(record, range_seconds)}
            for record in ("loadtest:run_objective", "loadtest:run_objective_samples")
        )
        return {key: (value, counts.get(key)) for key, value in values.items()}

    def _warnings(self, range_seconds: float) -> tuple[str, ...]:
        about = self._prometheus, self._run_id, range_seconds
        return (*timing_warnings(*about), *name_warnings(*about))

    def _objectives(self, facts: RunFacts, range_seconds: float) -> tuple[Objective, ...]:
        thresholds = self._last_series(RUN_THRESHOLD, range_seconds)
        windows = {
            _key(row.labels): row.samples
            for row in self._prometheus.raw(self._of_run("loadtest:objective", window="live"), range_seconds)
        }
        measured = self._measured(range_seconds)
        since = {
            (*_key(row.labels), row.labels.get("severity")): row.samples[0].value
            for row in self._last_series("loadtest:run_missed_since_seconds", range_seconds)
        }
        found = [
            Objective(
                objective=row.labels.get("objective", ""),
                bound=row.labels.get("bound", "max"),
                severity=row.labels.get("severity", "critical"),
                threshold=row.samples[0].value,
                measured=measured.get(_key(row.labels), _NOTHING)[0],
                samples=measured.get(_key(row.labels), _NOTHING)[1],
                method=row.labels.get("method", ""),
                name=row.labels.get("name", ""),
                worst=worst_of(windows.get(_key(row.labels), ()), row.labels.get("bound", "max")),
                missed_since_seconds=since.get((*_key(row.labels), row.labels.get("severity"))),
            )
            for row in thresholds
        ]
        found.sort(key=lambda objective: objective.key[::-1])
        reader = ConfidenceReader(self._prometheus, facts, range_seconds)
        return reader.with_intervals(reader.required(found, self._looks))

    def _figures(self, facts: RunFacts, range_seconds: float) -> Figures:
        counts: dict[str, float] = {}
        for row in self._last_series("loadtest:counted", range_seconds, window="run"):
            of = " ".join(filter(None, (row.labels.get("of"), row.labels.get("objective"))))
            counts[of] = counts.get(of, 0.0) + row.samples[0].value
        reads, hits = counts.get(f"share {_CACHE}"), counts.get(f"share_counted {_CACHE}")
        measured = {
            row.labels.get("objective", ""): _number(row.samples[0].value)
            for row in self._last_series("loadtest:run_objective", range_seconds, method="", name="")
        }
        end_seen = facts.end_seen_seconds
        seen_by_rules = None if end_seen is None else end_seen + 2 * INTERVAL_SECONDS
        coverage = CoverageReader(self._prometheus, self._run_id, range_seconds).read(seen_by_rules)
        ramp_requests, ramp_failures = coverage.ramp or (None, None)
        return Figures(
            requests=_whole(counts.get("requests")),
            failures=_whole(counts.get("failures")),
            cache_hits=_whole(hits),
            cache_misses=None if reads is None or hits is None else _whole(reads - hits),
            measured={objective: value for objective, value in measured.items() if value is not None},
            own_cost=own_cost(self._prometheus, self._run_id, EXPORTER_JOB, range_seconds),
            slowest_traces=slowest_traces(self._prometheus, self._run_id, facts.start_seconds, self._clock()),
            ramp_requests=ramp_requests,
            ramp_failures=ramp_failures,
            endpoint_errors=coverage.endpoint_errors,
            endpoints=read_endpoints(self._prometheus, self._run_id, range_seconds, facts.load_seconds),
            left_out=coverage.left_out,
        )

    def _last_series(self, metric: str, range_seconds: float, **labels: str) -> tuple[Series, ...]:
        return self._prometheus.instant(f"last_over_time({self._of_run(metric, **labels)}[{round(range_seconds)}s])")

    def _alerts(self, facts: RunFacts, range_seconds: float) -> tuple[Series, ...]:
        own = self._prometheus.raw(self._of_run("ALERTS"), range_seconds)
        conditions = self._prometheus.raw(self._of_run("loadtest:condition_since_seconds"), range_seconds)
        # Alerts about Prometheus and the scrape have no run: those that fell into this one count.
        others = list(self._prometheus.raw('ALERTS{gate!="",run_id=""}', range_seconds))
        if self._ungated_alerts:
            names = "|".join(map(re.escape, self._ungated_alerts)).replace("\\", "\\\\").replace('"', '\\"')
            others += self._prometheus.raw(f'ALERTS{{alertname=~"{names}",gate="",run_id=""}}', range_seconds)
        within = (_cut(series, facts.load_start_seconds, self._end_seconds) for series in others)
        return (*own, *pending_alerts(conditions, own), *(series for series in within if series.samples))

    def _exporter_up(self, range_seconds: float) -> tuple[Sample, ...]:
        series = self._prometheus.raw(f'up{{job="{EXPORTER_JOB}"}}', range_seconds)
        samples = [sample for one in series for sample in one.samples]
        return tuple(sorted(samples, key=lambda sample: sample.timestamp_seconds))

    def _increase(self, counter: str, facts: RunFacts, range_seconds: float) -> float | None:
        series = self._try(lambda: self._prometheus.raw(counter, range_seconds), _NO_SERIES)
        if not any(sample.timestamp_seconds > facts.load_start_seconds for one in series for sample in one.samples):
            return None  # what was counted before the load says nothing of the run
        return sum(_counted(one.samples, facts.load_start_seconds, self._end_seconds) for one in series)


def _counted(samples: tuple[Sample, ...], start_seconds: float, end_seconds: float) -> float:
    """Return what a counter counted between two times, from the last sample before the first; a reset starts from 0."""
    before = [sample for sample in samples if sample.timestamp_seconds <= start_seconds][-1:]
    during = [sample for sample in samples if start_seconds < sample.timestamp_seconds <= end_seconds]
    values = [sample.value for sample in (*before, *during)]
    return sum(later - earlier if later >= earlier else later for earlier, later in pairwise(values))


def _cut(series: Series, start_seconds: float, end_seconds: float) -> Series:
    kept = tuple(sample for sample in series.samples if start_seconds <= sample.timestamp_seconds <= end_seconds)
    return Series(series.labels, kept)


def _evaluation_interval(rules: tuple[LoadedRule, ...]) -> float:
    intervals = [rule.evaluation_interval_seconds for rule in rules if rule.name == WATCH_ALERT]
    return max(intervals, default=INTERVAL_SECONDS)


def _key(labels: Mapping[str, str]) -> tuple[str, str, str]:
    return (labels.get("objective", ""), labels.get("method", ""), labels.get("name", ""))


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value


def _whole(value: float | None) -> int | None:
    return None if value is None or math.isnan(value) else round(value)
