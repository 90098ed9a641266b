"""The end of a run on the terminal: summary, objectives, verdict, what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from swarmscope.project.files import as_written_here
from swarmscope.report.advice import recommendation_of
from swarmscope.report.cause import cause_of
from swarmscope.report.coverage import error_lines, left_out_line
from swarmscope.report.endpoints import EndpointLine, FailureLine, endpoint_lines, failure_lines
from swarmscope.report.exceptions import kind_of, lines_of, whether_it_gates, with_traceback
from swarmscope.report.results_folder import REPORT_FILE
from swarmscope.report.summary import summary
from swarmscope.report.wording import (
    breach_of,
    details,
    figure,
    ledger_of,
    limit,
    printable,
    samples,
    shortened,
    steadiness_of,
    surely,
    titled,
    worst,
)
from swarmscope.two_times import two_times
from swarmscope.verdict.evidence import EndpointErrors, Figures
from swarmscope.verdict.ledger import DIFFERS
from swarmscope.verdict.verdict import Check, ObjectiveResult, Outcome, Verdict
from swarmscope_exporter.run_details import RunDetails

#: verdict.md and report.html have all that were kept.
_MAX_TRACEBACKS = 3
#: Of the endpoints and of the failures; verdict.json and report.html have all.
MAX_LINES = 10
_MIN_NAME_WIDTH, _MESSAGE_WIDTH = 16, 80
_BULLET = "  - "
#: What the other columns of the tables take; the worst minute is left out where it would break names.
_WIDE = 110
_ENDPOINT_FIGURES, _OBJECTIVE_FIGURES, _WORST_MINUTE, _SAMPLES = 56, 47, 23, 9
#: The samples give way to the bound that decides.
_NARROW = 100
#: By verdict, and by status of an objective.
STYLES = {
    "PASS": "green",
    "FAIL": "bold red",
    "WARNING": "yellow",
    "NO DATA": "yellow",
    "UNDECIDED": "yellow",
    "INCONCLUSIVE": "bold yellow",
}


def print_verdict(console: Console, verdict: Verdict, results: Path | None, *, verbose: bool = False) -> None:
    """Print summary and objectives, then the verdict with its reasons, what to do, and where the evidence is."""
    console.print(Group(*_parts(verdict, results, console.width, verbose=verbose)))


def _parts(verdict: Verdict, results: Path | None, width: int, *, verbose: bool) -> Iterator[RenderableType]:
    yield summary_table(verdict.figures, verdict.objectives)
    yield objectives_table(f"{verdict.run.scenario}: objectives", verdict.objectives, width)
    figures = verdict.figures
    if waited := two_times(figures.measured):
        yield Text(waited)
    if figures.endpoints:
        yield endpoints_table(endpoint_lines(figures.endpoints, verdict.objectives), width)
    if verdict.users.failures:
        yield failures_table(failure_lines(verdict.users.failures), width)
    elif figures.endpoint_errors:
        yield errors_table(figures.endpoint_errors)
    if figures.left_out:
        yield Text(printable(left_out_line(figures.left_out)))
    yield from _evidence(verdict, verbose=verbose)
    yield from _steadiness(verdict, verbose=verbose)
    if verdict.users.exceptions:
        yield from _exceptions(verdict)
    if breach := breach_of(verdict):
        yield Text(f"First breach: {breach}", style="red")
    yield Text.assemble("Verdict: ", (verdict.outcome.value, STYLES[verdict.outcome.value]))
    if verdict.outcome is not Outcome.PASS:
        yield Text(cause_of(verdict))
    yield from map(Item, verdict.reasons)
    if verdict.warnings:
        yield Text("Warnings:", style="yellow")
        yield from map(Item, verdict.warnings)
    yield advice_lines(recommendation_of(verdict))
    yield from _places(verdict.run.details, results)


def _places(run: RunDetails, results: Path | None) -> Iterator[Text]:
    """Yield what was tested, where the run has a name for it, and where the evidence is."""
    if run.environment or run.labels:
        yield Text(printable(f"Tested: {', '.join(f'{name} {value}' for name, value in details(run))}"))
    if results is not None:
        yield Text(f"Results: {as_written_here(results)}")
        if (results / REPORT_FILE).is_file():
            yield Text(f"Report: {as_written_here(results / REPORT_FILE)}")


def summary_table(
    figures: Figures, objectives: Sequence[ObjectiveResult], title: str = "Summary, without the ramp"
) -> Table:
    """Return what was counted and measured, with its targets."""
    table = Table(title=title, title_justify="left")
    table.add_column("")
    table.add_column("Measured", justify="right")
    table.add_column("Target", justify="right")
    table.add_column("Result")
    for line in summary(figures, objectives):
        table.add_row(line.what, line.value, line.target, Text(line.result, style=STYLES.get(line.result, "")))
    return table


def advice_lines(recommended: Sequence[str]) -> Group:
    """Return the recommendation."""
    return Group(Text("Recommendation:"), *map(Item, recommended))


class Item:
    """A sentence of a list; its further lines begin where its first word does."""

    def __init__(self, text: str) -> None:
        self._text = printable(text)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = Text(self._text).wrap(console, max(_MIN_NAME_WIDTH, options.max_width - len(_BULLET)))
        for place, line in enumerate(lines):
            line.rstrip()
            yield Text.assemble(" " * len(_BULLET) if place else _BULLET, line)


def objectives_table(title: str, objectives: Sequence[ObjectiveResult], width: int) -> Table:
    """Return each objective with its threshold and what was measured."""
    table = Table(title=title, title_justify="left")
    has_worst, has_bound = width >= _WIDE, any(result.objective.confidence for result in objectives)
    has_samples = not has_bound or width >= _NARROW
    optional = {"Surely": has_bound, "Samples": has_samples, "Worst minute (UTC)": has_worst}
    table.add_column("Objective", no_wrap=True)
    for heading in ("Threshold", "Measured", *(heading for heading, is_shown in optional.items() if is_shown)):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Result", no_wrap=True)
    room = width - _OBJECTIVE_FIGURES - (_WORST_MINUTE if has_worst else 0)
    room -= max(len(surely(each.objective)) for each in objectives) + 3 if has_bound else 0
    room += 0 if has_samples else _SAMPLES
    for result in objectives:
        objective = result.objective
        table.add_row(
            _name(titled(objective), room),
            limit(objective),
            figure(objective, objective.measured),
            *([surely(objective)] if has_bound else []),
            *([samples(objective)] if has_samples else []),
            *([worst(objective)] if has_worst else []),
            Text(result.status.value, style=STYLES[result.status.value]),
        )
    return table


def endpoints_table(lines: Sequence[EndpointLine], width: int) -> Table:
    """Return the endpoints that were asked most; verdict.json and report.html have all."""
    table = Table(title="Endpoints, the ramp included", title_justify="left")
    table.add_column("Endpoint", no_wrap=True)
    for heading in ("Requests", "Failures", "p50", "p95", "p99"):
        table.add_column(heading, justify="right", no_wrap=True)
    for line in lines[:MAX_LINES]:
        figures = (line.requests, line.failures, line.p50, line.p95, line.p99)
        table.add_row(_name(line.endpoint, width - _ENDPOINT_FIGURES), *(shown.text for shown in figures))
    if len(lines) > MAX_LINES:
        table.add_row(Text(f"… and {len(lines) - MAX_LINES} more", style="dim"))
    return table


def failures_table(lines: Sequence[FailureLine], width: int) -> Table:
    """Return the most frequent failures."""
    table = Table(title="Failures", title_justify="left")
    table.add_column("Endpoint", no_wrap=True)
    table.add_column("Said", overflow="fold")
    table.add_column("Count", justify="right", no_wrap=True)
    for line in lines[:MAX_LINES]:
        said = shortened(printable(f"{line.error}: {line.message}"), _MESSAGE_WIDTH)
        table.add_row(_name(line.endpoint, width // 3), Text(said), f"{line.count:,}")
    if len(lines) > MAX_LINES:
        table.add_row(Text(f"… and {len(lines) - MAX_LINES} more", style="dim"))
    return table


def _name(name: str, width: int) -> Text:
    return Text(shortened(printable(name), max(_MIN_NAME_WIDTH, width)))


def errors_table(endpoints: Sequence[EndpointErrors]) -> Table:
    """Return the endpoints with failed requests."""
    table = Table(title="Endpoints with errors, the ramp included", title_justify="left")
    table.add_column("Endpoint", overflow="fold")
    table.add_column("Failed", justify="right")
    table.add_column("Share", justify="right")
    table.add_column("Errors", overflow="fold")
    for line in error_lines(endpoints):
        table.add_row(Text(printable(line.endpoint)), line.failed, line.ratio, line.kinds)
    return table


def _evidence(verdict: Verdict, *, verbose: bool) -> Iterator[RenderableType]:
    """Yield the checks that do not hold, or all of them, and in one line how many do."""
    gaps = [check for check in verdict.checks if not check.ok]
    if verbose or gaps:
        yield _checks(verdict.checks if verbose else gaps)
    if not verbose:
        held = f"{len(verdict.checks) - len(gaps)} of {len(verdict.checks)}" if gaps else len(verdict.checks)
        yield Text.assemble(f"Evidence: {held} checks hold; ", _marked(ledger_of(verdict)), style="dim")


def _steadiness(verdict: Verdict, *, verbose: bool) -> Iterator[Text]:
    """Yield since when the run was steady, or, unless that is a warning, what had to settle first."""
    found = verdict.steadiness
    if found is not None and (verbose or (found.shifts and found.since_seconds is not None)):
        yield Text(f"Steadiness: {steadiness_of(verdict)}", style="dim")


def _checks(checks: Sequence[Check]) -> Table:
    table = Table(title="Evidence", title_justify="left")
    table.add_column("Check")
    table.add_column("Figure", overflow="fold")
    table.add_column("")
    for check in checks:
        table.add_row(
            check.name,
            _marked(printable(check.figure)),
            Text("ok" if check.ok else "gap", style="green" if check.ok else "yellow"),
        )
    return table


def _marked(figure: str) -> Text:
    """Return a figure in which a hop of the ledger that differs from the one before it stands out."""
    text = Text(figure)
    text.highlight_regex(rf"{DIFFERS} \w+ \d+", style="bold yellow")
    return text


def _exceptions(verdict: Verdict) -> Iterator[RenderableType]:
    exceptions = verdict.users.exceptions
    table = Table(title="Exceptions in tasks", title_justify="left")
    table.add_column("User class and type", overflow="fold")
    table.add_column("Count", justify="right")
    table.add_column("")
    for one in exceptions:
        table.add_row(Text(printable(kind_of(one))), str(one.count), whether_it_gates(one))
    yield table
    kept = with_traceback(exceptions)
    for one in kept[:_MAX_TRACEBACKS]:
        yield Text(f"{printable(kind_of(one))}, one of them:")
        yield Text("\n".join(f"  {line}" for line in lines_of(one)), style="dim")
    if len(kept) > _MAX_TRACEBACKS:
        yield Text(f"… and {len(kept) - _MAX_TRACEBACKS} more in verdict.md", style="dim")
