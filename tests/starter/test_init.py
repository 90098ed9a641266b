"""`swarmscope init`: what it writes, what it finds, and what it never writes over."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from swarmscope.cli.init import app
from swarmscope.project.settings import read_project
from swarmscope.scenarios.model import Stage
from tests.cli.command import Ended, call
from tests.starter.documents import PETSTORE

USERS = "from locust import HttpUser\n\n\nclass Shopper(HttpUser):\n    pass\n"
SHAPE = f"{USERS}\n\nclass Waves(LoadTestShape):\n    pass\n"
THRESHOLDS = 'thresholds = { latency_p95 = "500ms", error_ratio = "1%" }\n'
PLACEHOLDER = "Change host in swarmscope.toml to your API, or give --host: http://127.0.0.1:8080 is a placeholder"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(*arguments: str) -> list[str]:
    ended = call(app, *arguments)
    assert (ended.exit_code, ended.error) == (0, "")
    return ended.output.splitlines()


def refused(*arguments: str) -> str:
    ended: Ended = call(app, *arguments)
    assert (ended.exit_code, ended.output) == (2, "")
    return ended.error_line


def put(path: Path, text: str = USERS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_an_empty_folder_gets_both_files_and_the_command_to_type_next(folder: Path) -> None:
    assert init("--host", "https://staging.example.com") == [
        "Wrote locustfile.py: one user with one task on /",
        "Wrote swarmscope.toml",
        "Next: swarmscope run smoke",
    ]
    text = (folder / "swarmscope.toml").read_text()
    assert text.startswith(
        "# What is tested, and how: `swarmscope run smoke` runs a scenario and judges it.\n"
        "\n"
        "[target]\n"
        "# The API under test; --host overrides it.\n"
        'host = "https://staging.example.com"\n'
        "\n"
        "[scenarios.smoke]\n"
        "users = 10\n"
        'run_time = "2m"\n'
        "# The run fails when one of these is missed. Objectives without a line here have default thresholds.\n"
        f"{THRESHOLDS}"
    )
    assert {path.name for path in folder.iterdir()} == {"locustfile.py", "swarmscope.toml"}


def test_the_spike_of_the_comment_is_a_scenario_when_the_signs_are_taken_away(folder: Path) -> None:
    init()
    text = (folder / "swarmscope.toml").read_text()
    start = text.index("# [scenarios.spike]")
    put(folder / "swarmscope.toml", text[:start] + text[start:].replace("# ", ""))
    found = read_project(folder)
    assert (found.host, found.locustfile) == ("http://127.0.0.1:8080", folder / "locustfile.py")
    smoke, spike = found.catalogue
    assert (smoke.users, smoke.run_time_seconds, spike.users, spike.run_time_seconds) == (10, 120, 100, 180)
    assert spike.stages == (Stage("steady", 0.3, 0.1), Stage("spike", 0.3), Stage("recovery", 0.4, 0.1))
    assert {(line.scenario, line.objective, line.value, line.severity) for line in found.thresholds} == {
        (scenario, objective, value, "critical")
        for scenario in ("smoke", "spike")
        for objective, value in (("latency_p95_seconds", 0.5), ("error_ratio", 0.01))
    }


def test_without_a_host_the_placeholder_is_said_to_be_one(folder: Path) -> None:
    assert init()[2:] == [PLACEHOLDER, "Next: swarmscope run smoke"]
    assert (
        '# A placeholder: write the address of your API here; --host overrides it.\nhost = "http://127.0.0.1:8080"\n'
        in (folder / "swarmscope.toml").read_text()
    )


@pytest.mark.parametrize(
    ("there", "named"),
    [
        (["locustfile.py"], "locustfile.py"),
        (["locustfiles/shop.py", "perf/locustfile.py"], "locustfiles"),
        (["perf/locustfile.py"], "perf/locustfile.py"),
        (["tests/load/locustfile_shop.py"], "tests/load/locustfile_shop.py"),
        (["load/shop.py"], "load/shop.py"),
    ],
)
def test_a_locustfile_that_is_there_is_named_and_not_touched(folder: Path, there: list[str], named: str) -> None:
    before = [put(folder / name).stat().st_mtime_ns for name in there]
    assert init("--host", "http://a", "--force") == [
        "Wrote swarmscope.toml",
        f"Found {named}: named in swarmscope.toml, and left as it is",
        "Next: swarmscope run smoke",
    ]
    assert [(folder / name).stat().st_mtime_ns for name in there] == before
    text = (folder / "swarmscope.toml").read_text()
    assert (f'\nlocustfile = "{named}"\n' in text) == (named != "locustfile.py")


def test_of_several_the_nearest_is_named_and_the_others_are_told(folder: Path) -> None:
    for name in ("a/b/locustfile.py", "shop.py", "load/locustfile.py"):
        put(folder / name)
    assert init("--host", "http://a")[1:3] == [
        "Found load/locustfile.py: named in swarmscope.toml, and left as it is",
        "Also found a/b/locustfile.py, shop.py: `locustfile` in swarmscope.toml says which is run",
    ]


def test_what_is_not_the_users_own_is_passed_over(folder: Path) -> None:
    for name in (".venv/locustfile.py", "node_modules/x/locustfile.py", "a/b/c/d/locustfile.py"):
        put(folder / name)
    put(folder / "env3" / "pyvenv.cfg")
    put(folder / "env3" / "locustfile.py")
    put(folder / "tools.py", "import locust  # and no users\n")
    put(folder / "models.py", "class Shopper(BaseUser):\n    pass\n")
    assert init()[0] == "Wrote locustfile.py: one user with one task on /"


def test_a_load_shape_says_itself_how_many_users_there_are(folder: Path) -> None:
    put(folder / "locustfile.py", SHAPE)
    init("--host", "http://a")
    assert (folder / "swarmscope.toml").read_text().partition("[scenarios.smoke]\n")[2] == (
        "# The load shape in locustfile.py says how many users there are, and for how long.\n"
        "# The run fails when one of these is missed. Objectives without a line here have default thresholds.\n"
        f"{THRESHOLDS}"
    )
    (smoke,) = read_project(folder).catalogue
    assert (smoke.users, smoke.run_time_seconds) == (None, None)


def test_a_locustfile_of_another_name_is_written_or_named(folder: Path) -> None:
    assert init("--locustfile", "perf/shop.py")[0] == "Wrote perf/shop.py: one user with one task on /"
    assert '\nlocustfile = "perf/shop.py"\n' in (folder / "swarmscope.toml").read_text()
    put(folder / "perf" / "shop.py")
    (folder / "swarmscope.toml").unlink()
    assert init("--locustfile", str(folder / "perf" / "shop.py"))[1] == (
        "Found perf/shop.py: named in swarmscope.toml, and left as it is"
    )


def test_a_project_is_not_written_over_without_force(folder: Path) -> None:
    put(folder / "swarmscope.toml", "# mine\n")
    assert refused() == "swarmscope.toml exists: nothing was written; give --force to write over it"
    assert [path.name for path in folder.iterdir()] == ["swarmscope.toml"]
    assert (folder / "swarmscope.toml").read_text() == "# mine\n"
    init("--force")
    assert (folder / "swarmscope.toml").read_text() != "# mine\n"


def test_a_document_is_a_locustfile_with_what_is_left_to_do(folder: Path) -> None:
    put(folder / "api.yaml", PETSTORE)
    assert init("--openapi", "api.yaml") == [
        "Wrote locustfile.py: 5 tasks, 1 of them DELETE, which the users leave out (weight 0)",
        "Wrote swarmscope.toml",
        (
            "Change host in swarmscope.toml to your API (the document names https://petstore.example.com/v1), or give"
            " --host: http://127.0.0.1:8080 is a placeholder"
        ),
        "Set API_BEARER_AUTH, API_KEY in the environment: the keys of the API",
        'Give values that your API has where locustfile.py says "made up": post_pets_pet_id_photo',
        "Next: swarmscope run smoke",
    ]
    assert (
        "# A placeholder: write the address of your API here; --host overrides it."
        " Its document names https://petstore.example.com/v1.\n"
    ) in (folder / "swarmscope.toml").read_text()


def test_a_document_never_writes_over_a_locustfile_without_force_and_keeps_the_project(folder: Path) -> None:
    put(folder / "api.yaml", PETSTORE)
    put(folder / "locustfile.py")
    put(folder / "swarmscope.toml", "# mine\n")
    assert refused("--openapi", "api.yaml") == (
        "locustfile.py exists: nothing was written; give --force to write over it, or another file with --locustfile"
    )
    said = init("--openapi", "api.yaml", "--locustfile", "pets.py")
    assert said[0] == "Wrote pets.py: 5 tasks, 1 of them DELETE, which the users leave out (weight 0)"
    assert said[1] == 'Kept swarmscope.toml: its `locustfile` has to be "pets.py", and its host your API'
    assert said[-1] == "Next: swarmscope run SCENARIO"
    init("--openapi", "api.yaml", "--force")
    assert "SwaggerPetstoreUser" in (folder / "locustfile.py").read_text()
    assert (folder / "swarmscope.toml").read_text() == "# mine\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--host", "localhost:80"],
            "Invalid --host 'localhost:80': expected an address such as http://127.0.0.1:8000",
        ),
        (["--openapi", "gone.json"], "gone.json cannot be read: No such file or directory"),
        (
            ["--locustfile", "shop.txt"],
            "Invalid --locustfile 'shop.txt': expected a Python file such as perf/shop.py",
        ),
        (["--locustfile", "file/shop.py"], "file/shop.py cannot be written: "),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(folder: Path, arguments: list[str], said: str) -> None:
    put(folder / "file")
    assert refused(*arguments).startswith(said)
    assert [path.name for path in folder.iterdir()] == ["file"]


@pytest.mark.real
def test_it_is_a_command_that_reads_no_project_around_it(folder: Path) -> None:
    put(folder / "swarmscope.toml", "[broken\n")
    (folder / "below").mkdir()
    command = [sys.executable, "-m", "swarmscope", "init"]
    done = subprocess.run(command, cwd=folder / "below", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert {path.name for path in (folder / "below").iterdir()} == {"locustfile.py", "swarmscope.toml"}
