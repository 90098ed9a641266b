"""What a run's Locust processes are told, as the kernel shows it."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from swarmscope.project.env_file import ENV_FILE, SECRETS, read_env_file
from tests.faults.faulted import FaultedRun
from tests.faults.target import Target

pytestmark = pytest.mark.real


def test_locust_has_the_test_users_password_and_no_secret_of_the_file_or_of_the_shell(
    tmp_path: Path, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, f"of-the-shell-{name}")
    monkeypatch.setenv("LOADTEST_USER_PASSWORD", "of-the-users")
    run = FaultedRun(tmp_path, target.url, run_time="120s")  # the test ends it as soon as it has looked
    run.wait_until_steady()
    locust = [process for process in run.children() if "locust" in process.cmdline()]
    assert len(locust) == 3, [process.cmdline() for process in locust]
    secrets = {value for name, value in read_env_file(ENV_FILE).items() if name in SECRETS and value}
    for process in locust:
        require_no_secrets(process, secrets)
    run.end()


def require_no_secrets(process: psutil.Process, secrets: set[str]) -> None:
    variables = process.environ()  # /proc/PID/environ
    assert variables["LOADTEST_USER_PASSWORD"] == "of-the-users"
    assert SECRETS & set(variables) == set()
    assert [name for name, value in variables.items() if value in secrets or value.startswith("of-the-shell-")] == []
