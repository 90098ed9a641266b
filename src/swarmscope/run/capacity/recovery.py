"""Whether a target has recovered from a step that broke: a small load, until it is answered as before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from swarmscope.capacity.step import Step, StepOutcome
from swarmscope.errors import PrometheusUnavailableError
from swarmscope.objectives import figure_of
from swarmscope.prometheus.client import PrometheusApi
from swarmscope_exporter.run_ids import series_of

_WINDOW = "6s"
#: As before is: up to twice as long, or so many seconds longer; and not so many more failures.
_TIMES_AS_LONG, _SECONDS_MORE, _MORE_FAILURES = 2.0, 0.02, 0.05
_TIMEOUT_SECONDS = 5.0
_COUNT = "loadtest_request_duration_seconds_count"
_BUCKETS = "loadtest_request_duration_seconds_bucket"


@dataclass(frozen=True)
class Before:
    """How a target answers a ``load`` when it is well: the median time of its answers, and the share of failures."""

    load: float
    p50_seconds: float
    error_ratio: float

    def is_as(self, p50_seconds: float, error_ratio: float) -> bool:
        """Return whether it answers so again."""
        allowed = max(_TIMES_AS_LONG * self.p50_seconds, self.p50_seconds + _SECONDS_MORE)
        return p50_seconds <= allowed and error_ratio <= self.error_ratio + _MORE_FAILURES


def before_of(steps: Sequence[Step]) -> Before | None:
    """Return how the target answered the lowest load that held; None where none did."""
    held = [s for s in steps if s.outcome is StepOutcome.HELD and s.p50_seconds is not None]
    lowest = min((step.load for step in held), default=None)
    at = [step for step in held if step.load == lowest]
    if not at:
        return None
    times = [step.p50_seconds for step in at if step.p50_seconds is not None]
    return Before(at[0].load, median(times), median(step.error_ratio or 0.0 for step in at))


class RecoveryWatch:
    """``is_over`` once a small load is answered as before; ``told`` says how it was answered last."""

    def __init__(self, prometheus: PrometheusApi, run_id: str, before: Before, least_seconds: float) -> None:
        self._prometheus = prometheus.with_timeout(_TIMEOUT_SECONDS)
        self._run_id = run_id
        self._before = before
        self._least_seconds = least_seconds
        self.has_recovered = False
        self.told = "no request was answered"

    def is_over(self, load_seconds: float) -> bool:
        """Return whether the target has recovered; a silent Prometheus does not say so."""
        if load_seconds < self._least_seconds:
            return False
        requests = f"sum(rate({series_of(self._run_id, _COUNT)}[{_WINDOW}]))"
        failures = f"sum(rate({series_of(self._run_id, _COUNT, outcome='failure')}[{_WINDOW}]))"
        buckets = f"sum by (le) (rate({series_of(self._run_id, _BUCKETS)}[{_WINDOW}]))"
        try:
            p50 = self._prometheus.value(f"histogram_quantile(0.5, {buckets})")
            errors = self._prometheus.value(f"({failures} or {requests} * 0) / {requests}")
        except PrometheusUnavailableError:
            return False
        if p50 is None or errors is None or p50 != p50 or errors != errors:  # noqa: PLR0124  # NaN: nothing ended
            return False
        p50_text = figure_of("latency_p50_seconds", p50)
        self.told = f"p50 {p50_text}, {errors:.0%} of the requests failed"
        self.has_recovered = self._before.is_as(p50, errors)
        return self.has_recovered
