"""Uploads the dashboards into a Grafana of yours, or writes them to files for its provisioning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.errors import CommandError
from swarmscope.grafana.client import GrafanaApi, GrafanaUnavailableError, access_to_named
from swarmscope.grafana.dashboards import (
    Datasource,
    datasource_of_uid,
    datasource_of_url,
    only_datasource,
    upload,
    write_out,
)
from swarmscope.network import require_url
from swarmscope.output import new_console
from swarmscope.project.env_file import settings

_TIMEOUT_SECONDS = 30.0

app = new_app()


@app.command(help=__doc__)
def dashboards(
    to: Annotated[str | None, typer.Option(help="URL of the Grafana; log in with GRAFANA_TOKEN.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the files, instead of an upload.")] = None,
    datasource: Annotated[
        str | None, typer.Option(help="UID of its Prometheus datasource; else the only one, or the default.")
    ] = None,
    datasource_url: Annotated[
        str | None, typer.Option(help="Prometheus as Grafana reaches it: its datasource is taken, or created.")
    ] = None,
) -> None:
    console = new_console()
    with one_line_errors():
        _require_one_place(to, out, datasource, datasource_url)
        if out is not None:
            _write(console, out, datasource)
        elif to is not None:
            _upload(console, to.rstrip("/"), datasource, datasource_url)


def _require_one_place(to: str | None, out: Path | None, datasource: str | None, datasource_url: str | None) -> None:
    if (to is None) == (out is None):
        raise CommandError("Give either --to URL, the Grafana to upload into, or --out FOLDER for files")
    require_url("--to", to)
    require_url("--datasource-url", datasource_url)
    if to is not None and "@" in to:
        raise CommandError(
            "--to has a password in it: take it out, and set GRAFANA_TOKEN, or GRAFANA_USER and GRAFANA_PASSWORD"
        )
    if datasource is not None and datasource_url is not None:
        raise CommandError("Give --datasource UID or --datasource-url URL, not both")
    if out is not None and datasource_url is not None:
        raise CommandError("--datasource-url is for an upload: with --out name the datasource by --datasource UID")


def _upload(console: Console, url: str, uid: str | None, prometheus_url: str | None) -> None:
    try:
        api = GrafanaApi(access_to_named(url, settings()), _TIMEOUT_SECONDS)
        chosen = _datasource(api, uid, prometheus_url)
        _say(console, f"Datasource {chosen.name} ({chosen.uid}){', created' if chosen.was_created else ''}")
        if chosen.warning:
            _say(console, f"Warning: {chosen.warning}", "yellow")
        for name, change in upload(api, chosen):
            _say(console, f"{change}: {url}/d/{name}")
    except GrafanaUnavailableError as error:
        raise CommandError(f"Grafana at {url} did not take the dashboards: {error}") from error


def _datasource(api: GrafanaApi, uid: str | None, prometheus_url: str | None) -> Datasource:
    if uid is not None:
        return datasource_of_uid(api, uid)
    return only_datasource(api) if prometheus_url is None else datasource_of_url(api, prometheus_url)


def _write(console: Console, folder: Path, uid: str | None) -> None:
    written = write_out(folder, None if uid is None else Datasource(uid, uid))
    _say(
        console,
        f"Wrote {len(written) - 1} dashboards to {folder.absolute()}. Copy {written[-1].name} from there to"
        " provisioning/dashboards/ of Grafana, and restart it.",
    )


def _say(console: Console, text: str, style: str | None = None) -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
