"""Whether --abort-on-breach ends a run: on a critical alert, or on a critical objective that the run so far misses.

An alert of an objective judges the last minute, and waits. A short run has no time for that: there what is judged is
the run so far, and the wait is ``loadtest_hold_seconds``, a tenth of the load. It is what the run fails by in the end.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.objectives import figure_of
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.names import LIVE_ALERT
from swarmscope.prometheus.series import Series
from swarmscope.run.progress import Progress
from swarmscope.verdict.alert_spans import subject_of
from swarmscope.verdict.reasons import elapsed
from swarmscope.verdict.verdict import HARMLESS, alert_title
from swarmscope_exporter.hold import MAX_HOLD_SECONDS, hold_of
from swarmscope_exporter.run_ids import series_of

_MISSED, _SINCE = "loadtest:run_missed", "loadtest:run_missed_since_seconds"
_THRESHOLD, _BEGUN, _PLANNED = "loadtest:run_threshold", "loadtest:begun_seconds", "loadtest_run_planned_seconds"
#: So many waits of the judged part of the run have to be over: its first moments are few requests.
WAITS_BEFORE = 2
_TIMEOUT_SECONDS = 2.0

Place = tuple[str, ...]


class BreachWatch:
    """Asks, each second, whether the run is to end."""

    def __init__(self, prometheus: PrometheusApi, run_id: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._prometheus = prometheus.with_timeout(_TIMEOUT_SECONDS)
        self._run_id = run_id
        self._clock = clock

    def reason(self, progress: Progress, elapsed_seconds: float, load_began: float | None) -> str:
        """Return what was breached, when in the run, and for how long; empty when nothing was.

        ``elapsed_seconds`` is the time of ``progress``, ``load_began`` a moment of the clock. A Prometheus that is
        silent ends nothing.
        """
        found = _alerts(progress, elapsed_seconds) or self._missed_so_far()
        when = "" if load_began is None else f", at {elapsed(self._clock() - load_began)} of the run"
        return found and f"aborted on breach: {found[0]}{when}{found[1]}"

    def _missed_so_far(self) -> tuple[str, str] | str:
        names = "|".join((_MISSED, _SINCE, _THRESHOLD, _BEGUN, _PLANNED))
        try:
            series = self._prometheus.instant(series_of(self._run_id, "", f'__name__=~"{names}"'))
        except PrometheusUnavailableError:
            return ""
        return _missed_for_long(series)


def _alerts(progress: Progress, elapsed_seconds: float) -> tuple[str, str] | str:
    critical = progress.figures.critical
    if not critical:
        return ""
    waited = [progress.alerting_seconds(title, elapsed_seconds) for title in progress.figures.missed]
    return ", ".join(critical), f", {max(waited):.0f} s after the threshold was crossed" if waited else ""


def _missed_for_long(series: tuple[Series, ...]) -> tuple[str, str] | str:
    """Return the first objective that the run so far has missed for as long as it has to be, and for how long."""
    planned = max((each.samples[0].value for each in _named(series, _PLANNED)), default=None)
    wait = wait_seconds(planned)
    begun = [each.samples[0] for each in _named(series, _BEGUN)]
    if not any(sample.timestamp_seconds - sample.value >= WAITS_BEFORE * wait for sample in begun):
        return ""
    values, limits = (
        {_place(each): each.samples[0].value for each in _named(series, name)} for name in (_MISSED, _THRESHOLD)
    )
    for each in _named(series, _SINCE):
        lasted, place = each.samples[0].timestamp_seconds - each.samples[0].value, _place(each)
        if each.labels.get("severity") not in HARMLESS and lasted >= wait:
            objective = each.labels.get("objective", "")
            figures = f"{figure_of(objective, values.get(place))}, limit {figure_of(objective, limits.get(place))}"
            title = alert_title(LIVE_ALERT, subject_of(each.labels))
            return f"{title} {figures} over the run so far", f", missed for {lasted:.0f} s"
    return ""


def wait_seconds(planned_seconds: float | None) -> float:
    """Return how long an objective has to be missed; a run without an end has all the time."""
    return MAX_HOLD_SECONDS if planned_seconds is None else hold_of(planned_seconds)


def _named(series: tuple[Series, ...], name: str) -> list[Series]:
    return [each for each in series if each.labels.get("__name__") == name]


def _place(series: Series) -> Place:
    return tuple(series.labels.get(name, "") for name in ("objective", "method", "name", "bound", "severity"))
