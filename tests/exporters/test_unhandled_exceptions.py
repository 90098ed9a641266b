"""Exceptions that Locust only logs are counted, and no others. tests/faults has the real ones."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from swarmscope_exporter.unhandled_exceptions import UnhandledExceptions


@pytest.fixture
def unhandled_exceptions() -> Iterator[UnhandledExceptions]:
    counting = UnhandledExceptions()
    counting.attach()
    yield counting
    for name in ("", "locust"):
        logging.getLogger(name).removeHandler(counting)


def test_a_listener_that_raises_is_one_unhandled_exception_each_time_until_the_next_run(
    unhandled_exceptions: UnhandledExceptions,
) -> None:
    for _ in range(2):
        logging.getLogger().error("Uncaught exception in event handler: \n%s", "Traceback …")
    assert unhandled_exceptions.count == 2
    unhandled_exceptions.reset()
    assert unhandled_exceptions.count == 0


def test_a_greenlet_that_raises_is_one_unhandled_exception(
    unhandled_exceptions: UnhandledExceptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("locust"), "propagate", False)  # as Locust sets its loggers up
    logging.getLogger("locust.runners").critical("Unhandled exception in greenlet: %s", "<Greenlet>")
    assert unhandled_exceptions.count == 1


def test_what_is_not_logged_and_locust_knows_of_is_one_unhandled_exception_of_the_run_it_came_in() -> None:
    known = [False]
    silent = UnhandledExceptions(lambda: known[0])
    assert silent.count == 0
    known[0] = True
    assert silent.count == 1
    silent.reset()
    assert silent.count == 0


def test_other_errors_in_the_log_are_none(unhandled_exceptions: UnhandledExceptions) -> None:
    logging.getLogger("locust.user").error("Traceback: a task raised")
    logging.getLogger().error("something else")
    assert unhandled_exceptions.count == 0
