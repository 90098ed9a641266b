"""A Prometheus made of answers: what it is not told of, it holds nothing of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.prometheus.series import ExemplarSeries, Sample, Series

BEGIN, END = 1_769_860_800.0, 1_769_860_920.0

Rows = Sequence[tuple[Mapping[str, str], float]]


class FakePrometheus:
    """``answer`` maps a query to rows of labels and value; the value holds from ``BEGIN`` to ``END``."""

    def __init__(self, answer: Callable[[str], Rows] | Mapping[str, Rows]) -> None:
        self._answer = answer if callable(answer) else lambda query: answer.get(query, ())
        self.queries: list[str] = []
        self.silent = False

    def instant(self, query: str, at_seconds: float | None = None) -> tuple[Series, ...]:
        at = END if at_seconds is None else at_seconds
        return tuple(Series(labels, (Sample(at, value),)) for labels, value in self._rows(query))

    def over_time(self, query: str, begin: float, end: float, step_seconds: float) -> tuple[Series, ...]:
        moments = [begin + step_seconds * step for step in range(round((end - begin) / step_seconds) + 1)]
        return tuple(
            Series(labels, tuple(Sample(moment, value) for moment in moments)) for labels, value in self._rows(query)
        )

    def raw(self, selector: str, range_seconds: float, at_seconds: float | None = None) -> tuple[Series, ...]:
        assert range_seconds > 0
        assert at_seconds is None or at_seconds >= END
        moments = [BEGIN + 2 * step for step in range(round((END - BEGIN) / 2) + 1)]
        return tuple(
            Series(labels, tuple(Sample(moment, value) for moment in moments)) for labels, value in self._rows(selector)
        )

    def exemplars(self, selector: str, start_seconds: float, end_seconds: float) -> tuple[ExemplarSeries, ...]:
        """Return a row's labels are those of the exemplar: a series has one of each, at the end."""
        assert start_seconds <= end_seconds
        rows = self._rows(f"exemplars of {selector}")
        return tuple(ExemplarSeries({}, ((dict(labels), Sample(end_seconds, value)),)) for labels, value in rows)

    def ready(self) -> bool:
        return not self.silent

    def _rows(self, query: str) -> Rows:
        self.queries.append(query)
        if self.silent:
            raise PrometheusUnavailableError("Prometheus at http://unset did not answer (connection refused)")
        return self._answer(query)
