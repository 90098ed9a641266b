"""verdict.md: for a pull request's comment and a CI job's summary."""

from __future__ import annotations

import re
from collections.abc import Sequence

from swarmscope.report.advice import recommendation_of
from swarmscope.report.cause import cause_of
from swarmscope.report.coverage import error_lines, left_out_line
from swarmscope.report.endpoints import endpoint_lines, failure_lines
from swarmscope.report.exceptions import kind_of, lines_of, whether_it_gates, with_traceback
from swarmscope.report.summary import summary
from swarmscope.report.wording import (
    clock,
    details,
    figure,
    interval,
    limit,
    printable,
    samples,
    steadiness_of,
    titled,
    worst,
)
from swarmscope.two_times import two_times
from swarmscope.verdict.evidence import Figures, RunFacts
from swarmscope.verdict.verdict import Outcome, Status, Verdict

_MARKS = {
    Outcome.PASS: "✅",
    Outcome.FAIL: "❌",
    Outcome.INCONCLUSIVE: "⚠️",
    Status.PASS: "✅",
    Status.FAIL: "❌",
    Status.WARNING: "🟡",
    Status.NO_DATA: "⚠️",
    Status.UNDECIDED: "⚠️",
}
#: What starts or ends markup; an underscore does so only at the edge of a word.
_MARKUP = re.compile(r"[\\`*\[\]<>|~&]|(?<![^\W_])_|_(?![^\W_])")
_TICKS = re.compile("`+")
#: A comment on a pull request holds 65,536 characters, and an alert that flaps has many lines.
_MAX_MOMENTS = 100
_MAX_FAILURES, _MAX_ENDPOINTS, _MAX_MISSED, _MAX_LISTED = 5, 15, 10, 8


def to_markdown(verdict: Verdict) -> str:
    """Verdict, reasons, warnings, summary, recommendation and what was missed; all else is folded."""
    run = verdict.run
    lines = [f"## {_MARKS[verdict.outcome]} {verdict.outcome}: {run.scenario}", "", _run(run), ""]
    if verdict.outcome is not Outcome.PASS:
        lines += [f"**{plain(cause_of(verdict))}**", ""]
    if verdict.reasons:
        lines += [*_listed(verdict.reasons), ""]
    if verdict.warnings:
        lines += ["**Warnings**", "", *_listed(verdict.warnings), ""]
    lines += ["| | Measured | Target | |", "|---|---|---|---|"]
    lines += [
        f"| {line.what} | {line.value} | {line.target} | {line.result} |"
        for line in summary(verdict.figures, verdict.objectives)
    ]
    lines += ["", "**Recommendation**", ""]
    lines += [*(f"- {plain(text)}" for text in recommendation_of(verdict)), ""]
    if waited := two_times(verdict.figures.measured):
        lines += [plain(waited), ""]
    lines += _objectives(verdict)
    lines += _exceptions(verdict)
    lines += _endpoints(verdict)
    lines += _coverage(verdict.figures, has_messages=bool(verdict.users.failures))
    lines += ["", "<details><summary>Evidence</summary>", "", "| Check | Figure | |", "|---|---|---|"]
    lines += [
        f"| {plain(check.name)} | {plain(check.figure)} | {'✅' if check.ok else '⚠️'} |" for check in verdict.checks
    ]
    if steadiness := steadiness_of(verdict):
        lines += ["", plain(f"Steadiness: {steadiness}")]
    lines += ["", *_timeline(verdict), "</details>", ""]
    return "\n".join(lines)


def _listed(texts: Sequence[str]) -> list[str]:
    """Return a line for each, the later ones folded."""
    lines = [f"- {plain(text)}" for text in texts]
    more = lines[_MAX_LISTED:]
    folded = ["", f"<details><summary>and {len(more)} more</summary>", "", *more, "", "</details>"] if more else []
    return [*lines[:_MAX_LISTED], *folded]


def _objectives(verdict: Verdict) -> list[str]:
    """Return the objectives that were not met, and all of them folded."""
    head = [
        "| Objective | Threshold | Measured | Interval | Samples | Worst minute (UTC) | Result |",
        "|---|---|---|---|---|---|---|",
    ]
    rows = [
        (
            result.status is not Status.PASS,
            (
                f"| {plain(titled(result.objective))} | {limit(result.objective)} |"
                f" {figure(result.objective, result.objective.measured)} | {interval(result.objective)} |"
                f" {samples(result.objective)} |"
                f" {worst(result.objective)} | {_MARKS[result.status]} {result.status} |"
            ),
        )
        for result in verdict.objectives
    ]
    missed = [row for is_missed, row in rows if is_missed]
    shown = [*head, *missed[:_MAX_MISSED], *_more(len(missed) - _MAX_MISSED), ""] if missed else []
    title = f"<details><summary>All {len(rows)} objectives</summary>"
    return [*shown, title, "", *head, *(row for _, row in rows), "", "</details>"]


def _run(run: RunFacts) -> str:
    return ", ".join(
        [f"Run `{run.run_id}`", *(f"{plain(name)} {_code(value)}" for name, value in details(run.details))]
    )


def _code(text: str) -> str:
    """Return text as code, which nothing within can end."""
    return "`" + printable(text).replace("`", "'") + "`"


def _coverage(figures: Figures, *, has_messages: bool) -> list[str]:
    lines = []
    if figures.endpoint_errors and not has_messages:
        rows = [
            f"| {plain(line.endpoint)} | {line.failed} | {line.ratio} | {plain(line.kinds)} |"
            for line in error_lines(figures.endpoint_errors)
        ]
        lines += ["", "| Endpoint with errors | Failed | Share | Errors |", "|---|---|---|---|", *rows]
    if figures.left_out:
        lines += ["", plain(left_out_line(figures.left_out))]
    return lines


def _endpoints(verdict: Verdict) -> list[str]:
    """Return the endpoints, folded, and what failed requests said."""
    lines = []
    failures = failure_lines(verdict.users.failures)
    if failures:
        rows = [
            f"| {plain(line.endpoint)} | {plain(line.error)} | {plain(line.message)} | {line.count:,} |"
            f" {line.first} to {line.last} |"
            for line in failures[:_MAX_FAILURES]
        ]
        lines += ["", "| Failed | Error | Message | Count | When (UTC) |", "|---|---|---|---|---|", *rows]
        lines += _more(len(failures) - len(rows))
    endpoints = endpoint_lines(verdict.figures.endpoints, verdict.objectives)
    if endpoints:
        rows = [
            f"| {plain(line.endpoint)} | {line.requests.text} | {line.failures.text} | {line.p50.text} |"
            f" {line.p95.text} | {line.p99.text} | {plain(line.limit)} |"
            for line in endpoints[:_MAX_ENDPOINTS]
        ]
        head = ["| Endpoint | Requests | Failures | p50 | p95 | p99 | Threshold |", "|---|---|---|---|---|---|---|"]
        lines += ["", "<details><summary>Endpoints, the ramp included</summary>", "", *head, *rows]
        lines += [*_more(len(endpoints) - len(rows)), "", "</details>"]
    return lines


def _more(left: int) -> list[str]:
    return ["", f"… and {left} more in verdict.json"] if left > 0 else []


def _exceptions(verdict: Verdict) -> list[str]:
    exceptions = verdict.users.exceptions
    if not exceptions:
        return []
    lines = ["", "| Exception in a task | Count | |", "|---|---|---|"]
    lines += [f"| {plain(kind_of(one))} | {one.count} | {whether_it_gates(one)} |" for one in exceptions]
    lines += ["", "<details><summary>Tracebacks</summary>", ""]
    for one in with_traceback(exceptions):
        lines += [plain(kind_of(one)), "", *_block(lines_of(one)), ""]
    return [*lines, "</details>"]


def _block(lines: list[str]) -> list[str]:
    """Return a block of code that nothing within can end."""
    ticks = max((len(run) for line in lines for run in _TICKS.findall(line)), default=0)
    fence = "`" * max(3, ticks + 1)
    return [f"{fence}text", *lines, fence]


def _timeline(verdict: Verdict) -> list[str]:
    moments = verdict.moments
    if not moments:
        return ["No alert was pending or firing.", ""]
    rows = [
        f"| {clock(moment.seconds)} | {moment.change} | {plain(moment.span.name)} | {plain(moment.span.subject)} |"
        f" {'**first breach**' if moment.is_first_breach else ''} |"
        for moment in moments[:_MAX_MOMENTS]
    ]
    left = len(moments) - len(rows)
    more = ["", f"… and {left} more in verdict.json"] if left else []
    return ["| At (UTC) | | Alert | Of | |", "|---|---|---|---|---|", *rows, *more, ""]


def plain(text: str) -> str:
    """Return text that Markdown shows as it is, in a table too."""
    return _MARKUP.sub(r"\\\g<0>", printable(text))
