"""--docker: what is asked of docker compose, with a stand-in for docker that writes down how it was called."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scripts.seed_data import app as seed_data
from swarmscope.errors import CommandError
from swarmscope.run import docker
from swarmscope.run.docker import on_docker
from swarmscope.run.options import RunOptions, default_workers
from tests.cli.command import call
from tests.stack.conftest import make_program

# `docker compose --file FILE COMMAND …`: $3 is the file.
FAKE_DOCKER = r"""
shift 3
echo "$*${OTEL_EXPORTER_OTLP_ENDPOINT:+ to $OTEL_EXPORTER_OTLP_ENDPOINT}" >>"$CALLS"
case "$1 $2" in
  "port locust-master") echo 127.0.0.1:18089 ;;
  "port prometheus") echo 127.0.0.1:19090 ;;
esac
exit "${DOCKER_FAILS:-0}"
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_program(tmp_path / "bin" / "docker", FAKE_DOCKER)
    path = tmp_path / "calls"
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(path))
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    monkeypatch.setattr(docker, "ensure_env_file", lambda: path.write_text("made .env\n"))
    return path


@pytest.mark.real
def test_the_stack_comes_up_with_its_secrets_and_the_runs_addresses_are_those_it_publishes(calls: Path) -> None:
    options = on_docker(RunOptions("smoke", workers=3))
    up = "up --build --detach --wait --wait-timeout 300 --scale locust-worker=3"
    assert calls.read_text().splitlines() == [
        "made .env",
        f"{up} prometheus locust-master locust-worker api postgres redis postgres-exporter redis-exporter",
        "port locust-master 8089",
        "port prometheus 9090",
        "port grafana 3000",
    ]
    assert (options.locust_url, options.prometheus_url) == ("http://127.0.0.1:18089", "http://127.0.0.1:19090")
    assert options.grafana_url is None  # nobody brought it up
    assert (options.host, options.workers) == ("http://api:8000", 3)


@pytest.mark.real
def test_the_notes_of_a_run_go_to_the_stacks_grafana_where_it_is_up(calls: Path, tmp_path: Path) -> None:
    make_program(
        tmp_path / "bin" / "docker", FAKE_DOCKER.replace("esac", '"port grafana") echo 127.0.0.1:13000 ;;\nesac')
    )
    assert on_docker(RunOptions("smoke")).grafana_url == "http://127.0.0.1:13000"
    assert calls.exists()


@pytest.mark.real
def test_with_an_api_of_ones_own_the_reference_api_stays_away(calls: Path) -> None:
    on_docker(RunOptions("smoke", host="http://staging.example.com"))
    up = f"up --build --detach --wait --wait-timeout 300 --scale locust-worker={default_workers()}"
    override = f"--file {docker.OWN_API_FILE}"
    assert calls.read_text().splitlines()[1] == f"{override} {up} prometheus locust-master locust-worker"


@pytest.mark.real
@pytest.mark.parametrize(
    ("collector", "services"),
    [
        ("http://jaeger:4318", "locust-worker jaeger"),
        ("http://collector.example.com:4318", "locust-worker"),
    ],
)
def test_the_containers_are_told_where_traces_go_and_jaeger_comes_up_when_it_is_there(
    calls: Path, collector: str, services: str
) -> None:
    options = on_docker(RunOptions("smoke", host="http://staging.example.com", otel_endpoint=collector))
    assert calls.read_text().splitlines()[1].endswith(f"{services} to {collector}")
    assert options.otel_endpoint is None


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        (
            {"tags": ("chat",)},
            "--tags cannot be changed on a Locust master that runs: start it with them, or leave out --locust-url and",
        ),
        (
            {"thresholds": Path("own.yml")},
            "The Prometheus of --docker reads prometheus/rules: put own.yml there, and leave out --thresholds",
        ),
        (
            {"locustfiles": (Path("own.py"),)},
            "--docker runs the locustfile of this repository: leave out --docker or --locustfile",
        ),
        (
            {"host": "http://localhost:9000"},
            "--host http://localhost:9000 is the worker's own container with --docker: give an address of this machine",
        ),
    ],
)
def test_what_docker_cannot_do_is_said_before_it_is_asked(calls: Path, changed: dict[str, Any], complaint: str) -> None:
    with pytest.raises(CommandError) as error:
        on_docker(replace(RunOptions("smoke"), **changed))
    assert str(error.value).startswith(complaint)
    assert not calls.exists()


@pytest.mark.real
def test_a_stack_that_does_not_come_up_is_one_line(calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_FAILS", "17")
    with pytest.raises(CommandError) as error:
        on_docker(RunOptions("smoke"))
    assert str(error.value) == (
        "docker compose up failed with exit code 17, for the reason above;"
        " `docker compose --file docker-compose.load-test.yml logs` may tell more"
    )
    assert len(calls.read_text().splitlines()) == 2


def test_without_docker_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError) as error:
        on_docker(RunOptions("smoke"))
    assert str(error.value) == ("docker is not on PATH: install Docker with its compose plugin, or leave out --docker")


@pytest.mark.real
def test_seeding_the_docker_stack_runs_in_the_apis_container(calls: Path) -> None:
    ended = call(seed_data, "--docker", "--leads", "7", "--clear-first")
    assert ended.exit_code == 0
    assert calls.read_text().splitlines() == [
        "exec -T api python -m api.seed --leads 7 --customers 50 --projects 75 --clear-first"
    ]
