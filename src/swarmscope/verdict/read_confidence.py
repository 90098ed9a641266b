"""Reads how sure each objective is: what was counted over the run, and in windows of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from swarmscope.objectives import DEFAULT_CONFIDENCE, Interval, Objective
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.series import Series
from swarmscope.verdict.confidence import (
    MAX_WINDOWS,
    MIN_MEAN_WINDOWS,
    MIN_WINDOW_SECONDS,
    NO_COUNTS,
    Counted,
    Observations,
    stricter,
)
from swarmscope.verdict.counts import (
    OWN_SHARE,
    Counts,
    CountTable,
    alternatives,
    counts_of,
    interval_of,
    is_of_run,
    names_of,
)
from swarmscope.verdict.evidence import RunFacts
from swarmscope_exporter.run_ids import series_of


class ConfidenceReader:
    """Reads the intervals of one run's objectives; raises PrometheusUnavailableError."""

    def __init__(self, prometheus: PrometheusApi, facts: RunFacts, range_seconds: float) -> None:
        self._prometheus = prometheus
        self._facts = facts
        self._range_seconds = range_seconds

    def required(self, objectives: Iterable[Objective], looks: int = 1) -> tuple[Objective, ...]:
        """Return the objectives with the confidence that the rules ask for; raised where it is looked at often.

        Runs of older rules have none.
        """
        rows = self._last("loadtest:run_confidence")
        asked = {_place(row.labels): row for row in rows}
        return tuple(self._with_required(each, asked, looks) for each in objectives) if asked else tuple(objectives)

    def _with_required(self, objective: Objective, asked: Mapping[tuple[str, ...], Series], looks: int) -> Objective:
        row = asked.get((*objective.key, objective.severity))
        confidence = DEFAULT_CONFIDENCE if row is None else row.samples[0].value
        only_warns = objective.severity != "critical" or (row is not None and bool(row.labels.get("undecided")))
        return replace(objective, confidence=confidence and stricter(confidence, looks), only_warns=only_warns)

    def with_intervals(self, objectives: Sequence[Objective]) -> tuple[Objective, ...]:
        """Return the objectives, in which those that a confidence is asked for have their intervals."""
        if not any(counts_of(each) and each.confidence for each in objectives):
            return tuple(objectives)
        totals = CountTable(self._last("loadtest:counted", window="run"))
        judged, whole = (self._windows(begin, totals, objectives, of_run=of_run) for begin, of_run in self._begins())
        return tuple(_with_interval(each, totals, whole, judged) for each in objectives)

    def _begins(self) -> tuple[tuple[float, bool], ...]:
        facts = self._facts
        judged = max((facts.phases[phase] for phase in ("steady", "spike") if phase in facts.phases), default=None)
        return ((facts.load_start_seconds if judged is None else judged, False), (facts.load_start_seconds, True))

    def _windows(self, begin: float, totals: CountTable, objectives: Sequence[Objective], *, of_run: bool) -> _Windows:
        facts = self._facts
        ends = [facts.phases[phase] for phase in ("recovery", "stopping") if phase in facts.phases]
        end = min(ends, default=facts.end_seconds or begin)
        seconds = max(0.0, end - begin)
        number = min(MAX_WINDOWS, int(seconds // MIN_WINDOW_SECONDS))
        wanted = [each for each in objectives if each.confidence and is_of_run(each) == of_run]
        if number < MIN_MEAN_WINDOWS or not wanted:
            return _Windows((), seconds)
        names = sorted({of for each in wanted for of in names_of(each)})
        edges = sorted({edge for each in wanted for edge in totals.edge_texts(each.threshold)})
        labels = f'of=~"{"|".join(names)}",le=~"|{"|".join(map(re.escape, edges))}"'.replace("\\", "\\\\")
        selector = series_of(facts.run_id, "loadtest:count").rstrip("}") + f",{labels}}}"
        found = self._prometheus.over_time(selector, begin, end, seconds / number)
        return _Windows(tuple(_at_steps(found, begin, seconds / number, number)), seconds)

    def _last(self, record: str, **labels: str) -> tuple[Series, ...]:
        selector = series_of(self._facts.run_id, record, **labels)
        return self._prometheus.instant(f"last_over_time({selector}[{max(1, round(self._range_seconds))}s])")


@dataclass(frozen=True)
class _Windows:
    """The counts at the edges of windows of equal length, which take ``seconds`` together."""

    tables: tuple[CountTable, ...]
    seconds: float

    def of(self, counts: Counts, objective: Objective) -> tuple[Counted, ...]:
        """Return what was counted in each window; a counter that was not yet there was 0, and a clock is left out.

        Empty where other edges alone were kept: how the observations varied is not known then.
        """
        if any(table.lacks_edge(counts, objective) for table in self.tables):
            return ()
        found = [table.counted(counts, objective) for table in self.tables]
        at = [each or Counted(0.0, 0.0) for each in found if each is not None or not counts.by_clock]
        return tuple(
            Counted(max(0.0, later.part - earlier.part), max(0.0, later.whole - earlier.whole))
            for earlier, later in pairwise(at)
        )


def _with_interval(objective: Objective, totals: CountTable, whole: _Windows, judged: _Windows) -> Objective:
    counts = objective.confidence and counts_of(objective)
    if not counts or objective.measured is None:
        return objective
    found = next((each for each in alternatives(counts) if totals.counted(each, objective) is not None), None)
    if found is None and counts is OWN_SHARE:  # a ratio of the user's own rules: of what is not known
        return objective
    total = found and totals.counted(found, objective)
    if not found or not total or not total.whole:
        return replace(objective, interval=Interval(None, None, 0.0, NO_COUNTS))
    windows = whole if found.of_run else judged
    seen = Observations(total, windows.of(found, objective), windows.seconds)
    return replace(objective, interval=interval_of(objective, found, seen, totals))


def _at_steps(found: Sequence[Series], begin: float, step_seconds: float, number: int) -> Iterable[CountTable]:
    """Yield the counts at each edge of the windows; one that was not read keeps the value that it had."""
    steps = [
        {round((sample.timestamp_seconds - begin) / step_seconds): sample.value for sample in series.samples}
        for series in found
    ]
    kept: dict[int, float] = {}
    for index in range(number + 1):
        kept |= {place: values[index] for place, values in enumerate(steps) if index in values}
        yield CountTable(
            replace(found[place], samples=(replace(found[place].samples[0], value=value),))
            for place, value in kept.items()
        )


def _place(labels: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(labels.get(name, "") for name in ("objective", "method", "name", "severity"))
