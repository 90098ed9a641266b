"""Whether --abort-on-breach ends a run: on a critical alert, or on a critical objective that the run so far misses.

An alert of an objective judges the last minute, and waits. A short run has no time for that: there what is judged is
the run so far, and the wait is ``loadtest_hold_seconds``, a tenth of the load. It is what the run fails by in the end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.objectives import figure_of, met, words_of
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.series import Series
from swarmscope.run.progress import Progress
from swarmscope.verdict.reasons import elapsed
from swarmscope.verdict.verdict import HARMLESS
from swarmscope_exporter.hold import MAX_HOLD_SECONDS, hold_of
from swarmscope_exporter.run_ids import series_of

_OBJECTIVE, _THRESHOLD = "loadtest:run_objective", "loadtest:run_threshold"
_BEGUN, _PLANNED = "loadtest:begun_seconds", "loadtest_run_planned_seconds"
#: So many waits of the judged part of the run have to be over: its first moments are few requests.
WAITS_BEFORE = 2
_TIMEOUT_SECONDS = 2.0

Subject = tuple[str, str, str]


@dataclass(frozen=True)
class _SoFar:
    """What Prometheus says of the run so far: the critical objectives that it misses, each with a line about it."""

    missed: Mapping[Subject, str]
    judged_seconds: float
    hold_seconds: float


class BreachWatch:
    """Asks, each second, whether the run is to end."""

    def __init__(self, prometheus: PrometheusApi, run_id: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._prometheus = prometheus.with_timeout(_TIMEOUT_SECONDS)
        self._run_id = run_id
        self._clock = clock
        self._missed_since: dict[Subject, float] = {}

    def reason(self, progress: Progress, elapsed_seconds: float, load_began: float | None) -> str:
        """Return what was breached, when in the run, and for how long; empty when nothing was.

        ``elapsed_seconds`` is the time of ``progress``, ``load_began`` a moment of the clock. A Prometheus that is
        silent ends nothing.
        """
        found = _alerts(progress, elapsed_seconds) or self._missed_so_far()
        when = "" if load_began is None else f", at {elapsed(self._clock() - load_began)} of the run"
        return found and f"aborted on breach: {found[0]}{when}{found[1]}"

    def _missed_so_far(self) -> tuple[str, str] | str:
        try:
            so_far = _so_far(self._prometheus, self._run_id)
        except PrometheusUnavailableError:
            return ""
        now = self._clock()
        self._missed_since = {subject: self._missed_since.get(subject, now) for subject in so_far.missed}
        for subject, since in self._missed_since.items():
            if now - since >= so_far.hold_seconds and so_far.judged_seconds >= WAITS_BEFORE * so_far.hold_seconds:
                return so_far.missed[subject], f", missed for {now - since:.0f} s"
        return ""


def _alerts(progress: Progress, elapsed_seconds: float) -> tuple[str, str] | str:
    critical = progress.figures.critical
    if not critical:
        return ""
    waited = [progress.alerting_seconds(title, elapsed_seconds) for title in progress.figures.missed]
    return ", ".join(critical), f", {max(waited):.0f} s after the threshold was crossed" if waited else ""


def _so_far(prometheus: PrometheusApi, run_id: str) -> _SoFar:
    """Raise PrometheusUnavailableError."""
    names = "|".join((_OBJECTIVE, _THRESHOLD, _BEGUN, _PLANNED))
    series = prometheus.instant(series_of(run_id, "", f'__name__=~"{names}"'))
    values = {_subject(each): each.samples[0].value for each in _named(series, _OBJECTIVE)}
    missed = {}
    for line in _named(series, _THRESHOLD):
        value, limit, bound = values.get(_subject(line)), line.samples[0].value, line.labels.get("bound", "max")
        if line.labels.get("severity") not in HARMLESS and met(value, limit, bound) is False:
            objective, method, name = _subject(line)
            what = " ".join(filter(None, (words_of(objective), method, name)))
            figures = f"{figure_of(objective, value)}, limit {figure_of(objective, limit)}"
            missed[objective, method, name] = f"{what} {figures} over the run so far"
    begun = [each.samples[0] for each in _named(series, _BEGUN)]
    judged_seconds = max((sample.timestamp_seconds - sample.value for sample in begun), default=0.0)
    planned = max((each.samples[0].value for each in _named(series, _PLANNED)), default=None)
    return _SoFar(missed if begun else {}, judged_seconds, wait_seconds(planned))


def wait_seconds(planned_seconds: float | None) -> float:
    """Return how long an objective has to be missed; a run without an end has all the time."""
    return MAX_HOLD_SECONDS if planned_seconds is None else hold_of(planned_seconds)


def _named(series: tuple[Series, ...], name: str) -> list[Series]:
    return [each for each in series if each.labels.get("__name__") == name]


def _subject(series: Series) -> Subject:
    labels = series.labels
    return labels.get("objective", ""), labels.get("method", ""), labels.get("name", "")
