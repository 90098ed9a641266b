"""Asks Prometheus on behalf of a report: each question once, within a time that is set beforehand."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.prometheus.series import ExemplarSeries, Series
from swarmscope.report.html.window import Window

T = TypeVar("T")
#: As many as a chart has pixels to show them.
MAX_POINTS = 300


class Prometheus(Protocol):
    """What of `swarmscope.prometheus.client.PrometheusApi` a report needs."""

    def instant(self, query: str, at_seconds: float | None = None) -> tuple[Series, ...]: ...

    def over_time(self, query: str, begin: float, end: float, step_seconds: float) -> tuple[Series, ...]: ...

    def raw(self, selector: str, range_seconds: float, at_seconds: float | None = None) -> tuple[Series, ...]: ...

    def exemplars(self, selector: str, start_seconds: float, end_seconds: float) -> tuple[ExemplarSeries, ...]: ...

    def ready(self) -> bool: ...


class Asker:
    """All methods raise PrometheusUnavailableError; once Prometheus is silent, or the time is up, at once."""

    def __init__(
        self,
        prometheus: Prometheus,
        window: Window,
        *,
        most_points: int = MAX_POINTS,
        time_limit_seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.window = window
        self.asked = 0  #: questions that went to Prometheus
        self._prometheus = prometheus
        self._most_points = most_points
        self._limit_seconds = time_limit_seconds
        self._clock = clock
        self._deadline = clock() + time_limit_seconds
        self._silent = ""
        self._known: dict[tuple[object, ...], Any] = {}

    def step(self, least_seconds: float | None) -> float:
        """Return the step for a panel that wants no smaller one."""
        return self.window.step(least_seconds, self._most_points)

    def at_end(self, expr: str) -> tuple[Series, ...]:
        """Return the values at the end of the window."""
        return self._once(("end", expr), lambda: self._prometheus.instant(expr, self.window.end))

    def over_time(self, expr: str, step_seconds: float) -> tuple[Series, ...]:
        """Return the values at each step of the window."""
        first = self.window.first(step_seconds)
        last = first + step_seconds * (self.window.steps(step_seconds) - 1)
        return self._once(
            ("over time", expr, step_seconds), lambda: self._prometheus.over_time(expr, first, last, step_seconds)
        )

    def raw(self, selector: str) -> tuple[Series, ...]:
        """Return the stored samples within the window: a step could skip a short alert."""
        return self._once(
            ("raw", selector), lambda: self._prometheus.raw(selector, self.window.length_seconds, self.window.end)
        )

    def exemplars(self, expr: str) -> tuple[ExemplarSeries, ...]:
        """Return what is stored, within the window, beside the samples that an expression reads."""
        return self._once(
            ("exemplars", expr), lambda: self._prometheus.exemplars(expr, self.window.begin, self.window.end)
        )

    def _once(self, key: tuple[object, ...], ask: Callable[[], T]) -> T:
        if key not in self._known:
            self._known[key] = self._answer(ask)
        known: T = self._known[key]
        return known

    def _answer(self, ask: Callable[[], T]) -> T:
        if self._silent:
            raise PrometheusUnavailableError(self._silent)
        if self._clock() > self._deadline:
            raise PrometheusUnavailableError(
                f"Not asked: the {self._limit_seconds:g} s for the report were over. The report command takes its time"
            )
        self.asked += 1
        try:
            return ask()
        except PrometheusUnavailableError as error:
            if not self._prometheus.ready():
                self._silent = str(error)
            raise
