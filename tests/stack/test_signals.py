"""Ctrl-C, SIGTERM and SIGHUP end waits, and never the work that has to be done in any case."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from swarmscope.processes.signals import Interruptions


@pytest.fixture
def interruptions() -> Iterator[Interruptions]:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    held = Interruptions()
    with held.held():
        yield held
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_stretch_that_lets_it_through(interruptions: Interruptions, number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt), interruptions.let_through():
        signal.raise_signal(number)
    assert interruptions.count == 1


def test_a_signal_outside_ends_the_next_stretch_at_its_beginning(interruptions: Interruptions) -> None:
    signal.raise_signal(signal.SIGINT)
    reached = []
    with pytest.raises(KeyboardInterrupt), interruptions.let_through():
        reached.append("inside")
    assert reached == []
    with interruptions.let_through():
        reached.append("after one, the next wait is a wait again")
    assert len(reached) == 1


def test_after_the_second_one_nothing_is_waited_for(interruptions: Interruptions) -> None:
    with pytest.raises(KeyboardInterrupt), interruptions.let_through():
        signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)  # not raised here
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt), interruptions.let_through():
            pytest.fail("this would be a wait")
    assert interruptions.count == 2


def test_what_is_ignored_stays_ignored_as_nohup_wants_it() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        interruptions = Interruptions()
        with interruptions.held(), interruptions.let_through():
            signal.raise_signal(signal.SIGHUP)
        assert interruptions.count == 0
    finally:
        signal.signal(signal.SIGHUP, before)
