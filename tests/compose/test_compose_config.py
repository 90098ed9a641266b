"""What docker compose makes of the file; nothing is started."""

import subprocess
from pathlib import Path

import pytest

from swarmscope.project.env_file import ensure_env_file
from tests.compose.docker import COMPOSE_FILE, without_settings

pytestmark = [pytest.mark.compose, pytest.mark.usefixtures("docker_engine")]

SECRETS = ["API_JWT_SECRET", "API_TEST_USER_PASSWORD", "POSTGRES_PASSWORD", "GRAFANA_ADMIN_PASSWORD"]


def config(env_file: Path) -> subprocess.CompletedProcess[str]:
    command = ["docker", "compose", "-f", str(COMPOSE_FILE), "--env-file", str(env_file), "config", "--quiet"]
    return subprocess.run(command, env=without_settings(), capture_output=True, text=True, check=False)


def test_with_an_env_file_the_configuration_is_clean(tmp_path: Path) -> None:
    ensure_env_file(target=tmp_path / ".env")
    result = config(tmp_path / ".env")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize("missing", SECRETS)
def test_a_missing_secret_is_named_together_with_what_to_do(tmp_path: Path, missing: str) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("".join(f"{name}=x\n" for name in SECRETS if name != missing))
    result = config(env_file)
    assert result.returncode != 0
    assert result.stderr.strip().endswith(
        f"required variable {missing} is missing a value: run make env, which writes .env"
    )
