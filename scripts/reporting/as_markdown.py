"""verdict.md: for a pull request's comment and a CI job's summary."""

from __future__ import annotations

from scripts.judging.verdict import Outcome, Status, Verdict
from scripts.reporting.wording import clock, figure, limit

_MARKS = {
    Outcome.PASS: "✅",
    Outcome.FAIL: "❌",
    Outcome.INCONCLUSIVE: "⚠️",
    Status.PASS: "✅",
    Status.FAIL: "❌",
    Status.WARNING: "🟡",
    Status.NO_DATA: "⚠️",
}


def to_markdown(verdict: Verdict) -> str:
    """Verdict, reasons, objectives, completeness and the alerts in order."""
    run = verdict.evidence.run
    lines = [f"## {_MARKS[verdict.outcome]} {verdict.outcome}: {run.scenario}", "", f"Run `{run.run_id}`", ""]
    if verdict.reasons:
        lines += [*(f"- {reason}" for reason in verdict.reasons), ""]
    lines += ["| Objective | Threshold | Measured | Result |", "|---|---|---|---|"]
    lines += [
        f"| {_cell(result.objective.title)} | {limit(result.objective)} |"
        f" {figure(result.objective, result.objective.measured)} | {_MARKS[result.status]} {result.status} |"
        for result in verdict.objectives
    ]
    lines += ["", "<details><summary>Evidence</summary>", "", "| Check | Figure | |", "|---|---|---|"]
    lines += [
        f"| {_cell(check.name)} | {_cell(check.figure)} | {'✅' if check.ok else '⚠️'} |" for check in verdict.checks
    ]
    lines += ["", *_timeline(verdict), "</details>", ""]
    return "\n".join(lines)


def _timeline(verdict: Verdict) -> list[str]:
    if not verdict.timeline:
        return ["No alert was pending or firing.", ""]
    rows = [
        f"| {clock(span.first_seconds)} | {clock(span.last_seconds)} | {span.state} | {_cell(span.name)} |"
        f" {_cell(span.subject)} |{' first breach' if span is verdict.first_breach else ''} |"
        for span in verdict.timeline
    ]
    return ["| From (UTC) | To | State | Alert | Of | |", "|---|---|---|---|---|---|", *rows, ""]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
