"""Options that several commands have, each defined once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

#: Options of this panel are in --help-all alone.
RARE = "More options"
_ALL_OPTIONS = "swarmscope.all_options"  # in the meta data of a command's context


def rare(*names: str, **settings: Any) -> Any:
    """Return an option that --help leaves out."""
    return typer.Option(*names, rich_help_panel=RARE, **settings)


def _show_all_options(context: typer.Context, wanted: bool) -> None:  # as typer calls it
    if wanted and not context.resilient_parsing:
        context.meta[_ALL_OPTIONS] = True
        typer.echo(context.get_help())
        raise typer.Exit


def is_for_all_options(context: typer.Context) -> bool:
    """Return whether a help text is of all options."""
    return bool(context.meta.get(_ALL_OPTIONS))


HelpAll = Annotated[
    bool,
    typer.Option("--help-all", help="Show all options and exit.", is_eager=True, callback=_show_all_options),
]
Users = Annotated[int | None, typer.Option(help="Peak number of virtual users.")]
UntilSure = Annotated[
    str | None, rare("--until-sure", help="MIN..MAX, such as 1m..10m: end once every objective is decided.")
]
SpawnRate = Annotated[float | None, typer.Option(help="Users started per second.")]
RunTime = Annotated[str | None, typer.Option(help="Length of the run: 90, 30s, 5m, 1h30m.")]
Rate = Annotated[str | None, typer.Option(help="Open model: tasks begun per second: 200/s.")]
Host = Annotated[str | None, typer.Option(help="URL to test; else the [target] of swarmscope.toml.")]
CaBundle = Annotated[Path | None, rare(help="PEM file of the authorities that certificates are verified by.")]
Environment = Annotated[str | None, rare(help="Where the run takes place, such as staging; for the verdict.")]
Labels = Annotated[
    list[str] | None, rare("--label", help="NAME=VALUE, such as build=123, for the verdict; repeatable.")
]
Workers = Annotated[int | None, typer.Option(help="Locust worker processes; half of the cores.")]
Locustfile = Annotated[
    list[str] | None,
    typer.Option(help="Your locustfile; several, with commas; a folder."),
]
UserClasses = Annotated[str | None, rare(help="Only these user classes, comma separated.")]
Tags = Annotated[str | None, rare(help="Only tasks with one of these tags, comma separated.")]
ExcludeTags = Annotated[str | None, rare(help="Leave out tasks with one of these tags.")]
Rules = Annotated[Path, rare(help="Folder of rule files: thresholds and alerts.", show_default="those of the package")]
Thresholds = Annotated[Path | None, typer.Option(help="A file with thresholds of your own.")]
Results = Annotated[Path, typer.Option(help="Folder for results.", show_default="results")]
Baselines = Annotated[Path, typer.Option(help="Folder for baselines.", show_default="baselines")]
StateDir = Annotated[Path, rare(help="Folder for the embedded stack's data.", show_default=".swarmscope")]
PrometheusUrl = Annotated[
    str | None, rare(help="A Prometheus that runs already; none is started.", envvar="PROMETHEUS_URL")
]
ExporterPort = Annotated[
    int | None,
    rare(min=1, max=65535, help="Port of the exporter, for a Prometheus of yours; 9646, or a free one without that."),
]
ExporterHost = Annotated[
    str, rare(help="Interface of the exporter, for a Prometheus on another machine or in a container.")
]
LocustUrl = Annotated[
    str | None,
    rare(
        help="Web interface of a Locust master that runs already, which --prometheus-url scrapes; nothing is started."
    ),
]
Docker = Annotated[bool, typer.Option("--docker", help="On the Docker stack, which keeps running.")]
Confidence = Annotated[
    float | None, rare(help="How sure the run has to be of each threshold of yours: 0.95, or 0 for off.")
]
Baseline = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Fail where the p95 is worse than in a baseline."),
]
RareBaselines = Annotated[Path, rare("--baselines", help="Folder for baselines.", show_default="baselines")]
MaxRegression = Annotated[str, rare(help="How much worse than --baseline the p95 may be.")]
MinSamples = Annotated[
    int, rare(min=1, help="Inconclusive when an objective rests on fewer observations: 20 for a p95 to mean much.")
]
Otel = Annotated[
    str | None, rare("--otel", help="OTLP/HTTP collector to send traces to, such as http://127.0.0.1:4318.")
]
Headless = Annotated[bool, typer.Option("--headless", help="No live display: a line every 10 s.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Say more: timings, all evidence.")]

RunId = Annotated[str | None, typer.Option(help="Which run; see the folders in results/.")]
Last = Annotated[bool, typer.Option("--last", help="The run that began last.")]
FromFolder = Annotated[
    Path | None,
    typer.Option("--from", help="The folder of a run, or one that contains it: its evidence is all that is used."),
]
ItsPrometheus = Annotated[
    str | None,
    typer.Option(help="The Prometheus that watched it; else the embedded one.", envvar="PROMETHEUS_URL"),
]
