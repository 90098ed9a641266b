"""Locust's own statistics as it writes them: ``NAME_stats.csv`` of --csv, or locust-requests.csv of a run's results.

Its percentiles are rounded to two significant digits: good for a look at stored results, where Prometheus is gone.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.errors import CommandError
from scripts.judging.evidence import Objective

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
_QUANTILE = re.compile(r"(?:endpoint_)?latency_p(\d+)_seconds")


@dataclass(frozen=True)
class StatsRow:
    """One endpoint, or all; ``quantiles_seconds`` maps a percentage to seconds, without those that are not known."""

    method: str
    name: str
    requests: int
    failures: int
    average_seconds: float
    requests_per_second: float
    quantiles_seconds: Mapping[int, float]

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
        """Whether such a file holds what the objective is about."""
        return bool(_QUANTILE.fullmatch(objective)) or objective in {
            "latency_mean_seconds",
            "error_ratio",
            "endpoint_error_ratio",
            "throughput_requests_per_second",
        }

    def measured(self, objective: Objective) -> float | None:
        """What the file says of an objective; None when it has no requests of that endpoint."""
        row = self._row(objective)
        if row is None or not row.requests:
            return None
        quantile = _QUANTILE.fullmatch(objective.objective)
        if quantile:
            return row.quantiles_seconds.get(int(quantile[1]))
        return {
            "latency_mean_seconds": row.average_seconds,
            "throughput_requests_per_second": row.requests_per_second,
        }.get(objective.objective, row.error_ratio)

    def samples(self, objective: Objective) -> float | None:
        """Number of requests behind it."""
        row = self._row(objective)
        return None if row is None else float(row.requests)

    def _row(self, objective: Objective) -> StatsRow | None:
        if not objective.objective.startswith("endpoint_"):
            return self.total
        key = (objective.method, objective.name)
        return next((row for row in self.endpoints if (row.method, row.name) == key), None)


def read_stats(path: Path) -> LocustStats:
    """Raises CommandError, one line, for anything that is not Locust's statistics with at least one request."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            columns, rows = reader.fieldnames, list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if not columns:
        raise CommandError(f"{path} is empty: expected Locust's statistics, with the columns {', '.join(_COLUMNS)}")
    missing = [column for column in _COLUMNS if column not in columns]
    if missing:
        raise CommandError(
            f"{path} lacks the columns {', '.join(missing)}: expected Locust's statistics, NAME_stats.csv"
        )
    parsed = [_row(path, number, row) for number, row in enumerate(rows, 2)]
    totals = [row for row in parsed if row.name == _TOTAL and not row.method]
    if not totals:
        raise CommandError(f"{path} has no row {_TOTAL!r}: it is cut off, or not Locust's statistics")
    if not totals[0].requests:
        raise CommandError(f"{path} holds no requests: there is nothing to judge")
    return LocustStats(totals[0], tuple(row for row in parsed if row not in totals))


def _row(path: Path, line: int, cells: Mapping[str, str | None]) -> StatsRow:
    def number(column: str) -> float:
        try:
            value = float(cells[column] or "")
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or value < 0:
            raise CommandError(f"{path}, line {line}: {column} is {cells[column]!r}: expected a number")
        return value

    quantiles = {
        int(column[:-1]): number(column) / _MS_PER_SECOND
        for column, cell in cells.items()
        if column and re.fullmatch(r"\d+%", column) and cell != "N/A"  # no requests
    }
    row = StatsRow(
        method=cells["Type"] or "",
        name=cells["Name"] or "",
        requests=int(number("Request Count")),
        failures=int(number("Failure Count")),
        average_seconds=number("Average Response Time") / _MS_PER_SECOND,
        requests_per_second=number("Requests/s"),
        quantiles_seconds=quantiles,
    )
    if row.failures > row.requests:
        raise CommandError(f"{path}, line {line}: {row.failures} failures of {row.requests} requests make no sense")
    return row
