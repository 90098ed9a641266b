"""Keeps the runs that later ones are compared with, as files for version control."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from swarmscope.cli import options as given
from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.objectives import figure_of
from swarmscope.output import new_console
from swarmscope.project.files import as_written_here
from swarmscope.project.places import DEFAULT_BASELINES, DEFAULT_RESULTS

if TYPE_CHECKING:
    from rich.table import Table

    from swarmscope.compare.summary import RunSummary
    from swarmscope.run.baselines import Baseline

SCHEMA_VERSION = 1  #: of --json, described in docs/comparison.md
#: What a column takes beyond its text; a longer cell than that is folded.
_FRAME, _MAX_CELL = 3, 30
_OF_NUMBERS = frozenset({"Runs", "p95", "Spread", "Rate", "Errors"})
_THAT_FOLD = frozenset({"Scenario", "Machine", "Run", "Against it"})
_RUN_FIGURES = ("latency_p95_seconds", "throughput_requests_per_second", "error_ratio")

app = new_app(help=__doc__, no_args_is_help=True)


@app.command(help="Adds runs to the baseline of their scenario and machine class.", needs=("swarmscope.run.sides",))
def add(
    runs: Annotated[list[str], typer.Argument(metavar="RUN", help="Folders of runs, run ids, or `last`.")],
    name: Annotated[str, typer.Option(help="Name of the baseline, instead of the scenario.", show_default=False)] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Add a run that did not pass, or is unlike the others, which is noted.")
    ] = False,
    results: given.Results = DEFAULT_RESULTS,
    baselines: given.Baselines = DEFAULT_BASELINES,
) -> None:
    from swarmscope.run.baselines import added, baselines_in  # noqa: PLC0415  # see `needs`
    from swarmscope.run.sides import side_of  # noqa: PLC0415

    console = new_console()
    with one_line_errors():
        found = {run.run_id: run for text in runs for run in side_of(text, results, baselines).runs}
        kept = added(tuple(found.values()), baselines, name, force=force)
        for each in kept:
            told = f"Added {each.run.run_id} to {as_written_here(each.path.parent)}"
            _say(console, f"{told}{each.note and f', by --force: {each.note}'}")
        for place in dict.fromkeys(each.baseline for each in kept):
            _say(console, _needed(baselines_in(baselines, place)[0]))


@app.command(help="Lists the baselines, or the runs of one.", needs=("swarmscope.run.baselines",))
def show(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="SCENARIO or SCENARIO/MACHINE: lists its runs.", show_default=False)
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: see docs/comparison.md.")] = False,
    baselines: given.Baselines = DEFAULT_BASELINES,
) -> None:
    from swarmscope.run.baselines import baselines_in  # noqa: PLC0415  # see `needs`

    console = new_console()
    with one_line_errors():
        found = baselines_in(baselines, name)
    if as_json:
        sys.stdout.write(_as_json(found))
        return
    if name:
        for each in found:
            console.print(_table_of_runs(each, console.width))
    else:
        console.print(_table(found, as_written_here(baselines), console.width))
    for each in found:
        _say(console, _needed(each))


def _needed(baseline: Baseline) -> str:
    """Return whether a comparison with it can decide, and what that takes."""
    from swarmscope.compare.judge import MIN_BASELINE_RUNS  # noqa: PLC0415

    count = len(baseline.runs)
    has = f"{baseline.name} has {count} run{'s' if count != 1 else ''}"
    if not baseline.missing:
        return f"{has}: a comparison with it can decide"
    return f"{has}: {baseline.missing} more needed, for a comparison decides from {MIN_BASELINE_RUNS} on"


def _table(found: Sequence[Baseline], folder: Path, width: int) -> Table:
    rows = [
        (
            each.name.rpartition("/")[0] or each.runs[0].conditions.scenario,
            each.name.rpartition("/")[2],
            f"{len(each.runs)}",
            figure_of("_seconds", each.p95_seconds, none="-"),
            "-" if each.p95_spread is None else f"{each.p95_spread:.1%}",
            figure_of("_per_second", each.requests_per_second, none="-"),
            _day(each.runs[0]),
            _day(each.runs[-1]),
            _commit(each.runs[-1]),
        )
        for each in found
    ]
    headings = ("Scenario", "Machine", "Runs", "p95", "Spread", "Rate", "Oldest", "Newest", "Commit")
    title = f"{len(found)} baseline{'s' if len(found) != 1 else ''} in {folder}"
    return _grid(title, _that_fit(headings, rows, ("Oldest", "Commit", "Newest"), width), rows)


def _table_of_runs(baseline: Baseline, width: int) -> Table:
    from swarmscope.run.baselines import figure_of_run  # noqa: PLC0415

    rows = [
        (
            run.run_id,
            run.verdict,
            *(figure_of(name, figure_of_run(run, name), none="-") for name in _RUN_FIGURES),
            _commit(run),
            run.note or "-",
        )
        for run in baseline.runs
    ]
    headings = ("Run", "Verdict", "p95", "Rate", "Errors", "Commit", "Against it")
    return _grid(baseline.name, _that_fit(headings, rows, ("Commit", "Errors", "Rate"), width), rows)


def _that_fit(
    headings: Sequence[str], rows: Sequence[Sequence[str]], left_out: Sequence[str], width: int
) -> dict[str, int]:
    """Return the columns that fit into so many of the terminal, by heading; ``left_out`` go first, in that order."""
    widths = {
        heading: max(len(heading), *(min(len(row[place]), _MAX_CELL) for row in rows)) + _FRAME
        for place, heading in enumerate(headings)
    }
    places = {heading: place for place, heading in enumerate(headings)}
    for heading in left_out:
        if 1 + sum(widths[each] for each in places) > width:
            del places[heading]
    return places


def _grid(title: str, places: Mapping[str, int], rows: Iterable[Sequence[str]]) -> Table:
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from swarmscope.report.terminal import STYLES  # noqa: PLC0415
    from swarmscope.report.wording import printable  # noqa: PLC0415

    table = Table(title=Text(title), title_justify="left")
    for heading in places:
        table.add_column(
            heading,
            justify="right" if heading in _OF_NUMBERS else "left",
            no_wrap=heading not in _THAT_FOLD,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(printable(row[at]), style=STYLES.get(row[at], "")) for at in places.values()))
    return table


def _day(run: RunSummary) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(run.began_seconds))


def _commit(run: RunSummary) -> str:
    """Return the beginning of a hash, with a star where files differed from it."""
    return f"{run.commit.removesuffix('-dirty')[:7]}{'*' if run.commit.endswith('-dirty') else ''}" or "-"


def _as_json(found: Sequence[Baseline]) -> str:
    document = {"schema": SCHEMA_VERSION, "baselines": [_fields(each) for each in found]}
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace").decode()


def _fields(baseline: Baseline) -> dict[str, Any]:
    from swarmscope.report.wording import moment  # noqa: PLC0415
    from swarmscope.run.baselines import figure_of_run  # noqa: PLC0415

    newest = baseline.runs[-1]
    return {
        "name": baseline.name,
        "scenario": newest.conditions.scenario,
        "machine": newest.conditions.machine,
        "needed_runs": baseline.missing,
        "latency_p95_seconds": baseline.p95_seconds,
        "latency_p95_spread_ratio": baseline.p95_spread,
        "throughput_requests_per_second": baseline.requests_per_second,
        "runs": [
            {
                "run_id": run.run_id,
                "began": moment(run.began_seconds),
                "verdict": run.verdict,
                **{figure: figure_of_run(run, figure) for figure in _RUN_FIGURES},
                "commit": run.commit,
                "note": run.note,
            }
            for run in baseline.runs
        ],
    }


def _say(console: Any, line: str) -> None:
    from swarmscope.report.wording import printable  # noqa: PLC0415

    console.print(printable(line), markup=False, highlight=False, soft_wrap=True)
