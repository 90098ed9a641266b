"""Times from the intended start: the delay of an iteration is added to its first request, and missed starts count."""

from __future__ import annotations

import random
from bisect import bisect_left
from typing import Any

import pytest

from swarmscope_exporter.buckets import BUCKET_COUNT, EDGES_MS
from swarmscope_exporter.intended_starts import IntendedStarts, Start, Waits
from swarmscope_exporter.merge import Merge
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.snapshot import pack_waits
from tests.exporters.test_merge import CHAT, RUN, snapshot
from tests.exporters.test_recorder import Response, send


def in_buckets(*times_ms: float) -> list[int]:
    buckets = [0] * BUCKET_COUNT
    for each in times_ms:
        buckets[bisect_left(EDGES_MS, each)] += 1
    return buckets


def test_the_delay_of_an_iteration_is_added_to_its_first_request_alone() -> None:
    recorder = Recorder()
    recorder.intended_starts.begin(Start(500.0))
    send(recorder, response_time=10.0)
    send(recorder, response_time=20.0)
    cell = recorder.cells[CHAT]
    assert cell.buckets == in_buckets(10.0, 20.0), "the service time stays"
    assert cell.from_intended_starts().buckets == in_buckets(510.0, 20.0)
    assert (cell.sum_ms, cell.from_intended_starts().sum_ms) == (30.0, 530.0)
    assert not recorder.intended_starts.pending


def test_missed_starts_count_with_the_next_request_that_the_user_makes() -> None:
    recorder = Recorder()
    recorder.intended_starts.begin(Start(50.0, (450.0, 250.0)))
    send(recorder, response_time=10.0)
    cell = recorder.cells[CHAT].from_intended_starts()
    assert cell.buckets == in_buckets(60.0, 450.0, 250.0)
    assert cell.sum_ms == 760.0


def test_a_first_request_without_a_time_still_has_the_starts_missed_before_it() -> None:
    recorder = Recorder()
    recorder.intended_starts.begin(Start(50.0, (450.0,)))
    send(recorder, response_time=None)
    assert recorder.cells[CHAT].from_intended_starts().buckets == in_buckets(450.0)


@pytest.mark.parametrize("changed", [{"response": object()}, {"response": Response(500), "exception": OSError()}])
def test_requests_of_other_clients_and_failures_count_from_the_intended_start_too(changed: dict[str, Any]) -> None:
    recorder = Recorder()
    recorder.intended_starts.begin(Start(500.0))
    send(recorder, response_time=10.0, **changed)
    (cell,) = recorder.cells.values()
    assert cell.from_intended_starts().buckets == in_buckets(510.0)


def test_the_sum_over_workers_is_exact() -> None:
    rng, merge, expected = random.Random(3), Merge(RUN), list[float]()
    recorders = [Recorder() for _ in range(3)]
    for sequence in range(1, 30):
        for worker, recorder in enumerate(recorders):
            for _ in range(rng.randrange(5)):
                time_ms, delay_ms = rng.uniform(1, 100), rng.choice([0.0, rng.uniform(0, 5000)])
                if rng.random() < 0.7:
                    missed = tuple(rng.uniform(0, 9000) for _ in range(rng.randrange(3)))
                    recorder.intended_starts.begin(Start(delay_ms, missed))
                    expected += [time_ms + delay_ms, *missed]
                else:
                    expected.append(time_ms)
                send(recorder, response_time=time_ms)
            recorder.intended_starts.not_served([rng.uniform(0, 9000)])
            waits = {"unserved": pack_waits(recorder.intended_starts.unserved)}
            merge.update(str(worker), snapshot(recorder, sequence, waits=waits, has_intended_starts=True))
    cell = merge.cells[CHAT].from_intended_starts()
    assert cell.buckets == in_buckets(*expected)
    assert cell.sum_ms == pytest.approx(sum(expected))
    assert merge.waits["unserved"].count == 29 * 3
    assert merge.has_intended_starts


def test_at_the_end_a_request_that_was_cut_off_has_waited_since_its_intended_start() -> None:
    now = [100.0]
    starts = IntendedStarts(clock=lambda: now[0])
    starts.begin(Start(300.0, (900.0,), begun_seconds=100.0))
    now[0] = 102.0
    starts.close()
    assert starts.unserved.buckets == in_buckets(2300.0, 900.0)
    assert not starts.pending


def test_waits_add_up() -> None:
    waits = Waits()
    waits.add(1.5)
    waits.add(70_000.0)
    assert (waits.count, waits.sum_ms, waits.buckets[-1]) == (2, 70_001.5, 1)
