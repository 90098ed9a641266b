import os
import re
import subprocess
from pathlib import Path

import pytest

from scripts.stack.paths import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()


def make(*arguments: str, **environment: str) -> list[str]:
    """The lines that make prints."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")} | environment
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout.splitlines()


def test_without_a_target_it_lists_every_target_with_one_line_each() -> None:
    listed = [line.split()[0] for line in make()]
    [phony] = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    [scenarios] = re.findall(r"^SCENARIOS := (.*)$", MAKEFILE, re.MULTILINE)
    assert sorted(listed) == sorted(phony.replace("$(SCENARIOS)", scenarios).split())
    assert "  smoke            Quick check: 10 users, 2 minutes" in make("help")


@pytest.mark.parametrize(
    "scenario", ["smoke", "load", "stress", "spike", "soak", "user-journey", "admin-workflow", "web"]
)
def test_a_scenario_installs_and_then_runs_the_one_script(scenario: str) -> None:
    assert [line.rstrip() for line in make("-n", scenario)] == [
        "scripts/bootstrap.sh",
        f"scripts/run-tests.sh {scenario}",
    ]


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
        ("test", '.venv/bin/pytest -m "not compose and not faults"'),
        ("test-faults", ".venv/bin/pytest -m faults"),
        ("test-fast", '.venv/bin/pytest -m "not real and not compose"'),
        ("test-compose", ".venv/bin/pytest -m compose"),
    ],
)
def test_each_test_target_selects_its_tests(target: str, command: str) -> None:
    assert make("-n", target)[-1].rstrip() == command


def test_clean_keeps_what_is_expensive_or_secret_and_distclean_does_not(tmp_path: Path) -> None:
    keepers = [".venv", ".tools", ".env", "locust"]
    for name in [*keepers, ".stack", "results", ".pytest_cache", "scripts/__pycache__"]:
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "Makefile").write_text(MAKEFILE)
    make("-C", str(tmp_path), "clean")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*keepers, "Makefile", "scripts"])
    assert list((tmp_path / "scripts").iterdir()) == []
    make("-C", str(tmp_path), "distclean")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Makefile", "locust", "scripts"]
