"""Several runs in one table: on the terminal, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.table import Table
from rich.text import Text

from swarmscope.errors import ExitCode
from swarmscope.objectives import figure_of
from swarmscope.verdict.verdict import Verdict

NOT_RUN = "NOT RUN"
_HEADINGS = ("Scenario", "Users", "Requests", "req/s", "p95", "Errors", "Verdict")


@dataclass(frozen=True)
class RunLine:
    """One run; ``verdict`` is NOT RUN, with the reason, when it was not even begun. Figures leave the ramp out."""

    scenario: str
    verdict: str
    exit_code: ExitCode
    run_id: str = ""
    users: int | None = None
    requests: int | None = None
    requests_per_second: float | None = None
    latency_p95_seconds: float | None = None
    error_ratio: float | None = None
    reason: str = ""

    @classmethod
    def of(cls, verdict: Verdict) -> RunLine:
        """Return the line of a run that was judged."""
        measured = verdict.figures.measured
        return cls(
            scenario=verdict.run.scenario,
            verdict=verdict.outcome.value,
            exit_code=verdict.outcome.exit_code,
            run_id=verdict.run.run_id,
            users=None if verdict.peak_users is None else round(verdict.peak_users),
            requests=verdict.figures.requests,
            requests_per_second=measured.get("throughput_requests_per_second"),
            latency_p95_seconds=measured.get("latency_p95_seconds"),
            error_ratio=measured.get("error_ratio"),
            reason=next(iter(verdict.reasons), ""),
        )

    @classmethod
    def not_run(cls, scenario: str, reason: str) -> RunLine:
        """Return the line of a run that could not begin."""
        return cls(scenario, NOT_RUN, ExitCode.COULD_NOT_RUN, reason=reason)

    def cells(self) -> tuple[str, ...]:
        """Return the figures as text, in the order of the headings."""
        return (
            self.scenario,
            "-" if self.users is None else str(self.users),
            "-" if self.requests is None else f"{self.requests:,}",
            "-" if self.requests_per_second is None else f"{self.requests_per_second:.1f}",
            "-" if self.latency_p95_seconds is None else figure_of("_seconds", self.latency_p95_seconds),
            "-" if self.error_ratio is None else figure_of("_ratio", self.error_ratio),
            self.verdict,
        )


def exit_code_of(lines: Sequence[RunLine]) -> ExitCode:
    """Return the worst: 1 when a run failed, else 2 when one could not run or be judged, or there was none, else 0."""
    codes = {line.exit_code for line in lines}
    if ExitCode.FAIL in codes:
        return ExitCode.FAIL
    return ExitCode.PASS if codes == {ExitCode.PASS} else ExitCode.COULD_NOT_RUN


def as_table(lines: Sequence[RunLine], styles: dict[str, str]) -> Table:
    """For the terminal; ``styles`` maps verdicts to styles."""
    table = Table(title="All runs (figures without their ramps)", title_justify="left")
    for heading in _HEADINGS:
        table.add_column(heading, justify="left" if heading in {"Scenario", "Verdict"} else "right")
    for line in lines:
        *figures, verdict = line.cells()
        table.add_row(*figures, Text(verdict, style=styles.get(verdict, "yellow")))
    return table


def as_markdown(lines: Sequence[RunLine]) -> str:
    """Return the table, then why each run that did not pass did not."""
    rows = [f"| {' | '.join(line.cells())} |" for line in lines]
    reasons = [f"- {line.scenario}: {line.reason}" for line in lines if line.reason]
    header = [f"| {' | '.join(_HEADINGS)} |", "|---|--:|--:|--:|--:|--:|---|"]
    return "\n".join([*header, *rows, "", *reasons, *([""] if reasons else [])])


def as_json(lines: Sequence[RunLine]) -> str:
    """Everything, figures as numbers."""
    document = {"exit_code": exit_code_of(lines), "runs": [asdict(line) for line in lines]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
