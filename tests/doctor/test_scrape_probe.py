"""The stand-in for an exporter tells a scrape of Prometheus from any other request."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import requests

from swarmscope.doctor.scrape_probe import ExporterAddress, first_scrape


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def asking(port: int, user_agent: str) -> Iterator[None]:
    """Ask again and again, as a scraper does that has to wait for the server."""
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            with suppress(requests.RequestException):
                requests.get(f"http://127.0.0.1:{port}/metrics", headers={"User-Agent": user_agent}, timeout=1)
            time.sleep(0.02)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_a_scrape_of_prometheus_is_seen() -> None:
    address = ExporterAddress(free_port())
    with asking(address.port, "Prometheus/3.5.3"):
        assert first_scrape(address, 30.0) is not None


def test_what_others_ask_is_not_a_scrape() -> None:
    address = ExporterAddress(free_port())
    with asking(address.port, "Mozilla/5.0"):
        assert first_scrape(address, 0.3) is None


def test_a_port_that_is_taken_or_an_address_of_another_machine_is_no_scrape() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert first_scrape(ExporterAddress(listener.getsockname()[1]), 5.0) is None
    assert first_scrape(ExporterAddress(9646, "192.0.2.1"), 5.0) is None
