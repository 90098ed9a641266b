"""validate_setup: what is missing is named with how to fix it, and nothing on the machine changes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.reference_api import check_test_users
from swarmscope.cli.doctor import app_with
from swarmscope.doctor import machine
from swarmscope.doctor.findings import Finding, Level, exit_code_of, fail, ok, warn
from swarmscope.doctor.machine import check_target
from tests.cli.command import call
from tests.places import ROOT
from tests.scripts.login_api import api
from tests.stack.conftest import make_program

app = app_with(check_test_users)


def _checked(url: str) -> list[Finding]:
    return list(check_target(url, {}, through_proxies=False, more=(check_test_users,)))


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADTEST_USER_PASSWORD", "open sesame")


def test_a_python_that_is_too_old_has_to_be_mended() -> None:
    assert machine.check_python((3, 10, 4)) == fail(
        "Python", "3.10.4", "install Python 3.11 or later, then `make install`"
    )
    assert machine.check_python().level is Level.OK


def test_packages_are_compared_with_the_lock_file_for_this_system_only(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    typer_version = machine._installed_version("typer")
    lock.write_text(
        f"# a comment\ntyper=={typer_version} \\\n    --hash=sha256:aa\n    # via us\n"
        "never==1 ; sys_platform == 'plan9' \\\n    --hash=sha256:bb\n"
    )
    assert machine.check_locked_packages(lock) == ok("packages", "1 as in requirements.lock")
    lock.write_text(f"{lock.read_text()}rich==0.1\n")
    assert machine.check_locked_packages(lock) == warn(
        "packages", "1 in another version than locked: rich", "run `make install`"
    )
    lock.write_text(f"{lock.read_text()}" + "".join(f"gone{number}==1\n" for number in range(7)))
    assert machine.check_locked_packages(lock) == fail(
        "packages", "7 of 9 missing: gone0, gone1, gone2, gone3, gone4 and 2 more", "run `make install`"
    )


def test_the_packages_of_this_clone_are_those_of_its_lock_file() -> None:
    assert machine.check_packages().level is not Level.FAIL


def test_a_port_in_use_is_named_with_its_holder() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        (finding,) = machine.check_ports({"API": port})
        assert (finding.what, finding.level) == (f"port {port} (API)", Level.WARN)
        assert finding.found.startswith("in use by ")
        assert str(os.getpid()) in finding.found
    assert next(machine.check_ports({"API": port})) == ok(f"port {port} (API)", "free")


def test_without_a_prometheus_it_says_how_to_get_one_and_fetches_none(tmp_path: Path) -> None:
    finding = machine.check_prometheus({"PATH": str(tmp_path)}, fetch=False, tools_dir=tmp_path / "tools")
    assert finding == warn("Prometheus", "not here yet", "the first run fetches it; --fetch does so now")
    assert list(tmp_path.iterdir()) == []


def test_a_run_does_without_grafana_but_one_that_was_asked_for_has_to_be_there(tmp_path: Path) -> None:
    assert machine.check_grafana({"PATH": str(tmp_path)}).level is Level.OK
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "defaults.ini").touch()
    program = make_program(tmp_path / "bin" / "grafana", "exit")
    home = {"GRAFANA_HOME": str(tmp_path)}
    assert machine.check_grafana(home) == ok("Grafana", f"{program}, home {tmp_path}")
    program.unlink()
    assert machine.check_grafana(home) == fail(
        "Grafana",
        f"GRAFANA_HOME={tmp_path} cannot be used: there is no program in {program.parent} that can be run",
        "name its folder by GRAFANA_HOME, or unset it",
    )


@pytest.mark.real
def test_a_prometheus_that_was_asked_for_and_cannot_be_used_has_to_be_mended(tmp_path: Path) -> None:
    finding = machine.check_prometheus({"PROMETHEUS_BIN": str(tmp_path / "none")}, fetch=False)
    assert finding.level is Level.FAIL
    assert finding.found.startswith(f"PROMETHEUS_BIN={tmp_path / 'none'} cannot be used: ")


def test_rules_that_cannot_judge_have_to_be_mended(tmp_path: Path) -> None:
    assert machine.check_rules(ROOT / "prometheus" / "rules").level is Level.OK
    (tmp_path / "a.yml").write_text("groups: 5")
    assert machine.check_rules(tmp_path).level is Level.FAIL


@pytest.mark.real
def test_docker_is_optional(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.check_docker().found == "not on PATH"
    make_program(tmp_path / "docker", 'echo "Cannot connect to the Docker daemon" >&2; exit 1')
    finding = machine.check_docker()
    assert (finding.level, finding.found) == (
        Level.WARN,
        "`docker compose` failed: Cannot connect to the Docker daemon",
    )
    make_program(tmp_path / "docker", "echo 27.1")
    assert machine.check_docker() == ok("Docker", "engine 27.1")


def test_an_env_file_without_a_secret_names_the_key(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    assert machine.check_env_file(path).found == "not there yet"
    path.write_text("API_JWT_SECRET=x\nPOSTGRES_PASSWORD=x\nGRAFANA_ADMIN_PASSWORD=x\n")
    assert machine.check_env_file(path).found == "no value for API_TEST_USER_PASSWORD"


def test_test_users_of_each_role_and_the_last_one_have_to_log_in() -> None:
    with api(login=200) as url:
        assert list(_checked(url)) == [
            ok("API", f"answers at {url}"),
            ok("test users", "user00001, user00008, user00010, user01000 can log in"),
        ]


def test_wrong_credentials_and_missing_users_have_to_be_mended() -> None:
    with api(login=200, password="another") as url:
        *_, finding = _checked(url)
    assert finding == fail(
        "test users",
        f"The API at {url} refuses user00001@example.test (401): it was seeded with another API_TEST_USER_PASSWORD, or"
        " has no such user",
        "seed them: scripts/seed_data.py --users N, with the API's .env",
    )


def test_the_users_of_another_api_are_not_its_matter() -> None:
    with api(login=404) as url:
        *_, finding = _checked(url)
    assert (finding.level, finding.found) == (
        Level.WARN,
        f"{url} has no POST /api/auth/login: it is not the reference API",
    )


@pytest.mark.real
def test_an_api_that_is_not_there_is_exit_code_1_and_the_table_says_what_to_do() -> None:
    ended = call(app, "--host", "http://127.0.0.1:9")
    assert ended.exit_code == 1
    assert "FAIL API The API at http://127.0.0.1:9 does" in ended.words
    assert "start it, or name another with --host" in ended.words
    assert ended.words.endswith("1 to fix before a run")


def test_an_address_that_is_none_is_exit_code_2() -> None:
    ended = call(app, "--host", "staging")
    assert (ended.exit_code, ended.error_line) == (
        2,
        "Invalid --host 'staging': expected an address such as http://127.0.0.1:8000",
    )


def test_warnings_alone_do_not_hold_a_run_up() -> None:
    assert exit_code_of([ok("a", ""), warn("b", "", "")]) == 0
    assert exit_code_of([ok("a", ""), fail("b", "", "")]) == 1


@pytest.mark.real
def test_where_nothing_is_installed_it_says_just_that(tmp_path: Path) -> None:
    script = ROOT / "scripts" / "validate_setup.py"
    command = [sys.executable, "-S", "-E", str(script)]  # without site-packages
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"{sys.executable} lacks requests: run `make install`, then use .venv/bin/python\n"
