import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from swarmscope.errors import ProcessFailedError
from swarmscope.processes.process import ManagedProcess, describe_exit
from tests.places import ROOT
from tests.stack.conftest import poll, running

pytestmark = pytest.mark.real


@pytest.fixture
def started(tmp_path: Path) -> Iterator["Starter"]:
    starter = Starter(tmp_path)
    yield starter
    for process in starter.processes:
        process.stop()


class Starter:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[ManagedProcess] = []

    def shell(self, script: str, *, stop_timeout_seconds: float = 10.0) -> ManagedProcess:
        return self.run(["/bin/sh", "-c", script], stop_timeout_seconds=stop_timeout_seconds)

    def run(self, command: list[str], *, stop_timeout_seconds: float = 10.0) -> ManagedProcess:
        process = ManagedProcess(
            "the child",
            command,
            env=dict(os.environ),
            log_path=self.folder / "logs" / "child.log",
            stop_timeout_seconds=stop_timeout_seconds,
        )
        self.processes.append(process)
        process.start()
        return process


def wait_for_log(process: ManagedProcess, text: str) -> None:
    poll(lambda: text in "\n".join(process.log_tail()), f"{text!r} in the log")


def never_ready() -> None:
    raise OSError("connection refused")


def test_a_child_is_ready_as_soon_as_its_probe_returns(started: Starter) -> None:
    process = started.shell("echo hello; sleep 60")
    answers = iter([OSError("not yet"), OSError("not yet"), None])

    def probe() -> None:
        answer = next(answers)
        if answer is not None:
            raise answer

    assert process.wait_ready(probe, timeout_seconds=10) > 0
    assert process.alive
    assert process.exit_code is None


def test_a_child_that_ends_while_starting_is_reported_with_its_exit_code_and_its_last_lines(started: Starter) -> None:
    process = started.shell("for line in $(seq 20); do echo line $line; done; exit 3")
    with pytest.raises(ProcessFailedError) as failure:
        process.wait_ready(never_ready, timeout_seconds=10)
    expected_tail = "\n".join(f"  | line {number}" for number in range(9, 21))
    assert str(failure.value) == (
        f"the child ended while it was starting, exit code 3. Its log, {process.log_path}, ends with:\n{expected_tail}"
    )


def test_a_child_that_is_not_ready_in_time_is_reported_with_the_last_reason(started: Starter) -> None:
    process = started.shell("sleep 60")
    with pytest.raises(ProcessFailedError) as failure:
        process.wait_ready(never_ready, timeout_seconds=0.1)
    assert str(failure.value) == (
        "the child was not ready within 0.1 s (connection refused). "
        f"Its log, {process.log_path}, ends with:\n  | (nothing)"
    )


def test_a_program_that_does_not_exist_is_named_in_the_error(started: Starter) -> None:
    process = started.run(["/does/not/exist"])
    with pytest.raises(ProcessFailedError, match=r"exit code 127.*\n.*cannot run /does/not/exist: No such file"):
        process.wait_ready(never_ready, timeout_seconds=10)


def test_stopping_a_child_lets_it_end_in_its_own_way(started: Starter) -> None:
    process = started.shell("trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.05; done")
    wait_for_log(process, "ready")
    assert process.stop() == 5
    assert process.log_tail() == ["ready", "bye"]
    assert not process.alive


def test_a_child_that_ignores_the_polite_signal_is_killed(started: Starter) -> None:
    process = started.shell("trap '' TERM; echo ready; while :; do sleep 0.05; done", stop_timeout_seconds=0.2)
    wait_for_log(process, "ready")
    assert process.stop() == -signal.SIGKILL


def test_stopping_twice_or_before_the_start_does_nothing(started: Starter) -> None:
    process = started.shell("exit 4")
    process.wait(10)
    assert [process.stop(), process.stop()] == [4, 4]
    assert ManagedProcess("unborn", ["true"], env={}, log_path=started.folder / "log").stop() is None


def test_what_a_child_leaves_in_its_group_is_killed_when_it_ends(started: Starter) -> None:
    process = started.shell("trap '' TERM; sleep 60 & echo grandchild $!; exit 0")
    process.wait(10)
    grandchild = int(process.log_tail()[0].split()[1])
    poll(lambda: not running([grandchild]), "the grandchild is gone")


def test_a_child_lives_in_a_session_of_its_own_so_that_ctrl_c_reaches_the_parent_alone(started: Starter) -> None:
    process = started.shell("sleep 60")
    assert os.getsid(process.pid) == process.pid


def test_a_child_gets_no_open_files_of_ours_and_no_terminal_input(started: Starter) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        process = started.shell("readlink /proc/self/fd/0; ls /proc/self/fd | wc -l")
        process.wait(10)
    assert process.log_tail() == ["/dev/null", "4"]  # three standard ones, and the folder that ls reads


def test_starting_outside_the_main_thread_is_refused(tmp_path: Path) -> None:
    process = ManagedProcess("the child", ["true"], env={}, log_path=tmp_path / "log")
    caught: list[str] = []

    def start() -> None:
        try:
            process.start()
        except RuntimeError as error:
            caught.append(str(error))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert caught == ["the child was started outside the main thread, whose end would stop it"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    parent_code = (
        "import os, pathlib, sys, time\n"
        "from swarmscope.processes.process import ManagedProcess\n"
        "p = ManagedProcess('c', ['sleep', '60'], env=dict(os.environ), log_path=pathlib.Path(sys.argv[1]))\n"
        "p.start(); print(p.pid, flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent_code, str(tmp_path / "log")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        comm = Path(f"/proc/{child}/comm")
        poll(lambda: comm.read_text() == "sleep\n", "the launcher has become the command")
        parent.kill()
        poll(lambda: not running([child]), "the child is gone")


def test_exits_are_told_in_words() -> None:
    assert describe_exit(3) == "exit code 3"
    assert describe_exit(-signal.SIGKILL) == "killed by SIGKILL"
