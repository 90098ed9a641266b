import os
import re
import subprocess
from pathlib import Path

import pytest

from swarmscope.project.settings import project
from tests.places import ROOT
from tests.stack.conftest import make_program

pytestmark = pytest.mark.real

MAKEFILE = (ROOT / "Makefile").read_text()
ALIASES = [alias for scenario in project().catalogue.by_name.values() for alias in scenario.aliases]


def make(*arguments: str, **environment: str) -> list[str]:
    """Return the lines that make prints."""
    command, env = ["make", "--no-print-directory", *arguments], without_make(environment)
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout.splitlines()


def without_make(environment: dict[str, str]) -> dict[str, str]:
    """Return the variables of a make without options, though these tests may run in one that has some."""
    return {key: value for key, value in os.environ.items() if not key.startswith("MAKE")} | environment


def test_without_a_target_it_lists_every_target_with_one_line_each() -> None:
    listed = [line.split()[0] for line in make()]
    [phony] = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert sorted(listed) == sorted(
        [*phony.replace("$(SCENARIOS)", "").split(), *project().catalogue.by_name, *ALIASES]
    )
    assert f"  smoke            {project().catalogue.by_name['smoke'].purpose}" in make("help")
    assert "  load             The same as baseline" in make("help")


@pytest.mark.parametrize("scenario", [*project().catalogue.by_name, *ALIASES, "web"])
def test_a_scenario_installs_and_then_runs_the_one_script(scenario: str) -> None:
    assert [line.rstrip() for line in make("-n", scenario)] == [
        "scripts/bootstrap.sh",
        f"scripts/run-tests.sh {scenario}",
    ]


def test_a_new_scenario_is_a_target_without_a_change_of_the_makefile(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text(MAKEFILE)
    text = (ROOT / "swarmscope.toml").read_text()
    new = text.replace("[scenarios.baseline]", "[scenarios.night-shift]").replace('"load"', '"night", "late"')
    (tmp_path / "swarmscope.toml").write_text(new)
    for name in ("night-shift", "night", "late"):
        assert make("-C", str(tmp_path), "-n", name)[-1].rstrip() == f"scripts/run-tests.sh {name}"
    listed = make("-C", str(tmp_path), "help")
    assert "  late             The same as night-shift" in listed
    assert not [line for line in listed if "baseline" in line]


def test_an_unknown_target_runs_nothing() -> None:
    command = ["make", "--no-print-directory", "smokey"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "No rule to make target" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "options"),
    [
        (["smoke"], {"SMOKE_RUN_TIME": "30s"}, "smoke --run-time 30s"),
        (["user-journey"], {"USER_JOURNEY_RUN_TIME": "1m"}, "user-journey --run-time 1m"),
        (["load"], {"SMOKE_RUN_TIME": "30s"}, "load"),
        (["load", "RUN_TIME=5m", "USERS=20", "SPAWN_RATE=4"], {}, "load --users 20 --spawn-rate 4 --run-time 5m"),
        (["load", "HOST=http://a.test", "ARGS=--headless"], {}, "load --host http://a.test --headless"),
        (["load"], {"HOST": "my-computer", "USERS": "everyone"}, "load"),
    ],
)
def test_options_reach_the_script(arguments: list[str], environment: dict[str, str], options: str) -> None:
    assert make("-n", *arguments, **environment)[-1].rstrip() == f"scripts/run-tests.sh {options}"


@pytest.mark.parametrize(
    ("target", "command"),
    [
        (["test", "ARGS=-x"], '.venv/bin/pytest -m "not compose and not faults" -x'),
        (["test-faults"], '.venv/bin/pytest -m "faults or kind or nightly"'),
        (["test-fast"], '.venv/bin/pytest -n 2 -m "not real and not compose and not faults"'),
        (["test-compose"], ".venv/bin/pytest -m compose"),
    ],
)
def test_each_test_target_selects_its_tests(target: list[str], command: str) -> None:
    assert make("-n", *target)[-1].rstrip() == command


@pytest.mark.parametrize(
    ("failing_workers", "said"),
    [
        (0, ""),
        (6, "make test: failed, see above: the tests in parallel\n"),
        (2, "make test: failed, see above: the tests marked alone\n"),
    ],
)
def test_all_tests_are_two_parts_and_one_that_fails_fails_the_target_once_both_have_run(
    tmp_path: Path, failing_workers: int, said: str
) -> None:
    program = make_program(tmp_path / "pytest", f'echo pytest "$@"; [ "$2" != {failing_workers} ]')
    command = ["make", "--no-print-directory", "-o", "install", "test", f"PYTEST={program}", "PYTHON_BIN=true"]
    ended = subprocess.run(command, cwd=ROOT, env=without_make({}), capture_output=True, text=True, check=False)
    assert ended.stdout.splitlines() == [
        "pytest -n 6 --durations 15 -m not compose and not faults and not nightly and not alone",
        "pytest -n 2 --dist loadgroup --durations 15 -m alone and not compose and not faults and not nightly",
    ]
    assert (ended.returncode != 0, ended.stderr.partition("make: ***")[0]) == (bool(said), said)


@pytest.mark.parametrize("target", ["test", "test-fast", "test-faults", "test-compose"])
def test_the_tests_keep_bytecode_on_a_machine_that_keeps_none(tmp_path: Path, target: str) -> None:
    program = make_program(tmp_path / "pytest", 'echo "kept: [$PYTHONDONTWRITEBYTECODE]"')
    lines = make("-o", "install", target, f"PYTEST={program}", "PYTHON_BIN=true", PYTHONDONTWRITEBYTECODE="1")
    assert set(lines) == {"kept: []"}


def test_clean_keeps_what_is_expensive_or_secret_and_distclean_does_not(tmp_path: Path) -> None:
    keepers = [".venv", ".env", "locust"]
    for name in [*keepers, ".swarmscope", "results", ".pytest_cache", "scripts/__pycache__"]:
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "Makefile").write_text(MAKEFILE)
    make("-C", str(tmp_path), "clean")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*keepers, "Makefile", "scripts"])
    assert list((tmp_path / "scripts").iterdir()) == []
    make("-C", str(tmp_path), "distclean")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Makefile", "locust", "scripts"]
