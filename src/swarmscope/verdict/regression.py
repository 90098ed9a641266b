"""Whether a run is worse than the runs of a baseline, as a part of its verdict: pure."""

from __future__ import annotations

from dataclasses import dataclass

from swarmscope.compare.comparison import Answer, Comparison, Row
from swarmscope.objectives import Interval, Objective, figure_of
from swarmscope.verdict.verdict import Check, ObjectiveResult, Status

REGRESSION, ENDPOINT_REGRESSION = "regression_ratio", "endpoint_regression_ratio"
#: What is compared: the others are shown by `swarmscope compare`.
COMPARED = "latency_p95_seconds"
BASELINE_CHECK = "baseline"
DEFAULT_LIMIT = 0.05
_METHOD = "baseline runs"
_MAX_NAMED = 5


@dataclass(frozen=True)
class Regressions:
    """What a comparison with a baseline came to; ``problem`` is why there is none, empty where there is.

    ``comparison`` is None where the run was not to be compared, or could not be.
    """

    limit: float = DEFAULT_LIMIT
    comparison: Comparison | None = None
    problem: str = ""

    @property
    def rows(self) -> tuple[Row, ...]:
        """The figures that are judged: of endpoints, those with enough requests."""
        rows = self.comparison.rows if self.comparison is not None else ()
        # An endpoint that only one side has is one of the rows, too.
        return tuple(row for row in rows if row.decides and (row.figure == COMPARED or row.shift is None))

    @property
    def results(self) -> tuple[ObjectiveResult, ...]:
        """An objective for each of them."""
        return tuple(ObjectiveResult(_objective(row, self), _status(row, self.limit), ()) for row in self.rows)

    @property
    def failures(self) -> tuple[str, ...]:
        """A sentence for each that became worse."""
        return tuple(_sentence(row, self) for row in self.rows if _status(row, self.limit) is Status.FAIL)

    @property
    def checks(self) -> tuple[Check, ...]:
        """Whether all that was to be compared could be told; nothing for a run that was not to be compared."""
        if self.problem:
            return (Check(BASELINE_CHECK, ok=False, figure=self.problem),)
        if self.comparison is None:
            return ()
        unknown = [row for row in self.rows if _status(row, self.limit) is Status.UNDECIDED]
        runs = len(self.comparison.a.runs)
        of = f"p95 of all requests and {len(self.rows) - 1} endpoints" if len(self.rows) > 1 else "p95 of all requests"
        if not self.rows:
            return (Check(BASELINE_CHECK, ok=False, figure="the run has no p95 that could be compared"),)
        if unknown:
            figure = f"cannot tell {len(unknown)} of {len(self.rows)} from {_runs(runs)}: {_listed(unknown, self)}"
            return (Check(BASELINE_CHECK, ok=False, figure=figure),)
        return (Check(BASELINE_CHECK, ok=True, figure=f"{of}, against {_runs(runs)}"),)


def _status(row: Row, limit: float) -> Status:
    """Return what the answer comes to: worse, and by more than is allowed, is what fails a run."""
    if row.answer in {Answer.SAME, Answer.BETTER}:
        return Status.PASS
    is_over = row.shift is not None and row.shift.estimate > limit
    return Status.FAIL if row.answer is Answer.WORSE and is_over else Status.UNDECIDED


def _objective(row: Row, regressions: Regressions) -> Objective:
    shift, comparison = row.shift, regressions.comparison
    interval = None
    if shift is not None:
        interval = Interval(shift.low, shift.high, float(shift.units), _METHOD)
    return Objective(
        ENDPOINT_REGRESSION if row.name else REGRESSION,
        "max",
        "critical",
        regressions.limit,
        None if shift is None else shift.estimate,
        None if shift is None else float(shift.units),
        row.method,
        row.name,
        # Of the one bound that decides: that of the interval is of both.
        confidence=round((1 + comparison.policy.confidence) / 2, 9) if comparison is not None else 0.0,
        interval=interval,
    )


def _sentence(row: Row, regressions: Regressions) -> str:
    """Return for example: latency p95 189 ms is 16.7 % worse than 7 baseline runs (162 ms), allowed 5 %."""
    more = row.shift.estimate if row.shift is not None else 0.0
    runs = len(regressions.comparison.a.runs) if regressions.comparison is not None else 0
    return (
        f"{_title(row)} {_figure(row.b)} is {100 * more:.3g} % worse than {_runs(runs)} ({_figure(row.a)}),"
        f" allowed {100 * regressions.limit:.3g} %"
    )


def _listed(rows: list[Row], regressions: Regressions) -> str:
    more = [f"and {len(rows) - _MAX_NAMED} more"] if len(rows) > _MAX_NAMED else []
    return "; ".join([*(_unknown(row, regressions) for row in rows[:_MAX_NAMED]), *more])


def _unknown(row: Row, regressions: Regressions) -> str:
    told = [row.note, f"about {_runs(row.more_units, 'more ')}" if row.more_units else ""]
    probably = f", probably {row.probably.value}" if row.probably is not None else ""
    shift = f"{100 * row.shift.estimate:+.3g} %" if row.shift is not None else "nothing to compare"
    needed = "; ".join(filter(None, told)) or f"it sits on the {100 * regressions.limit:.3g} % that are allowed"
    return f"{_title(row)} {shift}{probably} ({needed})"


def _title(row: Row) -> str:
    return " ".join(filter(None, ("latency p95", row.method, row.name)))


def _figure(seconds: float | None) -> str:
    return figure_of("_seconds", seconds)


def _runs(number: int, more: str = "") -> str:
    return f"{number} {more}baseline run{'s' if number != 1 else ''}"
