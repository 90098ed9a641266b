"""The stack with a stand-in for the API, and everything else real."""

import asyncio
import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest
import redis
import requests

from swarmscope.errors import ProcessFailedError, StackError
from swarmscope.project.settings import project
from swarmscope.project.target_settings import Target
from swarmscope.stack.clean import remove_state
from swarmscope.stack.options import RunningStack, StackOptions
from swarmscope.stack.postgres_server import stop_leftover
from swarmscope.stack.stack import EmbeddedStack
from tests.stack.conftest import PROGRAMS, poll, running

pytestmark = pytest.mark.real
STANDIN_API = (sys.executable, str(PROGRAMS / "standin_api.py"))


def target_of(*command: str) -> Target:
    """Return this repository's target with another command: it has the same services and settings."""
    target = project().target
    assert target is not None
    return dataclasses.replace(target, command=command)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return one folder for the module: making a database takes a second."""
    folder = tmp_path_factory.mktemp("stack")
    yield folder
    remove_state(folder / "stack", print)


@pytest.fixture
def options(folder: Path) -> StackOptions:
    return StackOptions(
        target=target_of(*STANDIN_API),
        state_dir=folder / "stack",
        env_file=folder / ".env",
        rules_dir=folder / "rules",
        exporter_targets=("127.0.0.1:9",),  # no load test runs here, whatever else this machine does
    )


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def query(stack: RunningStack, sql: str) -> Any:
    async def fetch() -> Any:
        connection = await asyncpg.connect(stack.database_url)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def up_by_job(stack: RunningStack) -> dict[str, str]:
    answer = requests.get(f"{stack.prometheus_url}/api/v1/query", params={"query": "up"}, timeout=5).json()
    return {series["metric"]["job"]: series["value"][1] for series in answer["data"]["result"]}


def test_every_part_answers_at_its_address_and_is_gone_afterwards(options: StackOptions) -> None:
    lines: list[str] = []
    with EmbeddedStack(dataclasses.replace(options, verbose=True), lines.append) as stack:
        assert requests.get(f"{stack.api_url}/", timeout=5).status_code == 200
        assert requests.get(f"{stack.prometheus_url}/-/ready", timeout=5).status_code == 200
        assert redis.Redis.from_url(stack.redis_url or "").ping()
        assert query(stack, "SELECT current_database()") == "swarmscope"
        assert set(stack.pids) == set(stack.ports) == {"api", "postgres", "redis", "prometheus"}
        assert running(list(stack.pids.values())) == list(stack.pids.values())
        assert stack.api_ws_url == f"ws://127.0.0.1:{stack.ports['api']}"
        assert sorted(path.name for path in stack.log_dir.iterdir()) == [
            "api.log",
            "postgres.log",
            "prometheus.log",
            "redis.log",
        ]
        stack.require_alive()
        pids = list(stack.pids.values())
    assert running(pids) == []
    timed = [line.split(":")[0] for line in lines if ": ready after " in line]
    assert timed == ["postgres", "redis", "api", "prometheus", "stack"]


def test_prometheus_scrapes_what_is_here_and_has_no_targets_for_exporters_that_are_not(options: StackOptions) -> None:
    with EmbeddedStack(options) as stack:
        expected = {"loadtest": "0", "api": "1", "prometheus": "1"}  # no load test runs here
        poll(lambda: up_by_job(stack) == expected, "all targets scraped")


def test_data_outlives_a_stack_and_a_new_password_is_taken_over(options: StackOptions, folder: Path) -> None:
    with EmbeddedStack(options) as stack:
        query(stack, "CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer")
    env_file = folder / ".env"
    env_file.write_text("POSTGRES_PASSWORD=it's a/new:p@ssword\n")
    lines: list[str] = []
    with EmbeddedStack(options, lines.append) as stack:
        assert query(stack, "SELECT answer FROM kept") == 42
        wrong = dataclasses.replace(stack, database_url=(stack.database_url or "").replace("it%27s", "guess"))
        with pytest.raises(asyncpg.InvalidPasswordError):
            query(wrong, "SELECT 1")
        assert "ssword" not in repr(stack)
    assert not any("first start" in line for line in lines)


def test_passwords_show_neither_in_logs_nor_in_the_process_list(options: StackOptions) -> None:
    with EmbeddedStack(options) as stack:
        secret = (stack.database_url or "").split(":")[2].split("@")[0]
        query(stack, "SELECT 1")
        commands = [argument for pid in stack.pids.values() for argument in psutil.Process(pid).cmdline()]
        logs = [path.read_text() for path in stack.log_dir.iterdir()]
    assert not [text for text in commands + logs if secret in text]


def test_usual_ports_in_use_are_replaced_with_a_line_each(
    options: StackOptions, busy_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swarmscope.stack.stack.DEFAULT_API_PORT", busy_port)
    lines: list[str] = []
    with EmbeddedStack(options, lines.append) as stack:
        assert stack.ports["api"] != busy_port
        assert requests.get(f"{stack.api_url}/", timeout=5).status_code == 200
    [line] = [line for line in lines if line.startswith("API:")]
    assert line.endswith(f"; using {stack.ports['api']}")


def test_a_port_asked_for_that_is_in_use_stops_the_start_before_anything_runs(
    options: StackOptions, busy_port: int
) -> None:
    before = children_of_ours()
    with pytest.raises(StackError, match=rf"^Prometheus: port {busy_port}, asked for by --prometheus-port"):
        EmbeddedStack(dataclasses.replace(options, prometheus_port=busy_port)).__enter__()
    assert children_of_ours() <= before


def test_a_part_that_ends_while_starting_shows_its_log_and_stops_all_others(options: StackOptions) -> None:
    failing = dataclasses.replace(options, target=target_of("/bin/sh", "-c", "echo the reason; exit 7"))
    before = children_of_ours()
    with pytest.raises(ProcessFailedError) as error:
        EmbeddedStack(failing).__enter__()
    log = options.state_dir / "logs" / "api.log"
    assert str(error.value) == (
        f"API ended while it was starting, exit code 7. Its log, {log}, ends with:\n  | the reason"
    )
    assert children_of_ours() <= before


def test_broken_rules_stop_the_start_with_prometheus_own_words(options: StackOptions, tmp_path: Path) -> None:
    (tmp_path / "broken.yml").write_text("groups: [{name: g, rules: [{record: x, expr: '1 +'}]}]")
    broken = dataclasses.replace(options, rules_dir=tmp_path, with_api=False)
    with pytest.raises(ProcessFailedError, match=r"(?s)^Prometheus ended while it was starting.*broken\.yml"):
        EmbeddedStack(broken).__enter__()


def test_a_child_that_dies_later_is_noticed(options: StackOptions) -> None:
    with EmbeddedStack(options) as stack:
        os.kill(stack.pids["redis"], signal.SIGKILL)
        [dead] = [process for process in stack.processes if process.name == "Redis"]
        poll(lambda: not dead.alive, "Redis is gone")
        with pytest.raises(ProcessFailedError, match=r"^Redis ended by itself, killed by SIGKILL"):
            stack.require_alive()


def test_an_exception_inside_stops_everything_and_goes_on(options: StackOptions) -> None:
    pids: list[int] = []

    def fail() -> None:
        with EmbeddedStack(options) as stack:
            pids.extend(stack.pids.values())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert len(pids) == 4
    assert running(pids) == []


def test_ones_own_api_leaves_only_prometheus(options: StackOptions) -> None:
    own = dataclasses.replace(options, with_api=False, api_metrics_target="127.0.0.1:1")
    with EmbeddedStack(own) as stack:
        assert list(stack.pids) == ["prometheus"]
        assert (stack.api_url, stack.database_url, stack.redis_url) == (None, None, None)
        targets = options.state_dir / "prometheus" / "config" / "targets"
        assert (targets / "api.yml").read_text() == "- targets:\n  - 127.0.0.1:1\n"


def test_a_prometheus_that_runs_already_is_passed_on_and_none_is_started(options: StackOptions) -> None:
    external = dataclasses.replace(options, with_api=False, prometheus_url="http://prometheus.test:9090")
    with EmbeddedStack(external) as stack:
        assert dict(stack.pids) == {}
        assert stack.prometheus_url == "http://prometheus.test:9090"


def test_a_second_stack_in_the_same_folder_is_refused(options: StackOptions) -> None:
    with EmbeddedStack(options), pytest.raises(StackError, match=r"^a stack runs already \(pid \d+, state in "):
        EmbeddedStack(options).__enter__()


def test_a_stack_that_starts_nothing_may_run_beside_another_one(options: StackOptions) -> None:
    with EmbeddedStack(options) as first:
        beside = dataclasses.replace(options, with_api=False, prometheus_url=first.prometheus_url)
        with EmbeddedStack(beside) as second:
            assert second.prometheus_url == first.prometheus_url
        first.require_alive()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_in_order(folder: Path, number: signal.Signals) -> None:
    with HeldStack(folder) as held:
        held.process.send_signal(number)
        assert held.process.wait(15) == 40  # the program saw a KeyboardInterrupt
        assert running(held.pids) == []
    assert "database system is shut down" in (folder / "stack" / "logs" / "postgres.log").read_text()


def test_an_impatient_second_ctrl_c_does_not_cut_the_stopping_short(folder: Path) -> None:
    with HeldStack(folder) as held:
        held.process.send_signal(signal.SIGINT)
        poll(lambda: len(running(held.pids)) < 4, "the stopping has begun")
        held.process.send_signal(signal.SIGINT)
        assert held.process.wait(15) == 40
        assert running(held.pids) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_nothing_outlives_a_killed_parent(folder: Path, options: StackOptions) -> None:
    with HeldStack(folder) as held:
        held.process.kill()
        poll(lambda: running(held.pids) == [], "all children are gone")
    with EmbeddedStack(options) as stack:
        assert query(stack, "SELECT 1") == 1


def test_a_postgres_left_over_is_stopped_by_the_next_start(options: StackOptions) -> None:
    with EmbeddedStack(options) as stack:
        data_dir = Path(psutil.Process(stack.pids["postgres"]).cwd())
        lines: list[str] = []
        stop_leftover(data_dir, lines.append)
        poll(lambda: not running([stack.pids["postgres"]]), "PostgreSQL is gone")
    assert lines == [f"stopping PostgreSQL (pid {stack.pids['postgres']}), left over from a stack that was killed"]


def test_a_lock_file_of_a_cluster_whose_pid_is_a_stranger_is_cleared(tmp_path: Path) -> None:
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path}\n")
    stop_leftover(tmp_path, print)
    assert list(tmp_path.iterdir()) == []


def test_cleaning_removes_everything(options: StackOptions) -> None:
    with EmbeddedStack(options), pytest.raises(StackError, match="runs already"):
        remove_state(options.state_dir, print)
    remove_state(options.state_dir, print)
    assert not options.state_dir.exists()


class HeldStack:
    """A stack in a process of its own, that can be sent signals."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAMS / "hold_stack.py"), str(folder)], stdout=subprocess.PIPE, text=True
        )
        self.pids: list[int] = []

    def __enter__(self) -> "HeldStack":
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.pids = list(json.loads(line).values())
        assert len(running(self.pids)) == 4
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def children_of_ours() -> set[tuple[int, str]]:
    """Our children that run now, by pid and name; those of other tests' fixtures among them."""
    children = psutil.Process().children(recursive=True)
    return {(child.pid, child.name()) for child in children if child.status() != psutil.STATUS_ZOMBIE}
