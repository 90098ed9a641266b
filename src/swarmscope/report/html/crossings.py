"""Where objectives crossed their thresholds, as the verdict has it, for the charts that draw these thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from swarmscope.objectives import Objective
from swarmscope.prometheus.names import RUN_ALERT
from swarmscope.report.html.axes import milliseconds
from swarmscope.report.html.panel_data import Answer, Line
from swarmscope.verdict.reasons import elapsed
from swarmscope.verdict.verdict import Verdict


@dataclass(frozen=True)
class Crossing:
    """When the judged value of an objective was first beyond its threshold, and what is written beside that moment."""

    objective: Objective
    seconds: float
    text: str

    def is_of(self, line: Line) -> bool:
        """Return whether a line is the threshold that was crossed."""
        mine, labels = self.objective, line.labels
        return (mine.severity, *mine.key) == tuple(
            labels.get(name, "") for name in ("severity", "objective", "method", "name")
        )

    def is_in(self, row: Line) -> bool:
        """Return whether a row of the alerts is that of the objective: the dashboard names it by its words."""
        return row.name == self.objective.title


def crossings_of(verdict: Verdict) -> tuple[Crossing, ...]:
    """Return the first crossing of each objective that was missed, in order of time.

    Of one that no alert on the last minute spoke of, since when the run so far missed it.
    """
    begin = verdict.run.load_start_seconds
    found = []
    for objective in (result.objective for result in verdict.objectives):
        of = (" ".join(filter(None, objective.key)), objective.severity)
        spans = [span for span in verdict.timeline if (span.subject, span.severity) == of and span.name != RUN_ALERT]
        since = objective.missed_since_seconds if objective.met is False else None
        at = min((span.first_seconds for span in spans), default=since)
        if at is not None:
            found.append(Crossing(objective, at, f"crossed {elapsed(at - begin)}"))
    return tuple(sorted(found, key=lambda crossing: crossing.seconds))


def on_chart(answer: Answer, crossings: Sequence[Crossing]) -> list[dict[str, Any]]:
    """Return the marks of a chart: of the thresholds that it draws, each with its name where several were crossed."""
    crossed = [(crossing, line) for crossing in crossings for line in answer.limits if crossing.is_of(line)]
    is_one = len(crossed) == 1
    return [
        {
            "at": milliseconds(crossing.seconds),
            "text": crossing.text if is_one else f"{crossing.objective.title} {crossing.text}",
            "color": f"limit-{line.limit}",
        }
        for crossing, line in crossed
    ]


def on_rows(rows: Iterable[Line], crossings: Sequence[Crossing]) -> list[dict[str, Any]]:
    """Return the marks of the alerts: the row, and when its objective crossed the threshold."""
    return [
        {"row": place, "at": milliseconds(crossing.seconds), "text": crossing.text}
        for place, row in enumerate(rows)
        for crossing in crossings
        if crossing.is_in(row)
    ]
