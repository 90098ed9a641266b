import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from swarmscope.errors import StackError
from swarmscope.processes.ports import PortPicker, holder, in_use


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_the_usual_port_is_taken_silently_where_it_is_free() -> None:
    lines: list[str] = []
    usual = free_port()
    assert PortPicker(lines.append).pick("API", usual=usual) == usual
    assert lines == []


def test_a_usual_port_in_use_is_replaced_with_one_line_that_says_so(busy_port: int) -> None:
    lines: list[str] = []
    port = PortPicker(lines.append).pick("API", usual=busy_port)
    me = f"{psutil.Process().name()} (pid {os.getpid()})"
    assert not in_use(port)
    assert lines == [f"API: port {busy_port} is in use by {me}; using {port}"]


def test_a_requested_port_in_use_is_an_error_that_names_port_holder_and_option(busy_port: int) -> None:
    with pytest.raises(StackError) as error:
        PortPicker(print).pick("API", usual=8000, requested=busy_port, option="--api-port")
    me = f"{psutil.Process().name()} (pid {os.getpid()})"
    assert str(error.value) == (
        f"API: port {busy_port}, asked for by --api-port, is in use by {me}: "
        "stop that program, name another port, or leave --api-port out for a free one"
    )


def test_a_requested_free_port_is_taken() -> None:
    port = free_port()
    assert PortPicker(print).pick("API", usual=8000, requested=port, option="--api-port") == port


def test_no_two_parts_get_the_same_port() -> None:
    picker = PortPicker(lambda _: None)
    usual = free_port()
    ports = [picker.pick("one", usual=usual), picker.pick("two", usual=usual), *(picker.pick("n") for _ in range(50))]
    assert len(set(ports)) == 52
    with pytest.raises(StackError, match=f"port {usual}, asked for by --port, is in use"):
        picker.pick("three", requested=usual, option="--port")


@pytest.mark.real
@pytest.mark.skipif(sys.platform != "linux", reason="claims are kept by Linux alone")
def test_a_port_that_another_stack_has_chosen_and_does_not_listen_on_yet_is_not_chosen_again() -> None:
    port = free_port()
    claiming = (
        f"from swarmscope.processes.ports import claimed; claim = claimed({port}); print('mine', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", claiming], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "mine\n"
        lines: list[str] = []
        assert PortPicker(lines.append).pick("API", usual=port) != port
        assert lines[0].startswith(f"API: port {port} is in use by another program; using ")
        with pytest.raises(StackError, match=f"port {port}, asked for by --port, is in use"):
            PortPicker(print).pick("API", requested=port, option="--port")
        other.communicate("\n")
    assert PortPicker(print).pick("API", usual=port) == port


def test_a_listener_on_every_interface_counts_as_in_use() -> None:
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))
        listener.listen()
        assert in_use(listener.getsockname()[1])


def test_the_holder_of_a_port_is_unknown_where_nobody_listens() -> None:
    assert holder(free_port()) == "another program"
