"""swarmscope dashboards: into a Grafana of the user's own as often as one likes, or into files; errors in one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from swarmscope.cli.dashboards import app
from tests.cli.command import Ended, call
from tests.grafana.standin_api import PROMETHEUS, TOKEN, Grafana, served
from tests.places import ROOT

UIDS = sorted(path.stem for path in (ROOT / "grafana" / "dashboards").glob("*.json"))


@pytest.fixture
def grafana(monkeypatch: pytest.MonkeyPatch) -> Iterator[Grafana]:
    for name in ("GRAFANA_URL", "GRAFANA_USER", "GRAFANA_PASSWORD", "GRAFANA_ADMIN_PASSWORD"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("GRAFANA_TOKEN", TOKEN)
    with served(Grafana()) as running:
        yield running


def upload(grafana: Grafana, *options: str) -> Ended:
    return call(app, "--to", grafana.url, *options)


def refused(grafana: Grafana, *options: str) -> str:
    ended = upload(grafana, *options)
    assert ended.exit_code == 2
    return ended.error_line


def chosen(dashboard: dict[str, Any]) -> list[Any]:
    variables = dashboard["templating"]["list"]
    return [variable["current"]["value"] for variable in variables if variable["type"] == "datasource"]


def test_all_dashboards_are_created_in_the_folder_with_the_only_prometheus_chosen(grafana: Grafana) -> None:
    ended = upload(grafana)
    assert (ended.exit_code, ended.error) == (0, "")
    assert ended.output.splitlines() == [
        "Datasource Prometheus (prom-1)",
        *(f"created: {grafana.url}/d/{uid}" for uid in UIDS),
    ]
    assert grafana.folders == [{"uid": "swarmscope", "title": "Swarmscope"}]
    assert {kept["meta"]["folderUid"] for kept in grafana.dashboards.values()} == {"swarmscope"}
    assert [chosen(kept["dashboard"]) for kept in grafana.dashboards.values()] == [["prom-1"]] * len(UIDS)
    assert grafana.authorizations == {f"Bearer {TOKEN}"}


def test_a_second_upload_changes_nothing_and_one_after_a_change_updates_just_that(grafana: Grafana) -> None:
    upload(grafana)
    assert upload(grafana).output.splitlines()[1:] == [f"unchanged: {grafana.url}/d/{uid}" for uid in UIDS]
    grafana.dashboards["soak"]["dashboard"]["title"] = "Mine"
    lines = upload(grafana).output.splitlines()
    assert [line for line in lines if line.startswith("updated")] == [f"updated: {grafana.url}/d/soak"]
    assert grafana.dashboards["soak"]["dashboard"]["title"] == "Soak"
    assert {kept["dashboard"]["version"] for kept in grafana.dashboards.values()} == {1, 2}
    assert len(grafana.folders) == 1


def test_a_dashboard_that_was_moved_stays_where_it_is_and_a_folder_of_that_name_is_used(grafana: Grafana) -> None:
    grafana.folders = [{"uid": "abc", "title": "Swarmscope"}, {"uid": "team", "title": "Team"}]
    upload(grafana)
    moved = grafana.dashboards["soak"]
    moved["meta"]["folderUid"] = "team"
    moved["dashboard"]["title"] = "Mine"
    upload(grafana)
    assert {uid: kept["meta"]["folderUid"] for uid, kept in grafana.dashboards.items()} == {
        **dict.fromkeys(UIDS, "abc"),
        "soak": "team",
    }


def test_of_several_the_default_is_taken_or_the_one_that_is_named(grafana: Grafana) -> None:
    other = PROMETHEUS | {"uid": "prom-2", "name": "Load tests", "isDefault": False, "jsonData": {}}
    grafana.datasources.append(other)
    assert upload(grafana).output.startswith("Datasource Prometheus (prom-1)\n")
    lines = upload(grafana, "--datasource", "prom-2").output.splitlines()
    assert lines[:2] == [
        "Datasource Load tests (prom-2)",
        (
            "Warning: the scrape interval of datasource Load tests is not set, which means 15s: set it to 2s there for"
            " exact rates"
        ),
    ]
    assert chosen(grafana.dashboards["soak"]["dashboard"]) == ["prom-2"]


def test_a_datasource_is_created_for_an_address_once(grafana: Grafana) -> None:
    grafana.datasources = []
    address = ("--datasource-url", "http://prometheus:9090/")
    assert upload(grafana, *address).output.startswith("Datasource Swarmscope Prometheus (swarmscope-prometheus), cre")
    assert upload(grafana, *address).output.startswith("Datasource Swarmscope Prometheus (swarmscope-prometheus)\n")
    assert grafana.datasources == [
        {
            "name": "Swarmscope Prometheus",
            "uid": "swarmscope-prometheus",
            "type": "prometheus",
            "access": "proxy",
            "url": "http://prometheus:9090/",
            "jsonData": {"httpMethod": "POST", "timeInterval": "2s"},
        }
    ]


def test_without_a_prometheus_datasource_those_that_exist_are_listed(grafana: Grafana) -> None:
    grafana.datasources = [{"uid": "loki-1", "name": "Logs", "type": "loki"}]
    assert refused(grafana) == (
        "Grafana has no Prometheus datasource (loki-1 (Logs, loki)): create one with --datasource-url URL, the address"
        " of Prometheus as Grafana reaches it"
    )
    assert refused(grafana, "--datasource", "loki-1") == (
        "--datasource loki-1 is not a Prometheus datasource there: expected loki-1 (Logs, loki)"
    )
    grafana.datasources = []
    assert "(it has none at all)" in refused(grafana)
    assert grafana.dashboards == {}


def test_of_several_without_a_default_one_has_to_be_named(grafana: Grafana) -> None:
    grafana.datasources = [PROMETHEUS | {"isDefault": False}, PROMETHEUS | {"uid": "prom-2", "isDefault": False}]
    assert refused(grafana) == (
        "Which Prometheus? Name one with --datasource UID: prom-1 (Prometheus, prometheus), prom-2 (Prometheus,"
        " prometheus)"
    )


def test_an_editor_who_may_not_list_datasources_names_one(grafana: Grafana) -> None:
    grafana.may_list = False
    assert refused(grafana) == ("This account may not list the datasources of Grafana: name one with --datasource UID")
    assert upload(grafana, "--datasource", "prom-1").exit_code == 0
    assert chosen(grafana.dashboards["soak"]["dashboard"]) == ["prom-1"]


def test_a_dashboard_of_another_team_is_left_as_it_is_and_nothing_is_uploaded(grafana: Grafana) -> None:
    theirs = {"dashboard": {"uid": "spike", "title": "Spikes", "tags": ["sales"]}, "meta": {}}
    grafana.dashboards["spike"] = theirs
    assert refused(grafana) == (
        "The dashboard 'Spikes' in that Grafana has the uid spike, and not the tag swarmscope: it is not ours, so it is"
        " left as it is and nothing was uploaded; give it another uid, or provision ours from files (--out)"
    )
    assert grafana.dashboards == {"spike": theirs}


def test_a_provisioned_dashboard_is_not_written_over(grafana: Grafana) -> None:
    provisioned = {"dashboard": {"uid": "soak", "title": "Soak", "tags": ["swarmscope"]}, "meta": {"provisioned": True}}
    grafana.dashboards["soak"] = provisioned
    assert refused(grafana).startswith("The dashboard 'Soak' in that Grafana is provisioned from a file")


def test_a_wrong_token_is_one_line(grafana: Grafana, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFANA_TOKEN", "glsa_old")
    assert refused(grafana) == (
        f"Grafana at {grafana.url} did not take the dashboards: it refuses our token or password"
    )


def test_a_name_and_a_password_do_as_well(grafana: Grafana, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFANA_TOKEN", "")
    monkeypatch.setenv("GRAFANA_USER", "user")
    monkeypatch.setenv("GRAFANA_PASSWORD", "pass")
    assert upload(grafana).exit_code == 0
    assert grafana.authorizations == {"Basic dXNlcjpwYXNz"}


def test_nothing_to_log_in_with_and_the_token_of_another_grafana_are_told(
    grafana: Grafana, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFANA_URL", "https://grafana.example.com")
    wanted = "set GRAFANA_TOKEN to the token of a service account with the role Editor or Admin"
    assert refused(grafana) == (
        f"Grafana at {grafana.url} did not take the dashboards: {wanted}; the one that is set is for GRAFANA_URL,"
        " https://grafana.example.com"
    )
    monkeypatch.setenv("GRAFANA_URL", "")
    monkeypatch.setenv("GRAFANA_TOKEN", "")
    assert refused(grafana) == f"Grafana at {grafana.url} did not take the dashboards: {wanted}"
    assert grafana.authorizations == set()


@pytest.mark.usefixtures("grafana")
def test_an_address_where_no_grafana_answers_is_one_line() -> None:
    ended = call(app, "--to", "http://127.0.0.1:9")
    assert (ended.exit_code, ended.error_line) == (
        2,
        "Grafana at http://127.0.0.1:9 did not take the dashboards: connection refused",
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "Give either --to URL, the Grafana to upload into, or --out FOLDER for files"),
        (
            ("--to", "grafana:3000"),
            "Invalid --to 'grafana:3000': expected an address such as http://127.0.0.1:8000",
        ),
        (
            ("--to", "http://admin:secret@grafana:3000"),
            "--to has a password in it: take it out, and set GRAFANA_TOKEN, or GRAFANA_USER and GRAFANA_PASSWORD",
        ),
        (
            ("--to", "http://grafana:3000", "--datasource", "a", "--datasource-url", "http://b"),
            "Give --datasource UID or --datasource-url URL, not both",
        ),
        (
            ("--out", "boards", "--datasource-url", "http://b"),
            "--datasource-url is for an upload: with --out name the datasource by --datasource UID",
        ),
    ],
)
def test_options_that_make_no_sense_are_one_line(options: tuple[str, ...], said: str) -> None:
    ended = call(app, *options)
    assert (ended.exit_code, ended.error_line) == (2, said)


def test_files_for_provisioning_are_the_committed_dashboards_and_a_provider(tmp_path: Path) -> None:
    folder = tmp_path / "boards"
    for _ in range(2):  # files of its own may be written again
        ended = call(app, "--out", str(folder))
        assert (ended.exit_code, ended.error) == (0, "")
    assert ended.output == (
        f"Wrote {len(UIDS)} dashboards to {folder}. Copy swarmscope.yml from there to provisioning/dashboards/ of"
        " Grafana, and restart it.\n"
    )
    committed = {uid: json.loads((ROOT / "grafana" / "dashboards" / f"{uid}.json").read_text()) for uid in UIDS}
    assert {uid: json.loads((folder / f"{uid}.json").read_text()) for uid in UIDS} == committed
    assert f"path: {folder}" in (folder / "swarmscope.yml").read_text()
    call(app, "--out", str(folder), "--datasource", "prom-9")
    assert chosen(json.loads((folder / "soak.json").read_text())) == ["prom-9"]


def test_a_file_of_the_users_own_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "soak.json").write_text('{"title": "mine"}')
    ended = call(app, "--out", str(tmp_path))
    assert (ended.exit_code, ended.error_line) == (
        2,
        f"{tmp_path / 'soak.json'} is not a dashboard of Swarmscope: give --out another folder, or move the file",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["soak.json"]
