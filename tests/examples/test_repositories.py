"""Repositories in the shapes that people have, none with a line of ours: run as their READMEs say, and judged."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from tests.examples.repository import EXAMPLES, NEEDED, Copy, Repository
from tests.wheels import build, environment, pip_install

REPOSITORIES = (
    Repository("shop", workers=1),
    Repository("feed", workers=0),
    Repository("shape", workers=1, load=()),
    Repository("grpc", workers=1),
    Repository("websocket", workers=0),
    Repository("xmlrpc", workers=1),
    Repository("package", workers=1),
    Repository("folders", workers=0),
)
every = pytest.mark.parametrize("repository", REPOSITORIES, ids=lambda repository: repository.name)
#: Half a minute each: the others are judged with the faults.
JUDGED_EACH_TIME = frozenset({"shop"})
judged = pytest.mark.parametrize(
    "repository",
    [pytest.param(each, marks=() if each.name in JUDGED_EACH_TIME else pytest.mark.faults) for each in REPOSITORIES],
    ids=lambda repository: repository.name,
)
#: At the end Locust kills a user whose wait ends in that moment: what it had just asked is counted by the server alone.
USERS = 3


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment with the wheel, what it declares, and what the locustfiles import."""
    folder = tmp_path_factory.mktemp("installed")
    build(folder, "wheel")
    python = environment(folder, "pip", *NEEDED)
    pip_install(python, *folder.glob("*.whl"))
    return python


def test_every_folder_is_one_of_them_or_the_example_that_the_docs_walk_through() -> None:
    folders = {path.parent.name for path in EXAMPLES.glob("*/README.md")}
    assert folders == {repository.name for repository in REPOSITORIES} | {"own_api"}


@every
def test_no_line_of_its_python_is_ours_and_its_readme_is_short(repository: Repository) -> None:
    files = list(repository.folder.rglob("*.py"))
    assert [path.name for path in files if re.search(r"swarmscope|lean_http|observe\(", path.read_text())] == []
    assert len((repository.folder / "README.md").read_text().splitlines()) <= 15


def test_their_servers_have_ports_of_their_own_which_the_readmes_and_settings_name() -> None:
    ports = set()
    for repository in REPOSITORIES:
        [port] = re.findall(r'"--port", type=int, default=(\d+)', (repository.folder / "server.py").read_text())
        texts = [path.read_text() for path in repository.folder.rglob("*") if path.suffix in {".md", ".toml", ".py"}]
        assert {found for text in texts for found in re.findall(r"127\.0\.0\.1:(\d+)", text)} == {port}
        ports.add(port)
    assert len(ports) == len(REPOSITORIES)


@pytest.mark.real
@every
def test_it_runs_under_plain_locust_which_counts_what_the_server_counts(
    repository: Repository, tmp_path: Path, python: Path
) -> None:
    with Copy(repository, tmp_path, python) as copy:
        ended = copy.locust("-u", str(USERS), "-r", "3", "-t", "5s", "--stop-timeout", "5", "--json-file", "stats")
        answered = copy.answered()
    assert ended.code == 0, ended.text
    entries = json.loads((copy.folder / "stats.json").read_text())
    assert sum(entry["num_failures"] for entry in entries) == 0
    counted = sum(entry["num_requests"] for entry in entries)
    assert counted > USERS
    assert counted <= answered <= counted + USERS


@pytest.mark.alone
@pytest.mark.real
@judged
def test_it_passes_and_every_hop_counts_what_the_server_counts(
    repository: Repository, tmp_path: Path, python: Path
) -> None:
    with Copy(repository, tmp_path, python) as copy:
        ended = copy.swarmscope()
        answered = copy.answered()
    assert ended.code == 0, ended.text
    verdict = copy.verdict()
    assert (verdict["verdict"], verdict["reasons"], verdict["task_exceptions"]) == ("PASS", [], [])
    ledger = verdict["ledger"]
    counted = sum(ledger["workers"].values())
    assert counted > 50
    assert (ledger["locust"], ledger["exporter"], ledger["prometheus"]) == (counted, counted, counted)
    assert counted <= answered <= counted + ledger["cut_off"] + verdict["users"]["cut_off"]
    assert len(ledger["workers"]) == 1
    if repository.name == "shop":
        limits = {(item["objective"], item["name"]): item["threshold"] for item in verdict["objectives"]}
        assert limits["latency_p95_seconds", None] == 0.3
        assert limits["endpoint_latency_p95_seconds", "/checkout"] == 0.5
    if repository.name == "package":
        assert counts(copy)["/{tenant}/orders"] > 10, "--scenario buy did not reach the users"


@pytest.mark.faults
@pytest.mark.real
@every
def test_a_broken_server_is_not_passed(repository: Repository, tmp_path: Path, python: Path) -> None:
    with Copy(repository, tmp_path, python, "--broken") as copy:
        ended = copy.swarmscope()
    assert ended.code == {"FAIL": 1, "INCONCLUSIVE": 2}[repository.fault], ended.text
    assert copy.verdict()["verdict"] == repository.fault
    assert "Traceback" not in ended.text


def counts(copy: Copy) -> dict[str, int]:
    with (copy.results / "locust-requests.csv").open() as file:
        return {row["Name"]: int(row["Request Count"]) for row in csv.DictReader(file)}
