"""The live display of a run: phase, users, throughput, latency, errors, alerts."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.names import LIVE_ALERT, WATCH_GATE
from swarmscope.run.locust_api import RunStatus
from swarmscope.verdict.alert_spans import subject_of
from swarmscope.verdict.missed_so_far import missed_so_far_query, titles_of
from swarmscope.verdict.verdict import HARMLESS, alert_title
from swarmscope_exporter.run_ids import series_of

_WINDOW = "15s"
_COUNT = "loadtest_request_duration_seconds_count"
_LINE_INTERVAL_SECONDS = 10.0
#: A display that stands still says nothing.
_TIMEOUT_SECONDS = 2.0
_BARS = "▁▂▃▄▅▆▇█"
#: Moments that the bars show.
_HISTORY = 30


@dataclass(frozen=True)
class LiveFigures:
    """What Prometheus says of the last seconds; None where it has nothing."""

    requests_per_second: float | None = None
    p95_seconds: float | None = None
    error_ratio: float | None = None
    pending: tuple[str, ...] = ()
    firing: tuple[str, ...] = ()
    critical: tuple[str, ...] = ()  #: firing and critical: the run cannot pass any more
    missed: tuple[str, ...] = ()  #: of these, objectives that were missed over the last minute
    missed_so_far: tuple[str, ...] = ()  #: critical objectives that the run so far misses


def live_figures(prometheus: PrometheusApi, run_id: str) -> LiveFigures:
    """Raise PrometheusUnavailableError."""
    requests = f"sum(rate({series_of(run_id, _COUNT)}[{_WINDOW}]))"
    # An undeclared endpoint has no series of failures before its first one.
    failures = f"sum(rate({series_of(run_id, _COUNT, outcome='failure')}[{_WINDOW}]))"
    response_times = series_of(run_id, "loadtest_response_time_seconds_bucket", name="(all)")
    service_times = series_of(run_id, "loadtest_request_duration_seconds_bucket")
    response_p95, service_p95 = (
        f"histogram_quantile(0.95, sum by (le) (rate({buckets}[{_WINDOW}])))"
        for buckets in (response_times, service_times)
    )
    # An alert of the user's own may be of no run; one without a gate decides nothing.
    others = 'ALERTS{gate=~"objective|validity",run_id=""}'
    own = series_of(run_id, "ALERTS", f'gate!="{WATCH_GATE}"')
    alerts = [series.labels for series in prometheus.instant(f"{own} or {others}")]
    firing = [labels for labels in alerts if labels.get("alertstate") == "firing"]
    return LiveFigures(
        requests_per_second=prometheus.value(requests),
        p95_seconds=prometheus.value(f"{response_p95} or {service_p95}"),
        error_ratio=prometheus.value(f"({failures} or {requests} * 0) / {requests}"),
        pending=_names([labels for labels in alerts if labels.get("alertstate") == "pending"]),
        firing=_names(firing),
        critical=_names([labels for labels in firing if _is_critical(labels)]),
        missed_so_far=titles_of(prometheus.instant(missed_so_far_query(run_id))),
        missed=_names([each for each in firing if _is_critical(each) and each["alertname"] == LIVE_ALERT]),
    )


def _is_critical(labels: Mapping[str, str]) -> bool:
    return bool(labels.get("gate")) and labels.get("severity", "critical") not in HARMLESS


def _names(alerts: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    titles = (alert_title(labels["alertname"], subject_of(labels)) for labels in alerts)
    return tuple(dict.fromkeys(titles))


class Progress:
    """Shows one line that renews itself on a terminal, and a line now and then elsewhere."""

    def __init__(self, console: Console, prometheus: PrometheusApi, run_id: str) -> None:
        self._console = console
        self._prometheus = prometheus.with_timeout(_TIMEOUT_SECONDS)
        self._run_id = run_id
        self._live: Live | None = None
        self._next_line_seconds = 0.0
        self._history: deque[LiveFigures] = deque(maxlen=_HISTORY)
        self.figures = LiveFigures()
        self.prometheus_silent = ""
        self._alerting_since: dict[str, float] = {}

    @contextmanager
    def shown(self) -> Iterator[None]:
        if not self._console.is_terminal:
            yield
            return
        with Live(console=self._console, refresh_per_second=2, transient=True) as self._live:
            yield

    def read(self) -> None:
        """Read the figures of this moment; a silent Prometheus is remembered."""
        try:
            self.figures = live_figures(self._prometheus, self._run_id)
            self.prometheus_silent = ""
        except PrometheusUnavailableError as error:
            self.figures, self.prometheus_silent = LiveFigures(), str(error)

    def update(self, status: RunStatus, elapsed_seconds: float) -> None:
        """Read the figures and renew the display; a silent Prometheus is shown, and does not end the run."""
        self.read()
        alerting = (*self.figures.pending, *self.figures.firing)
        self._alerting_since = {title: self._alerting_since.get(title, elapsed_seconds) for title in alerting}
        line = progress_line(status, self.figures, elapsed_seconds, silent=bool(self.prometheus_silent))
        if self._live is not None:
            self._history.append(self.figures)
            self._live.update(_panel(line, status, elapsed_seconds, self._history))
        elif time.monotonic() >= self._next_line_seconds:
            self._next_line_seconds = time.monotonic() + _LINE_INTERVAL_SECONDS
            self._console.print(line)

    def alerting_seconds(self, title: str, elapsed_seconds: float) -> float:
        """Return how long an alert has been pending or firing."""
        return elapsed_seconds - self._alerting_since.get(title, elapsed_seconds)


def _panel(line: Text, status: RunStatus, elapsed_seconds: float, history: Iterable[LiveFigures]) -> Table:
    grid = Table.grid(padding=(0, 1))
    if status.planned_seconds:
        grid.add_row(
            ProgressBar(total=status.planned_seconds, completed=min(elapsed_seconds, status.planned_seconds), width=40)
        )
    grid.add_row(line)
    past = list(history)
    rates, times = spark([one.requests_per_second for one in past]), spark([one.p95_seconds for one in past])
    if rates or times:
        grid.add_row(Text(f"req/s {rates:<{_HISTORY}}  p95 {times}", style="dim"))
    return grid


def spark(values: Iterable[float | None]) -> str:
    """Return a bar for each value, from 0 to the highest; a blank for one that is not known."""
    known = [value if value is not None and math.isfinite(value) else None for value in values]
    highest = max((value for value in known if value is not None), default=0.0)
    top = len(_BARS) - 1
    return "".join(
        " " if value is None else _BARS[round(value / highest * top) if highest else 0] for value in known
    ).rstrip()


def progress_line(status: RunStatus, figures: LiveFigures, elapsed_seconds: float, *, silent: bool) -> Text:
    """Return the run at this moment in one line; a silent Prometheus is told."""
    planned = f"/{status.planned_seconds:.0f}" if status.planned_seconds else ""
    line = Text(f"{status.phase:<8} {elapsed_seconds:4.0f}{planned} s  users {status.users:<4}")
    if silent:
        return line.append("  Prometheus does not answer", style="yellow")
    line.append(f"  {_number(figures.requests_per_second, 1, '.0f')} req/s")
    line.append(f"  p95 {_number(figures.p95_seconds, 1000, '.0f')} ms")
    line.append(f"  errors {_errors(figures)} %")
    would_fail = [title for title in figures.missed_so_far if title not in figures.firing]
    if would_fail:
        line.append(f"  would fail now: {', '.join(would_fail)}", style="red")
    pending = [title for title in figures.pending if title not in would_fail]
    if pending:
        line.append(f"  pending: {', '.join(pending)}", style="yellow")
    if figures.firing:
        line.append(f"  firing: {', '.join(figures.firing)}", style="bold red")
    return line


def _errors(figures: LiveFigures) -> str:
    """Return the share of failures in percent: without a request nothing failed."""
    is_none = figures.requests_per_second == 0.0
    return "0.00" if is_none else _number(figures.error_ratio, 100, ".2f")


def _number(value: float | None, factor: float, spec: str) -> str:
    # No requests in the window: a ratio of nothing is NaN, which is not 0.
    return "-" if value is None or value != value else format(value * factor, spec)  # noqa: PLR0124
