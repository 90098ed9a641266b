"""Exceptions that Locust only logs are counted, and no others. tests/faults has the real ones."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from swarmscope_exporter.mishaps import Mishaps


@pytest.fixture
def mishaps() -> Iterator[Mishaps]:
    counting = Mishaps()
    counting.attach()
    yield counting
    for name in ("", "locust"):
        logging.getLogger(name).removeHandler(counting)


def test_a_listener_that_raises_is_one_mishap_each_time_until_the_next_run(mishaps: Mishaps) -> None:
    for _ in range(2):
        logging.getLogger().error("Uncaught exception in event handler: \n%s", "Traceback …")
    assert mishaps.count == 2
    mishaps.reset()
    assert mishaps.count == 0


def test_a_greenlet_that_raises_is_one_mishap(mishaps: Mishaps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("locust"), "propagate", False)  # as Locust sets its loggers up
    logging.getLogger("locust.runners").critical("Unhandled exception in greenlet: %s", "<Greenlet>")
    assert mishaps.count == 1


def test_what_is_not_logged_and_locust_knows_of_is_one_mishap_of_the_run_it_came_in() -> None:
    known = [False]
    silent = Mishaps(lambda: known[0])
    assert silent.count == 0
    known[0] = True
    assert silent.count == 1
    silent.reset()
    assert silent.count == 0


def test_other_errors_in_the_log_are_none(mishaps: Mishaps) -> None:
    logging.getLogger("locust.user").error("Traceback: a task raised")
    logging.getLogger().error("something else")
    assert mishaps.count == 0
