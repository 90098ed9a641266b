"""Commands in a project of one's own, whose scenarios have other names than those of the reference workloads."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmscope.cli import run_all, web
from swarmscope.cli.main import COMMANDS, app
from swarmscope.errors import CommandError
from swarmscope.project import settings
from swarmscope.project.settings import Project, project, read_project
from swarmscope.run import docker, options
from swarmscope.run.options import RunOptions
from swarmscope.run.parameters import checked
from tests.cli.command import call

TARGET = '[target]\nhost = "http://127.0.0.1:9"\n'
SCENARIOS = (
    '[scenarios.shop]\nusers = 1\nrun_time = "5s"\n[scenarios.sale]\nusers = 2\nrun_time = "5h"\ngroups = ["long"]\n'
)
#: Scenarios, and parts of a target, that only the reference workloads have.
OF_THE_REFERENCE = ("smoke", "stress", "spike", "endurance", "sustained", "reference", "make install")


class Asked(Exception):
    """A run was asked for."""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder the project of all modules; nothing is started."""
    (tmp_path / "locustfile.py").touch()

    def of_folder() -> Project:
        return read_project(tmp_path)

    for module in (settings, options, run_all):
        monkeypatch.setattr(module, "project", of_folder)
    monkeypatch.setattr("swarmscope.run.parameters.project", of_folder)
    return tmp_path


def _asked_by_web(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    def note(wanted: RunOptions) -> RunOptions:
        raise Asked(checked(wanted).scenario)

    monkeypatch.setattr(web, "checked", note)
    with pytest.raises(Asked) as asked:
        call(web.app, *arguments)
    return str(asked.value)


def test_web_offers_the_first_scenario_of_the_project(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own / "swarmscope.toml").write_text(TARGET + SCENARIOS)
    assert _asked_by_web(monkeypatch) == "shop"
    assert _asked_by_web(monkeypatch, "--scenario", "sale") == "sale"


def test_web_needs_no_scenarios(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own / "swarmscope.toml").write_text(TARGET)
    assert _asked_by_web(monkeypatch) == "locustfile"


def test_the_default_of_this_repository_is_the_quick_check() -> None:
    assert project().catalogue.first == "smoke"


def test_the_docker_stack_is_that_of_a_clone(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker, "COMPOSE_FILE", own / "docker-compose.load-test.yml")
    with pytest.raises(CommandError) as error:
        docker.on_docker(RunOptions("shop"))
    assert str(error.value) == (
        f"--docker runs the stack of a clone of Swarmscope, and there is no {own / 'docker-compose.load-test.yml'}:"
        " leave out --docker"
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_no_help_names_what_the_reference_workloads_have(command: str) -> None:
    text = call(app, command, "--help-all" if command in {"run", "all", "web", "up"} else "--help").words
    assert not [word for word in OF_THE_REFERENCE if word in text]


def test_all_of_no_scenarios_is_not_a_pass(own: Path) -> None:
    (own / "swarmscope.toml").write_text(TARGET)
    ended = call(run_all.app, "--results", str(own / "results"))
    assert (ended.exit_code, ended.output) == (2, "")
    assert ended.error_line == "swarmscope.toml has no scenarios to run: add [scenarios.NAME], or use `swarmscope run`"


def test_all_of_long_scenarios_alone_names_the_option(own: Path) -> None:
    (own / "swarmscope.toml").write_text(
        TARGET + SCENARIOS.replace("5s", "5h").replace("users = 1", 'users = 1\ngroups = ["long"]')
    )
    ended = call(run_all.app, "--results", str(own / "results"))
    assert ended.error_line == "All scenarios of swarmscope.toml are of the group long: give --include-soak to run them"
