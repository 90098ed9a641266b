"""Judging a CSV of Locust's statistics by thresholds, without Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from swarmscope.errors import CommandError, ExitCode
from swarmscope.objectives import Objective, Threshold
from swarmscope.prometheus.patterns import of_endpoints
from swarmscope.report.terminal import STYLES, objectives_table
from swarmscope.verdict.locust_csv import LocustStats, judge, outcome_of, read_stats
from swarmscope.verdict.verdict import ObjectiveResult


@dataclass(frozen=True)
class Figures:
    """Limits on the command line: milliseconds, percent of failed requests, requests per second."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    average: float | None = None
    errors: float | None = None
    min_rps: float | None = None

    def objectives(self) -> Iterator[Objective]:
        """Yield an objective for each that is given."""
        for objective, bound, value, unit in (
            ("latency_p50_seconds", "max", self.p50, 1000),
            ("latency_p95_seconds", "max", self.p95, 1000),
            ("latency_p99_seconds", "max", self.p99, 1000),
            ("latency_mean_seconds", "max", self.average, 1000),
            ("error_ratio", "max", self.errors, 100),
            ("throughput_requests_per_second", "min", self.min_rps, 1),
        ):
            if value is not None:
                yield Objective(objective, bound, "critical", value / unit, None, None)


def judge_csv(console: Console, path: Path, figures: Figures, thresholds: Sequence[Threshold]) -> ExitCode:
    """Print how the statistics in a file keep to figures, and to thresholds for other objectives.

    Raise CommandError when nothing can be judged.
    """
    asked = tuple(figures.objectives())
    if not asked and not thresholds:
        raise CommandError("Say what to judge by: --scenario NAME, or figures such as --p95 500 --errors 1")
    keys = {objective.key for objective in asked}
    stats = read_stats(path)
    table = _of_thresholds(of_endpoints(thresholds, ((row.method, row.name) for row in stats.endpoints)))
    wanted = (*asked, *(objective for objective in table if objective.key not in keys))
    results = judge(stats, wanted)
    if not results:
        raise CommandError(f"None of the {len(wanted)} thresholds can be judged by a CSV of Locust's statistics")
    _print(console, stats, wanted, results)
    return outcome_of(results).exit_code


def _of_thresholds(thresholds: Iterable[Threshold]) -> tuple[Objective, ...]:
    return tuple(Objective(t.objective, t.bound, t.severity, t.value, None, None, t.method, t.name) for t in thresholds)


def _print(
    console: Console, stats: LocustStats, wanted: Sequence[Objective], results: Sequence[ObjectiveResult]
) -> None:
    console.print(objectives_table("Locust's statistics, the ramp included", results, console.width))
    left_out = [objective.title for objective in wanted if not stats.can_answer(objective.objective)]
    if left_out:
        console.print(f"Not in such a file, so not judged here: {', '.join(left_out)}", style="yellow", markup=False)
    outcome = outcome_of(results).value
    console.print(Text.assemble(f"{stats.total.requests:,} requests: ", (outcome, STYLES[outcome])))
