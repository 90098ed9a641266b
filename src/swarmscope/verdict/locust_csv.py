"""Judges by Locust's own statistics, where no Prometheus watched."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from swarmscope.errors import CommandError
from swarmscope.objectives import MIN_ENDPOINT_REQUESTS, WORST_ENDPOINT, Objective
from swarmscope.project.files import read_text
from swarmscope.verdict.evidence import Figures
from swarmscope.verdict.verdict import ObjectiveResult, Outcome, Status
from swarmscope_exporter.name_templates import template_of

_TOTAL = "Aggregated"
_MS_PER_SECOND = 1000.0
_COLUMNS = (
    "Type",
    "Name",
    "Request Count",
    "Failure Count",
    "Average Response Time",
    "Requests/s",
    "50%",
    "95%",
    "99%",
)
#: As Locust writes it; float() also takes 1_000 and nan, and a count of 1.234 was a thousand somewhere else.
_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")
#: Locust's maximum is its quantile of 100 %. It knows no time but that which the request itself took.
_QUANTILE = re.compile(r"(?:endpoint_)?(?:latency|service_time)_(?:p(\d+(?:_\d+)?)|max)_seconds")
_COLUMN_OF_QUANTILE = re.compile(r"\d+(\.\d+)?%")
_MEANS = tuple(f"{of}{time}_mean_seconds" for of in ("", "endpoint_") for time in ("latency", "service_time"))


@dataclass(frozen=True)
class StatsRow:
    """One endpoint, or all; ``quantiles_seconds`` maps a percentage to seconds, without those that are not known."""

    method: str
    name: str
    requests: int
    failures: int
    average_seconds: float
    requests_per_second: float
    quantiles_seconds: Mapping[str, float]

    @property
    def error_ratio(self) -> float | None:
        """Share of failed requests; None when there were none at all."""
        return self.failures / self.requests if self.requests else None


@dataclass(frozen=True)
class LocustStats:
    """A whole file; ``total`` has at least one request."""

    total: StatsRow
    endpoints: tuple[StatsRow, ...]

    def can_answer(self, objective: str) -> bool:
        """Return whether such a file holds what the objective is about."""
        return bool(_QUANTILE.fullmatch(objective)) or objective in {
            *_MEANS,
            "error_ratio",
            WORST_ENDPOINT,
            "throughput_requests_per_second",
        }

    def measured(self, objective: Objective) -> float | None:
        """Return what the file says of an objective; None when it has no requests of that endpoint."""
        row = self._row(objective)
        if row is None or not row.requests:
            return None
        quantile = _QUANTILE.fullmatch(objective.objective)
        if quantile:
            return row.quantiles_seconds.get((quantile[1] or "100").replace("_", "."))
        return {
            **dict.fromkeys(_MEANS, row.average_seconds),
            "throughput_requests_per_second": row.requests_per_second,
        }.get(objective.objective, row.error_ratio)

    def worst_error_ratio(self, without: Collection[tuple[str, str]] = ()) -> float:
        """Return the highest share of failed requests of an endpoint, as the rules have it: of 10 requests at least.

        Names that share a template are one endpoint, and each is one of its own as well. ``without`` are methods and
        names of endpoints to leave out; 0 when none is left.
        """
        counts: dict[tuple[str, str], tuple[int, int]] = {}
        for row in self.endpoints:
            if (row.method, row.name) not in without:
                for name in {row.name, template_of(row.name)}:
                    requests, failures = counts.get((row.method, name), (0, 0))
                    counts[row.method, name] = (requests + row.requests, failures + row.failures)
        ratios = (
            failures / requests
            for key, (requests, failures) in counts.items()
            if requests >= MIN_ENDPOINT_REQUESTS and key not in without
        )
        return max(ratios, default=0.0)

    def samples(self, objective: Objective) -> float | None:
        """Return the number of requests behind it."""
        row = self._row(objective)
        return None if row is None else float(row.requests)

    def _row(self, objective: Objective) -> StatsRow | None:
        if not objective.objective.startswith("endpoint_"):
            return self.total
        key = (objective.method, objective.name)
        return next((row for row in self.endpoints if (row.method, row.name) == key), None)


def read_stats(path: Path) -> LocustStats:
    """Raise CommandError, one line, for anything that is not Locust's statistics with at least one request."""
    try:
        reader = csv.DictReader(io.StringIO(read_text(path), newline=""))
        columns, rows = reader.fieldnames or (), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    _require_columns(path, columns)
    parsed = [_row(path, number, row) for number, row in enumerate(rows, 2)]
    total = _total(path, parsed)
    endpoints = tuple(row for row in parsed if row is not total)
    _require_agreement(path, total, endpoints)
    return LocustStats(total, endpoints)


def _require_columns(path: Path, columns: Sequence[str]) -> None:
    if not columns:
        raise CommandError(f"{path} is empty: expected Locust's statistics, with the columns {', '.join(_COLUMNS)}")
    missing = [column for column in _COLUMNS if column not in columns]
    if missing:
        raise CommandError(
            f"{path} lacks the columns {', '.join(missing)}: expected Locust's statistics, NAME_stats.csv"
        )
    repeated = [column for column, count in Counter(columns).items() if count > 1]
    if repeated:
        raise CommandError(f"{path} has the column {repeated[0]} more than once: expected Locust's statistics")


def _total(path: Path, rows: Sequence[StatsRow]) -> StatsRow:
    """Return the only row named Aggregated: of several, nothing says which one is the sum."""
    named = [row for row in rows if row.name == _TOTAL]
    totals = [row for row in named if not row.method]
    if not totals:
        raise CommandError(f"{path} has no row {_TOTAL!r}: it is cut off, or not Locust's statistics")
    if len(totals) > 1:
        raise CommandError(f"{path} has {len(totals)} rows {_TOTAL!r}: expected the statistics of one run")
    if len(named) > 1:
        other = next(row for row in named if row.method)
        raise CommandError(
            f"{path} has an endpoint {other.method} {_TOTAL}, which is what Locust calls the sum: give it another name"
        )
    if not totals[0].requests:
        raise CommandError(f"{path} holds no requests: there is nothing to judge")
    return totals[0]


def _require_agreement(path: Path, total: StatsRow, endpoints: Sequence[StatsRow]) -> None:
    """Locust counts each request twice, for its endpoint and for the sum: both have to say the same."""
    repeated = [key for key, count in Counter((row.method, row.name) for row in endpoints).items() if count > 1]
    if repeated:
        raise CommandError(f"{path} has more than one row of {' '.join(repeated[0])}: expected one for each endpoint")
    sums = {
        "requests": (sum(row.requests for row in endpoints), total.requests),
        "failures": (sum(row.failures for row in endpoints), total.failures),
    }
    for what, (of_endpoints, of_total) in sums.items():
        if endpoints and of_endpoints != of_total:
            raise CommandError(
                f"{path} contradicts itself: its endpoints have {of_endpoints} {what} and the row {_TOTAL!r} has"
                f" {of_total}"
            )


def _row(path: Path, line: int, cells: Mapping[str, str | None]) -> StatsRow:
    def number(column: str) -> float:
        text = cells[column] or ""
        value = float(text) if _NUMBER.fullmatch(text) else math.nan
        if not math.isfinite(value):
            raise CommandError(f"{path}, line {line}: {column} is {cells[column]!r}: expected a number")
        return value

    def count(column: str) -> int:
        value = number(column)
        if not value.is_integer():
            raise CommandError(f"{path}, line {line}: {column} is {cells[column]!r}: expected a whole number")
        return int(value)

    if None in cells:  # where csv puts what has no column
        raise CommandError(f"{path}, line {line} has more cells than there are columns")
    quantiles = {
        column[:-1]: number(column) / _MS_PER_SECOND
        for column, cell in cells.items()
        if column and _COLUMN_OF_QUANTILE.fullmatch(column) and cell != "N/A"  # no requests
    }
    row = StatsRow(
        method=cells["Type"] or "",
        name=cells["Name"] or "",
        requests=count("Request Count"),
        failures=count("Failure Count"),
        average_seconds=number("Average Response Time") / _MS_PER_SECOND,
        requests_per_second=number("Requests/s"),
        quantiles_seconds=quantiles,
    )
    if row.failures > row.requests:
        raise CommandError(f"{path}, line {line}: {row.failures} failures of {row.requests} requests make no sense")
    return row


_FIGURES = ("error_ratio", "latency_mean_seconds", "latency_p95_seconds", "throughput_requests_per_second")


def judge(stats: LocustStats, objectives: Sequence[Objective]) -> tuple[ObjectiveResult, ...]:
    """Return those objectives that the statistics can answer, each with what they say of it."""
    return tuple(
        _judged(_measured(stats, objective, objectives))
        for objective in objectives
        if stats.can_answer(objective.objective)
    )


def _measured(stats: LocustStats, objective: Objective, objectives: Sequence[Objective]) -> Objective:
    if objective.key != (WORST_ENDPOINT, "", ""):
        return replace(objective, measured=stats.measured(objective), samples=stats.samples(objective))
    own = {(other.method, other.name) for other in objectives if other.objective == WORST_ENDPOINT}
    ratio = stats.worst_error_ratio(without=own)
    return replace(objective, measured=ratio, samples=float(stats.total.requests))


def outcome_of(results: Sequence[ObjectiveResult]) -> Outcome:
    """FAIL when a critical objective was missed; INCONCLUSIVE when one has no data, or there is none; else PASS."""
    statuses = {result.status for result in results}
    if Status.FAIL in statuses:
        return Outcome.FAIL
    return Outcome.INCONCLUSIVE if Status.NO_DATA in statuses or not results else Outcome.PASS


def figures_of(stats: LocustStats) -> Figures:
    """Return the figures of the whole run, its ramp included: Locust does not tell them apart."""
    measured = {name: stats.measured(Objective(name, "max", "critical", 0.0, None, None)) for name in _FIGURES}
    return Figures(
        requests=stats.total.requests,
        failures=stats.total.failures,
        measured={name: value for name, value in measured.items() if value is not None},
    )


def _judged(objective: Objective) -> ObjectiveResult:
    return ObjectiveResult(objective, _status(objective), ())


def _status(objective: Objective) -> Status:
    if objective.met is None:
        return Status.NO_DATA
    if objective.met:
        return Status.PASS
    return Status.FAIL if objective.severity == "critical" else Status.WARNING
