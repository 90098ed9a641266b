"""A run on a Prometheus of the user's own: the exporter's port, and the command that an error leads to."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import psutil
import pytest

from swarmscope.errors import CommandError, StackError
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.series import Series
from swarmscope.run.locust_processes import LocustPorts, _commands, pick_ports
from swarmscope.run.options import RunOptions
from swarmscope.run.preflight import naming_the_doctor, wait_until_watched

URL = "http://prometheus.test"


class Empty(PrometheusApi):
    def instant(self, query: str, at_seconds: float | None = None) -> tuple[Series, ...]:  # noqa: ARG002
        return ()


def test_the_exporter_takes_the_port_that_is_given() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ports = pick_ports(port)
    assert ports.exporter == port
    assert len({ports.exporter, ports.web, ports.master}) == 3


def test_a_given_port_that_is_taken_is_one_line() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(StackError) as error:
            pick_ports(port)
    me = f"{psutil.Process().name()} (pid {os.getpid()})"
    assert str(error.value) == (
        f"the exporter: port {port}, asked for by --exporter-port, is in use by {me}: stop that program, name another"
        " port, or leave --exporter-port out for a free one"
    )


def test_locust_is_told_the_interface_and_port_of_the_exporter() -> None:
    options = RunOptions("smoke", workers=0, locustfiles=(Path("mine.py"),), exporter_host="0.0.0.0")
    ports = pick_ports()
    (command,) = _commands(options, None, LocustPorts(1, 2, 9700, ports.picker), ()).values()
    words = " ".join(command)
    assert "exporter-host 0.0.0.0" in words
    assert "exporter-port 9700" in words


def test_a_run_that_prometheus_does_not_show_ends_with_the_command_that_lists_all_it_lacks() -> None:
    said = (
        f"Prometheus at {URL} does not show run 1 with its thresholds after 0 s: does it scrape the exporter"
        " (job loadtest)?"
    )
    for own, more in ((None, ""), (URL, f"; `swarmscope doctor --prometheus-url {URL}` lists all that it lacks")):
        with pytest.raises(CommandError) as error:
            wait_until_watched(Empty(URL), "1", 0.0, lambda: None, own)
        assert str(error.value) == said + more


def test_other_errors_within_are_as_they_were() -> None:
    with pytest.raises(KeyError), naming_the_doctor(URL):
        raise KeyError("run")
