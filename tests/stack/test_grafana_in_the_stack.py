"""Grafana as a child of the stack. The program is a stand-in: what is real is how it is started, watched and reaped."""

import dataclasses
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
import yaml

from swarmscope.project.env_file import read_env_file
from swarmscope.project.places import GRAFANA_DIR
from swarmscope.stack.grafana_server import COMMON_SETTINGS, HOME_DASHBOARD
from swarmscope.stack.options import RunningStack, StackOptions
from swarmscope.stack.stack import EmbeddedStack
from tests.places import ROOT
from tests.stack.conftest import PROGRAMS, make_program, poll, running

STANDIN = PROGRAMS / "standin_grafana.py"


def make_grafana(home: Path, arguments: str = '"$@"') -> Path:
    (home / "conf").mkdir(parents=True)
    (home / "conf" / "defaults.ini").touch()
    make_program(home / "bin" / "grafana", f'exec "{sys.executable}" "{STANDIN}" {arguments}')
    return home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = make_grafana(tmp_path / "grafana")
    monkeypatch.setenv("GRAFANA_HOME", str(home))
    return home


@pytest.fixture
def options(tmp_path: Path) -> StackOptions:
    return StackOptions(
        with_api=False,
        state_dir=tmp_path / "stack",
        env_file=tmp_path / ".env",
        rules_dir=tmp_path / "rules",
        exporter_targets=("127.0.0.1:9",),
    )


def given(options: StackOptions) -> dict[str, Any]:
    """Return what the stand-in was started with."""
    found: dict[str, Any] = json.loads((options.state_dir / "grafana" / "data" / "given.json").read_text())
    return found


@pytest.mark.real
@pytest.mark.usefixtures("home")
def test_grafana_answers_at_its_address_and_is_gone_afterwards(options: StackOptions) -> None:
    with EmbeddedStack(options, print) as stack:
        assert stack.grafana_url == f"http://127.0.0.1:{stack.ports['grafana']}"
        assert requests.get(f"{stack.grafana_url}/api/health", timeout=5).json()["database"] == "ok"
        assert stack.locust_environment["LOADTEST_GRAFANA_URL"] == stack.grafana_url
        assert stack.locust_environment["LOADTEST_PROMETHEUS_URL"] == stack.prometheus_url
        assert listening_addresses(stack) == {"127.0.0.1"}
        assert (stack.log_dir / "grafana.log").read_text().startswith("HTTP Server Listen")
        pids = list(stack.pids.values())
        assert running(pids) == pids
        stack.require_alive()
    assert running(pids) == []


def listening_addresses(stack: RunningStack) -> set[str]:
    connections = psutil.Process(stack.pids["grafana"]).net_connections()
    return {connection.laddr.ip for connection in connections if connection.status == psutil.CONN_LISTEN}


@pytest.mark.real
def test_it_is_given_the_provisioning_and_no_password_on_its_command_line(
    home: Path, options: StackOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GF_SECURITY_ADMIN_PASSWORD", "of another Grafana")
    monkeypatch.setenv("GF_AUTH_ANONYMOUS_ORG_ROLE", "Admin")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test")
    lines: list[str] = []
    with EmbeddedStack(options, lines.append) as stack:
        command = psutil.Process(stack.pids["grafana"]).cmdline()
        seen = given(options)
    folder = options.state_dir / "grafana"
    password = read_env_file(options.env_file)["GRAFANA_ADMIN_PASSWORD"]
    environment = seen["environment"]
    assert seen["options"] == {"verb": "server", "homepath": str(home), "config": str(folder / "grafana.ini")}
    assert seen["cwd"] == str(home)
    assert {key: environment[key] for key in COMMON_SETTINGS} == dict(COMMON_SETTINGS)
    assert (environment["HOME"], "HTTPS_PROXY" in environment) == (str(folder), False)
    own = {key for key in environment if key.startswith(("GF_", "LOADTEST_"))} - set(COMMON_SETTINGS)
    assert {key: environment[key] for key in own} == {
        "GF_SERVER_HTTP_ADDR": "127.0.0.1",
        "GF_SERVER_HTTP_PORT": str(stack.ports["grafana"]),
        "GF_SERVER_DOMAIN": "127.0.0.1",
        "GF_PATHS_DATA": str(folder / "data"),
        "GF_PATHS_LOGS": str(folder / "log"),
        "GF_PATHS_PLUGINS": str(folder / "plugins"),
        "GF_PATHS_PROVISIONING": str(GRAFANA_DIR / "provisioning"),
        "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": str(GRAFANA_DIR / "dashboards" / "run-overview.json"),
        "GF_SECURITY_ADMIN_USER": "admin",
        "GF_SECURITY_ADMIN_PASSWORD": password,
        "LOADTEST_DASHBOARDS": str(GRAFANA_DIR / "dashboards"),
        "LOADTEST_PROMETHEUS_URL": stack.prometheus_url,
        "LOADTEST_TRACES_URL": "",
        "LOADTEST_TRACE_LABEL": "",
    }
    assert len(password) == 32
    assert password not in " ".join(command)
    assert not any(password in line for line in lines)
    assert password not in (stack.log_dir / "grafana.log").read_text()
    assert password not in repr(stack)


@pytest.mark.real
@pytest.mark.usefixtures("home")
def test_a_usual_port_in_use_is_replaced(options: StackOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        busy = listener.getsockname()[1]
        monkeypatch.setattr("swarmscope.stack.stack.DEFAULT_GRAFANA_PORT", busy)
        lines: list[str] = []
        with EmbeddedStack(options, lines.append) as stack:
            assert stack.ports["grafana"] != busy
        assert any(line.startswith(f"Grafana: port {busy} is in use by ") for line in lines)


@pytest.mark.real
def test_one_that_does_not_start_is_one_warning_and_the_stack_goes_on(
    tmp_path: Path, options: StackOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFANA_HOME", str(make_grafana(tmp_path / "broken", "FAIL")))
    lines: list[str] = []
    with EmbeddedStack(options, lines.append) as stack:
        assert (stack.grafana_url, set(stack.ports), set(stack.pids)) == (None, {"prometheus"}, {"prometheus"})
        assert "LOADTEST_GRAFANA_URL" not in stack.locust_environment
        stack.require_alive()
    [warning] = [line for line in lines if "Grafana" in line]
    assert warning.startswith("going on without Grafana: Grafana ended while it was starting, exit code 1.")
    assert warning.endswith("  | Error: ✗ unable to open database file")


@pytest.mark.real
@pytest.mark.usefixtures("home")
def test_a_grafana_that_runs_already_is_used_and_none_is_started(options: StackOptions) -> None:
    with EmbeddedStack(dataclasses.replace(options, grafana_url="http://grafana.test"), print) as stack:
        assert stack.grafana_url == "http://grafana.test"
        assert set(stack.pids) == {"prometheus"}


@pytest.mark.real
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_it_ends_when_the_stack_is_killed(home: Path, tmp_path: Path) -> None:
    program = [sys.executable, "-m", "swarmscope", "up", "--no-api", "--state-dir", str(tmp_path / "stack")]
    environment = os.environ | {"GRAFANA_HOME": str(home)}
    with subprocess.Popen(program, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as stack:
        children: list[int] = []
        try:
            for line in stack.stdout or ():
                parts = line.split()
                if parts[:1] == ["grafana"]:
                    children.append(int(parts[-1]))
                if line.startswith("Ctrl-C"):
                    break
            assert len(children) == 1
            assert running(children) == children
        finally:
            stack.send_signal(signal.SIGKILL)
    poll(lambda: running(children) == [], "Grafana gone")


def test_docker_and_the_embedded_stack_set_the_same() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.load-test.yml").read_text())
    environment = compose["services"]["grafana"]["environment"]
    assert {key: environment.get(key) for key in COMMON_SETTINGS} == dict(COMMON_SETTINGS)
    assert environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"].endswith(f"/{HOME_DASHBOARD}")


def test_what_is_provisioned_is_read_only_in_files_that_grafana_may_read() -> None:
    provider = yaml.safe_load((GRAFANA_DIR / "provisioning" / "dashboards" / "files.yml").read_text())["providers"][0]
    [source] = yaml.safe_load((GRAFANA_DIR / "provisioning" / "datasources" / "prometheus.yml").read_text())[
        "datasources"
    ]
    assert (provider["allowUiUpdates"], provider["disableDeletion"], source["editable"]) == (False, True, False)
    assert source["uid"] == "prometheus"
    for path in (GRAFANA_DIR / "provisioning").rglob("*.yml"):
        assert path.stat().st_mode & stat.S_IROTH
