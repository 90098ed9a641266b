"""swarmscope.toml: what it may say, and what is said when it says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmscope.errors import CommandError
from swarmscope.objectives import ObjectiveKind
from swarmscope.project.settings import read_project
from swarmscope.project.target_settings import Target
from swarmscope.scenarios.model import Stage
from swarmscope.scenarios.schedule import Step, Timetable
from swarmscope_exporter.names import Naming

SMOKE = "[scenarios.smoke]\nusers = 10\nrun_time = '2m'\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "swarmscope.toml"
    path.write_text(text)
    return path


def test_without_the_file_there_is_a_locustfile_and_nothing_else(folder: Path) -> None:
    found = read_project(folder)
    assert (found.root, found.locustfile) == (folder, folder / "locustfile.py")
    assert (len(found.catalogue), found.host, found.target) == (0, None, None)


def test_a_scenario_may_leave_its_users_and_run_time_to_a_shape_or_the_command_line(folder: Path) -> None:
    write(folder, "[scenarios.smoke]\nlocustfile = ['a.py', 'b.py']\n")
    smoke = read_project(folder).catalogue.find("smoke")
    assert (smoke.users, smoke.spawn_rate, smoke.run_time_seconds) == (None, None, None)
    assert smoke.locustfiles == ("a.py", "b.py")
    assert smoke.scaled() == smoke
    assert Timetable(smoke.scaled(users=30, run_time_seconds=60)).steps == (Step("steady", 30, 3.0, 60.0),)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            "",
            (
                "scenario smoke has no users and no run_time: add users and run_time to it in swarmscope.toml, or give"
                " --users and --run-time"
            ),
        ),
        ("users = 3\n", "scenario smoke has no run_time: add run_time to it in swarmscope.toml, or give --run-time"),
    ],
)
def test_a_number_that_is_needed_and_left_open_is_asked_for(folder: Path, given: str, said: str) -> None:
    write(folder, f"[scenarios.smoke]\n{given}")
    with pytest.raises(ValueError, match="has no") as raised:
        Timetable(read_project(folder).catalogue.find("smoke"))
    assert str(raised.value) == said


def test_a_scenario_has_the_usual_figures_where_it_says_nothing(folder: Path) -> None:
    write(folder, SMOKE)
    smoke = read_project(folder).catalogue.find("smoke")
    assert (smoke.users, smoke.run_time_seconds, smoke.spawn_rate) == (10, 120, 1)
    assert (dict(smoke.mix), smoke.stages) == ({}, (Stage("steady"),))
    assert (smoke.think_time_scale, smoke.arrivals, smoke.min_users) == (1.0, None, 1)


def test_stages_are_shares_of_time_and_users(folder: Path) -> None:
    stages = '[{ share = 0.25, users = "10%", spawn_rate = 3 }, { phase = "spike", share = 0.75 }]'
    write(folder, f"{SMOKE}stages = {stages}\n")
    assert read_project(folder).catalogue.find("smoke").stages == (
        Stage("steady", time_share=0.25, users_share=0.1, spawn_rate=3.0),
        Stage("spike", time_share=0.75),
    )


def test_a_mix_is_weights_the_name_of_one_or_several_with_the_same_share_each(folder: Path) -> None:
    write(
        folder,
        "[mixes]\na = { A = 3, B = 1 }\nb = { C = 10 }\n"
        + "".join(
            f"[scenarios.{name}]\nusers = 1\nrun_time = '9s'\nmix = {mix}\n"
            for name, mix in (("own", "{ D = 2 }"), ("one", "'a'"), ("both", "['a', 'b']"))
        ),
    )
    mixes = {scenario.name: dict(scenario.mix) for scenario in read_project(folder).catalogue}
    assert mixes == {"own": {"D": 2.0}, "one": {"A": 3.0, "B": 1.0}, "both": {"A": 37.5, "B": 12.5, "C": 50.0}}


def test_a_scenario_that_extends_another_has_its_settings_but_for_its_own(folder: Path) -> None:
    write(folder, f"{SMOKE}aliases = ['quick']\ngroups = ['x']\n[scenarios.long]\nextends = 'smoke'\nrun_time = '1h'\n")
    catalogue = read_project(folder).catalogue
    assert (catalogue.find("long").users, catalogue.find("long").run_time_seconds) == (10, 3600)
    assert catalogue.find("long").groups == ("x",)
    assert catalogue.names == ("smoke", "long", "quick")
    assert catalogue.find("quick") is catalogue.find("smoke")


def test_a_target_is_a_command_with_services_and_an_environment(folder: Path) -> None:
    write(
        folder,
        "[target]\nhost = 'http://a'\ncommand = ['./serve']\nservices = ['redis']\nready_path = '/up'\n"
        "[target.environment]\nPORT = '{port}'\n",
    )
    found = read_project(folder)
    assert found.host == "http://a"
    assert found.target == Target(("./serve",), ("redis",), {"PORT": "{port}"}, "/up")


def test_rules_and_objectives_of_its_own_belong_to_a_project(folder: Path) -> None:
    write(
        folder, "rules = 'mine'\nalert_cases = 'cases.py'\n[objectives.cited_ratio]\nbound = 'min'\nadvice = 'Cite.'\n"
    )
    found = read_project(folder)
    assert (found.rules, found.alert_cases) == (folder / "mine", folder / "cases.py")
    assert found.objectives == {"cited_ratio": ObjectiveKind("min", "Cite.")}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (SMOKE.replace("10", "0"), 2, "scenarios.smoke.users = 0: expected a whole number of 1 or more"),
        (SMOKE.replace("10", "true"), 2, "scenarios.smoke.users = True: expected a whole number of 1 or more"),
        (
            SMOKE.replace("2m", "soon"),
            3,
            "scenarios.smoke.run_time = 'soon': expected a time span over 0 such as '30s', '5m' or '1h30m'",
        ),
        (f"{SMOKE}user = 3\n", 4, "scenarios.smoke.user is not a known setting"),
        ("locustfiles = 'a.py'\n", 1, "locustfiles is not a known setting"),
        ("[objectives.a]\nbound = 'upper'\n", 2, "objectives.a.bound = 'upper': expected max or min"),
        ("[target]\ncomand = ['x']\n", 2, "target.comand is not a known setting"),
        ("[target]\ncommand = 'serve'\n", 2, "target.command = 'serve': expected a list of texts"),
        (
            "[target]\ncommand = ['x']\nservices = ['mysql']\n",
            3,
            "target.services = ['mysql']: expected a list of postgres, redis",
        ),
        (
            f"{SMOKE}mix = 'crm'\n",
            4,
            "scenarios.smoke.mix = 'crm': there is no mix 'crm': expected a table of weights",
        ),
        (f"{SMOKE}mix = {{ A = 0 }}\n", 4, "scenarios.smoke.mix = {'A': 0}: expected a number over 0"),
        (
            f"{SMOKE}stages = [{{ phase = 'ramp' }}]\n",
            4,
            "scenarios.smoke.stages = [{'phase': 'ramp'}]: phase 'ramp': expected one of steady, spike, recovery",
        ),
        (
            f"{SMOKE}stages = [{{ time = 1 }}]\n",
            4,
            "scenarios.smoke.stages = [{'time': 1}]: a stage has no time: expected phase, share, users and spawn_rate",
        ),
        (
            f"{SMOKE}stages = [{{ share = 0.5 }}]\n",
            1,
            "scenarios.smoke: scenario smoke: invalid sum of time_share: 0.5",
        ),
        (f"{SMOKE}extends = 'soak'\n", 4, "scenarios.smoke.extends = 'soak': expected another scenario (none)"),
        (f"{SMOKE}extends = 'smoke'\n", 4, "scenarios.smoke.extends = 'smoke': expected another scenario (none)"),
        (
            f"{SMOKE}aliases = ['quick']\n{SMOKE.replace('smoke', 'quick')}",
            5,
            "scenarios.quick: 'quick' is a name of scenarios.smoke, too",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line_its_key_and_what_is_expected(
    folder: Path, text: str, line: int, said: str
) -> None:
    path = write(folder, text)
    with pytest.raises(CommandError) as raised:
        read_project(folder)
    assert str(raised.value) == f"{path}:{line}: {said}"


def test_what_is_not_toml_is_named_with_its_line(folder: Path) -> None:
    path = write(folder, "[scenarios.smoke\n")
    with pytest.raises(CommandError, match="not valid TOML") as raised:
        read_project(folder)
    assert str(raised.value).startswith(f"{path} is not valid TOML: Expected ']'")
    assert "line 1" in str(raised.value)


def test_request_names_are_the_targets(folder: Path) -> None:
    assert read_project(folder).naming == Naming(max_names=200, patterns=())
    write(folder, '[target]\nmax_names = 50\nname_patterns = ["/items/{id}", "/users/{user}/orders/*"]\n')
    assert read_project(folder).naming == Naming(50, ("/items/{id}", "/users/{user}/orders/*"))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("max_names = 0", "target.max_names = 0: expected a whole number of 1 or more"),
        ("max_names = 1001", "target.max_names = 1001: expected a whole number from 1 to 1000"),
        ("max_names = '9'", "target.max_names = '9': expected a whole number of 1 or more"),
        ("name_patterns = '/items/*'", "target.name_patterns = '/items/*': expected a list of texts"),
        (
            "name_patterns = ['/a', '/items/{}']",
            (
                "target.name_patterns = ['/a', '/items/{}']: '/items/{}' has a brace that is not part of a placeholder:"
                " expected {word} or *, such as '/items/{id}' or '/users/*/orders'"
            ),
        ),
    ],
)
def test_what_is_wrong_with_request_names_is_said(folder: Path, line: str, problem: str) -> None:
    path = write(folder, f"[target]\n{line}\n")
    with pytest.raises(CommandError) as caught:
        read_project(folder)
    assert str(caught.value) == f"{path}:2: {problem}"
