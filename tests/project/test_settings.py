"""swarmscope.toml: what it may say, and what is said when it says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmscope.errors import CommandError
from swarmscope.objectives import ObjectiveKind
from swarmscope.project.settings import Target, read_project
from swarmscope.scenarios.model import Stage

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


def test_a_scenario_needs_users_and_a_run_time_alone(folder: Path) -> None:
    write(folder, SMOKE)
    smoke = read_project(folder).catalogue.find("smoke")
    assert (smoke.users, smoke.run_time_seconds, smoke.spawn_rate) == (10, 120, 1)
    assert (dict(smoke.mix), smoke.stages) == ({}, (Stage("steady"),))
    assert (smoke.think_time_scale, smoke.requests_per_second, smoke.min_users) == (1.0, None, 1)


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
    write(folder, f"{SMOKE}aliases = ['quick']\ntags = ['x']\n[scenarios.long]\nextends = 'smoke'\nrun_time = '1h'\n")
    catalogue = read_project(folder).catalogue
    assert (catalogue.find("long").users, catalogue.find("long").run_time_seconds) == (10, 3600)
    assert catalogue.find("long").tags == ("x",)
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
    ("text", "said"),
    [
        ("[scenarios.smoke]\nrun_time = '9s'\n", "scenarios.smoke.users is missing"),
        (SMOKE.replace("10", "0"), "scenarios.smoke.users = 0: expected a whole number of 1 or more"),
        (SMOKE.replace("10", "true"), "scenarios.smoke.users = True: expected a whole number of 1 or more"),
        (
            SMOKE.replace("2m", "soon"),
            "scenarios.smoke.run_time = 'soon': expected a time span over 0 such as '30s', '5m' or '1h30m'",
        ),
        (f"{SMOKE}user = 3\n", "scenarios.smoke.user is not a known setting"),
        ("locustfiles = 'a.py'\n", "locustfiles is not a known setting"),
        ("[objectives.a]\nbound = 'upper'\n", "objectives.a.bound = 'upper': expected max or min"),
        ("[target]\ncomand = ['x']\n", "target.comand is not a known setting"),
        ("[target]\ncommand = 'serve'\n", "target.command = 'serve': expected a list of texts"),
        (
            "[target]\ncommand = ['x']\nservices = ['mysql']\n",
            "target.services = ['mysql']: expected a list of postgres, redis",
        ),
        (
            f"{SMOKE}mix = 'crm'\n",
            "scenarios.smoke.mix = 'crm': there is no mix 'crm': expected a table of weights",
        ),
        (f"{SMOKE}mix = {{ A = 0 }}\n", "scenarios.smoke.mix = {'A': 0}: expected a number over 0"),
        (
            f"{SMOKE}stages = [{{ phase = 'ramp' }}]\n",
            "scenarios.smoke.stages = [{'phase': 'ramp'}]: phase 'ramp': expected one of steady, spike, recovery",
        ),
        (
            f"{SMOKE}stages = [{{ time = 1 }}]\n",
            "scenarios.smoke.stages = [{'time': 1}]: a stage has no time: expected phase, share, users and spawn_rate",
        ),
        (f"{SMOKE}stages = [{{ share = 0.5 }}]\n", "scenarios.smoke: scenario smoke: invalid sum of time_share: 0.5"),
        (f"{SMOKE}extends = 'soak'\n", "scenarios.smoke.extends = 'soak': expected another scenario (none)"),
        (f"{SMOKE}extends = 'smoke'\n", "scenarios.smoke.extends = 'smoke': expected another scenario (none)"),
        (
            f"{SMOKE}aliases = ['quick']\n{SMOKE.replace('smoke', 'quick')}",
            "'quick' is a name of scenarios.smoke and of quick",
        ),
    ],
)
def test_a_mistake_is_named_with_its_key_and_what_is_expected(folder: Path, text: str, said: str) -> None:
    path = write(folder, text)
    with pytest.raises(CommandError) as raised:
        read_project(folder)
    assert str(raised.value) == f"{path}: {said}"


def test_what_is_not_toml_is_named_with_its_line(folder: Path) -> None:
    path = write(folder, "[scenarios.smoke\n")
    with pytest.raises(CommandError, match="not valid TOML") as raised:
        read_project(folder)
    assert str(raised.value).startswith(f"{path} is not valid TOML: Expected ']'")
    assert "line 1" in str(raised.value)
