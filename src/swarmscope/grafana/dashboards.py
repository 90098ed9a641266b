"""The committed dashboards in a Grafana of the user's own: uploaded, or written to files for its provisioning."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from swarmscope.errors import CommandError
from swarmscope.grafana.client import GrafanaApi, GrafanaForbiddenError, GrafanaMissingError
from swarmscope.project.places import GRAFANA_DIR

FOLDER_UID, FOLDER_TITLE = "swarmscope", "Swarmscope"
#: Every dashboard of ours has it: one without it that has the same uid is another's, and stays as it is.
TAG = "swarmscope"
SCRAPE_INTERVAL = "2s"
_DATASOURCE_UID, _DATASOURCE_NAME = "swarmscope-prometheus", "Swarmscope Prometheus"
_PROVIDER_FILE = "swarmscope.yml"

Dashboard = dict[str, Any]


class Change(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Datasource:
    """A Prometheus as Grafana knows it; ``interval`` is its scrape interval, empty when that is not set."""

    uid: str
    name: str
    interval: str = ""
    was_created: bool = False

    @property
    def warning(self) -> str:
        """What would make rates coarser than they are; empty when nothing does."""
        if self.interval in {SCRAPE_INTERVAL, "1s"}:
            return ""
        found = f"is {self.interval}" if self.interval else "is not set, which means 15s"
        return (
            f"the scrape interval of datasource {self.name} {found}: set it to {SCRAPE_INTERVAL} there for exact rates"
        )


def dashboards(datasource: Datasource | None = None) -> tuple[Dashboard, ...]:
    """Return the committed dashboards; with a datasource, each opens with that one chosen."""
    found = []
    for path in sorted((GRAFANA_DIR / "dashboards").glob("*.json")):
        dashboard: Dashboard = json.loads(path.read_text(encoding="utf-8"))
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "datasource" and datasource is not None:
                variable["current"] = {"selected": True, "text": datasource.name, "value": datasource.uid}
        found.append(dashboard)
    return tuple(found)


def datasource_of_uid(api: GrafanaApi, uid: str) -> Datasource:
    """Return the Prometheus datasource with that uid; raise CommandError with those that there are when it is none."""
    try:
        rows = api.datasources()
    except GrafanaForbiddenError:  # an Editor may write dashboards, and not list datasources
        return Datasource(uid, uid, SCRAPE_INTERVAL)
    for row in rows:
        if row["uid"] == uid and row.get("type") == "prometheus":
            return _datasource(row)
    raise CommandError(f"--datasource {uid} is not a Prometheus datasource there: expected {_listed(rows)}")


def datasource_of_url(api: GrafanaApi, url: str) -> Datasource:
    """Return the datasource of a Prometheus at that address, as Grafana reaches it; one is created where none is."""
    for row in api.datasources():
        if row.get("type") == "prometheus" and str(row.get("url", "")).rstrip("/") == url.rstrip("/"):
            return _datasource(row)
    created = {"name": _DATASOURCE_NAME, "uid": _DATASOURCE_UID, "type": "prometheus", "access": "proxy", "url": url}
    api.add_datasource(created | {"jsonData": {"httpMethod": "POST", "timeInterval": SCRAPE_INTERVAL}})
    return Datasource(_DATASOURCE_UID, _DATASOURCE_NAME, SCRAPE_INTERVAL, was_created=True)


def only_datasource(api: GrafanaApi) -> Datasource:
    """Return the Prometheus datasource where there is one, or the default of several; else raise CommandError."""
    try:
        rows = api.datasources()
    except GrafanaForbiddenError as error:
        raise CommandError(
            "This account may not list the datasources of Grafana: name one with --datasource UID"
        ) from error
    found = [row for row in rows if row.get("type") == "prometheus"]
    chosen = found if len(found) == 1 else [row for row in found if row.get("isDefault")]
    if chosen:
        return _datasource(chosen[0])
    if found:
        raise CommandError(f"Which Prometheus? Name one with --datasource UID: {_listed(rows)}")
    raise CommandError(
        f"Grafana has no Prometheus datasource ({_listed(rows)}): create one with --datasource-url URL, the address of"
        " Prometheus as Grafana reaches it"
    )


def _datasource(row: dict[str, Any]) -> Datasource:
    return Datasource(row["uid"], str(row.get("name")), str((row.get("jsonData") or {}).get("timeInterval") or ""))


def _listed(rows: tuple[dict[str, Any], ...]) -> str:
    prometheus = [row for row in rows if row.get("type") == "prometheus"]
    listed = [f"{row['uid']} ({row.get('name')}, {row.get('type')})" for row in prometheus or rows]
    return ", ".join(listed) or "it has none at all"


def upload(api: GrafanaApi, datasource: Datasource) -> Iterator[tuple[str, Change]]:
    """Write all dashboards into the folder Swarmscope, and yield the uid of each with what became of it.

    One that a person has moved stays where it is. Raise CommandError, before anything is written, when a dashboard
    there is not ours, or is provisioned from a file.
    """
    ours = dashboards(datasource)
    there = {dashboard["uid"]: _existing(api, dashboard["uid"]) for dashboard in ours}
    folder_uid = _folder(api)
    for dashboard in ours:
        uid, before = dashboard["uid"], there[dashboard["uid"]]
        if before is None:
            api.save_dashboard(dashboard, folder_uid)
            yield uid, Change.CREATED
        elif _content(before["dashboard"]) == _content(dashboard):
            yield uid, Change.UNCHANGED
        else:
            api.save_dashboard(dashboard, str((before.get("meta") or {}).get("folderUid") or ""))
            yield uid, Change.UPDATED


def _existing(api: GrafanaApi, uid: str) -> dict[str, Any] | None:
    try:
        found = api.dashboard(uid)
    except GrafanaMissingError:
        return None
    title = found["dashboard"].get("title", uid)
    if TAG not in (found["dashboard"].get("tags") or ()):
        raise CommandError(
            f"The dashboard {title!r} in that Grafana has the uid {uid}, and not the tag {TAG}: it is not ours, so it"
            " is left as it is and nothing was uploaded; give it another uid, or provision ours from files (--out)"
        )
    if (found.get("meta") or {}).get("provisioned"):
        raise CommandError(
            f"The dashboard {title!r} in that Grafana is provisioned from a file, which an upload cannot change: write"
            " new files with --out FOLDER, or take the provisioning away"
        )
    return found


def _folder(api: GrafanaApi) -> str:
    for folder in api.folders():
        if folder["uid"] == FOLDER_UID or folder.get("title") == FOLDER_TITLE:
            return str(folder["uid"])
    api.add_folder(FOLDER_UID, FOLDER_TITLE)
    return FOLDER_UID


def _content(dashboard: Dashboard) -> Dashboard:
    """Return a dashboard without what Grafana counts itself."""
    return {name: value for name, value in dashboard.items() if name not in {"id", "version"}}


def write_out(folder: Path, datasource: Datasource | None) -> tuple[Path, ...]:
    """Write the dashboards, and a provider file that makes Grafana read that folder; return what was written.

    Raise CommandError when a file there is not ours, or the folder cannot be written.
    """
    files = {folder / f"{dashboard['uid']}.json": dashboard for dashboard in dashboards(datasource)}
    provider = folder / _PROVIDER_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in files:
            _require_ours(path)
        for path, dashboard in files.items():
            path.write_text(json.dumps(dashboard, indent=2) + "\n", encoding="utf-8")
        provider.write_text(yaml.safe_dump(_provider(folder.absolute()), sort_keys=False), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"The dashboards cannot be written to {folder}: {error.strerror}") from error
    return (*files, provider)


def _require_ours(path: Path) -> None:
    try:
        tags = json.loads(path.read_text(encoding="utf-8")).get("tags") or ()
    except FileNotFoundError:
        return
    except (ValueError, AttributeError):
        tags = ()
    if TAG not in tags:
        raise CommandError(f"{path} is not a dashboard of Swarmscope: give --out another folder, or move the file")


def _provider(folder: Path) -> dict[str, Any]:
    options = {"path": str(folder)}
    provider = {"name": TAG, "folder": FOLDER_TITLE, "type": "file", "allowUiUpdates": False, "options": options}
    return {"apiVersion": 1, "providers": [provider]}
