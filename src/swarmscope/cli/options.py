"""Options that several commands have, each defined once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Users = Annotated[int | None, typer.Option(help="Peak number of virtual users.")]
SpawnRate = Annotated[float | None, typer.Option(help="Users started per second.")]
RunTime = Annotated[str | None, typer.Option(help="Length of the run: 90, 30s, 5m, 1h30m. Stages scale along.")]
Host = Annotated[
    str | None,
    typer.Option(
        help="URL of your own API. Without it: the hosts of your user classes, or the reference API for its own."
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(help="Locust worker processes, half of the cores by default; 0 runs everything in one."),
]
Locustfile = Annotated[Path, typer.Option(help="Your own locustfile.")]
UserClasses = Annotated[str | None, typer.Option(help="Only these user classes, comma separated.")]
Tags = Annotated[str | None, typer.Option(help="Only tasks with one of these tags, comma separated.")]
ExcludeTags = Annotated[str | None, typer.Option(help="Leave out tasks with one of these tags.")]
Rules = Annotated[Path, typer.Option(help="Folder of rule files: thresholds and alerts.")]
Thresholds = Annotated[Path | None, typer.Option(help="A file with thresholds of your own, on top of the rules.")]
Results = Annotated[Path, typer.Option(help="Folder for the results of runs.")]
StateDir = Annotated[Path, typer.Option(help="Folder for the embedded stack's data.")]
PrometheusUrl = Annotated[
    str | None, typer.Option(help="A Prometheus that runs already; none is started.", envvar="PROMETHEUS_URL")
]
LocustUrl = Annotated[
    str | None,
    typer.Option(
        help="Web interface of a Locust master that runs already, which --prometheus-url scrapes; nothing is started."
    ),
]
Docker = Annotated[
    bool, typer.Option("--docker", help="On the Docker stack, which is brought up and keeps running afterwards.")
]
MinSamples = Annotated[
    int,
    typer.Option(min=1, help="Inconclusive when an objective rests on fewer observations: 20 for a p95 to mean much."),
]
Otel = Annotated[
    str | None, typer.Option("--otel", help="OTLP/HTTP collector to send traces to, such as http://127.0.0.1:4318.")
]
Headless = Annotated[bool, typer.Option("--headless", help="No live display: a line every 10 s.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Say more: timings, all evidence.")]
