"""The command that developers use, with the real API."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from swarmscope.project.env_file import ENV_FILE, ensure_env_file, settings
from swarmscope.stack.clean import remove_state
from tests.places import ROOT
from tests.stack.conftest import poll, running

pytestmark = pytest.mark.real


class Command:
    """``swarmscope up`` in a folder of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "swarmscope", "up", *arguments),
                *("--state-dir", str(folder / "stack"), "--rules", str(folder / "rules")),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={key: value for key, value in os.environ.items() if key not in {"API_PORT", "PROMETHEUS_PORT"}},
        )

    def addresses(self) -> dict[str, tuple[str, int]]:
        """Address and pid of each part, from the table that is printed when all is up."""
        assert self.process.stdout is not None
        rows: dict[str, tuple[str, int]] = {}
        for line in self.process.stdout:
            if line.startswith("Ctrl-C"):
                break
            if match := re.match(r"(api|postgres|redis|prometheus)\s+(\S+)\s+(\d+)", line):
                rows[match[1]] = (match[2], int(match[3]))
        assert rows, f"the stack did not come up: {self.result()}"
        return rows

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Return what ``result`` says after this signal."""
        self.process.send_signal(number)
        return self.result()

    def result(self) -> tuple[int, str]:
        """Exit code, and the last line on standard error."""
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, (errors.strip().splitlines() or [""])[-1]


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    started = Command(tmp_path)
    yield started
    started.process.kill()
    started.process.communicate()
    remove_state(tmp_path / "stack", print)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_prints_addresses_that_answer_and_a_signal_leaves_no_process(
    command: Command, number: signal.Signals
) -> None:
    parts = command.addresses()
    pids = [pid for _, pid in parts.values()]
    assert list(parts) == ["api", "postgres", "redis", "prometheus"]
    api_url, _ = parts["api"]
    ensure_env_file()
    login = {"email": "user00001@example.test", "password": settings(ENV_FILE)["API_TEST_USER_PASSWORD"]}
    assert requests.post(f"{api_url}/api/auth/login", json=login, timeout=10).status_code == 200
    assert requests.get(f"{api_url}/health/detailed", timeout=10).json()["status"] == "ok"
    assert requests.get(f"{parts['prometheus'][0]}/-/ready", timeout=10).status_code == 200
    assert command.end(number) == (0, "stopped")
    assert running(pids) == []


@pytest.mark.parametrize(("part", "name"), [("api", "API"), ("postgres", "PostgreSQL")])
def test_up_ends_with_an_error_when_a_child_is_killed(command: Command, part: str, name: str) -> None:
    parts = command.addresses()
    os.kill(parts[part][1], signal.SIGKILL)
    _, errors = command.process.communicate(timeout=20)
    assert command.process.returncode == 2
    assert f"{name} ended by itself, killed by SIGKILL. Its log, " in errors
    assert "Traceback" not in errors
    poll(lambda: running([pid for _, pid in parts.values()]) == [], "no process is left")


def test_a_port_in_use_is_one_line_and_exit_code_2(command: Command, tmp_path: Path) -> None:
    port = command.addresses()["api"][0].rsplit(":", 1)[1]
    second = Command(tmp_path / "second", "--api-port", port)
    code, line = second.result()
    assert code == 2
    assert re.fullmatch(
        rf"API: port {port}, asked for by --api-port \(API_PORT\), is in use by \S+ \(pid \d+\): stop that program, "
        r"name another port, or leave --api-port \(API_PORT\) out for a free one",
        line,
    )
