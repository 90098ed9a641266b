import os
import subprocess

import pytest

from tests.places import ROOT

pytestmark = pytest.mark.real

COMPOSE = "docker compose -f docker-compose.load-test.yml"


@pytest.mark.parametrize(
    ("arguments", "commands"),
    [
        (
            ["distributed"],
            [
                "scripts/bootstrap.sh",
                ".venv/bin/python -m swarmscope.project.env_file",
                "mkdir -p results",
                f"{COMPOSE} up --build --detach --wait --scale locust-worker=2",
            ],
        ),
        (
            ["distributed", "WORKERS=8"],
            [
                "scripts/bootstrap.sh",
                ".venv/bin/python -m swarmscope.project.env_file",
                "mkdir -p results",
                f"{COMPOSE} up --build --detach --wait --scale locust-worker=8",
            ],
        ),
        (["stop-distributed"], [f"{COMPOSE} down --volumes"]),
    ],
)
def test_the_stack_in_docker_is_one_command_to_start_and_one_to_remove(
    arguments: list[str], commands: list[str]
) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    command = ["make", "--no-print-directory", "-n", *arguments]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert [line.rstrip() for line in result.stdout.splitlines()] == commands
