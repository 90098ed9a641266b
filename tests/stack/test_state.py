import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from swarmscope.errors import StackError
from swarmscope.processes.process import ManagedProcess
from swarmscope.stack.state import StackState, same_process
from tests.stack.conftest import poll, running


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def write_children(folder: Path, children: dict[int, float]) -> None:
    (folder / "children.json").write_text(json.dumps(children))


def test_one_stack_at_a_time_has_the_folder(tmp_path: Path) -> None:
    with StackState(tmp_path / "stack", print):
        with pytest.raises(StackError) as error:
            StackState(tmp_path / "stack", print).__enter__()
        assert str(error.value) == (
            f"a stack runs already (pid {os.getpid()}, state in {tmp_path / 'stack'}): stop it, "
            "run against it with --host and --prometheus-url, or start another one with --state-dir"
        )
    with StackState(tmp_path / "stack", print):
        pass


@pytest.mark.real
def test_children_of_a_killed_stack_are_stopped_by_the_next_one(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    write_children(tmp_path, {sleeper.pid: psutil.Process(sleeper.pid).create_time()})
    lines: list[str] = []
    with StackState(tmp_path, lines.append):
        poll(lambda: not running([sleeper.pid]), "the leftover is gone")
    assert lines == [f"stopping sleep (pid {sleeper.pid}), left over from a stack that was killed"]
    assert not (tmp_path / "children.json").exists()


@pytest.mark.real
def test_a_stranger_who_got_the_pid_of_a_dead_child_is_left_alone(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    write_children(tmp_path, {sleeper.pid: psutil.Process(sleeper.pid).create_time() - 60})
    with StackState(tmp_path, print):
        assert running([sleeper.pid]) == [sleeper.pid]


def test_a_note_of_children_that_was_cut_off_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "children.json").write_text('{"12')
    with StackState(tmp_path, print):
        pass


@pytest.mark.real
def test_a_started_child_is_noted_with_its_start_time(tmp_path: Path) -> None:
    process = ManagedProcess("child", ["sleep", "60"], env=dict(os.environ), log_path=tmp_path / "log")
    with StackState(tmp_path, print) as state:
        process.start()
        state.remember(process)
        noted = json.loads((tmp_path / "children.json").read_text())
        process.stop()
    assert list(noted) == [str(process.pid)]


def test_a_process_is_the_same_only_with_the_same_start_time() -> None:
    me = psutil.Process()
    assert same_process(me.pid, me.create_time()) == me
    assert same_process(me.pid, me.create_time() + 5) is None
    assert same_process(2**22 + 1, 0.0) is None  # beyond the largest pid there is
