"""The sum over workers."""

import random
from dataclasses import replace
from typing import Any

import msgpack
from hypothesis import given
from hypothesis import strategies as st

from swarmscope_exporter.cells import CellKey
from swarmscope_exporter.merge import Merge
from swarmscope_exporter.names import Naming
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.snapshot import Snapshot, cells_of
from tests.exporters.test_recorder import Response, send

RUN = "20260131-120000-smoke"
CHAT = CellKey("GET", "/api/chat", 200, "")


def snapshot(recorder: Recorder, sequence: int, **changed: Any) -> Snapshot:
    fields: dict[str, Any] = {
        "run_id": RUN,
        "sequence": sequence,
        "final": False,
        "cells": cells_of(recorder),
        "requests": recorder.count,
        "overflow": recorder.overflow,
        "dropped": recorder.dropped,
        "cut_off": recorder.cut_off,
    }
    return Snapshot(**(fields | changed))


def test_snapshots_survive_the_wire_that_locust_uses() -> None:
    recorder = Recorder()
    send(recorder)
    send(recorder, response=Response(500), exception=RuntimeError(), response_time=61_000.0)
    sent = snapshot(recorder, 7, final=True, cpu_ratio=0.25)
    assert Snapshot.from_wire(msgpack.loads(msgpack.dumps(sent.to_wire()), strict_map_key=False)) == sent


def test_reports_are_cumulative_so_a_lost_one_is_repaired_by_the_next() -> None:
    recorder, merge = Recorder(), Merge(RUN)
    send(recorder)
    merge.update("0", snapshot(recorder, 1))
    send(recorder)
    snapshot(recorder, 2)  # lost on the way
    send(recorder)
    merge.update("0", snapshot(recorder, 3))
    assert merge.cells[CHAT].count == 3
    assert merge.cells[CHAT].sum_ms == 36.0


def test_a_report_that_comes_twice_or_late_changes_nothing() -> None:
    recorder, merge = Recorder(), Merge(RUN)
    send(recorder)
    early = snapshot(recorder, 1)
    send(recorder)
    late = snapshot(recorder, 2)
    assert merge.update("0", late)
    assert not merge.update("0", late)
    assert not merge.update("0", early)
    assert merge.cells[CHAT].count == 2


def test_a_worker_that_left_keeps_what_it_reported_last() -> None:
    first, second, merge = Recorder(), Recorder(), Merge(RUN)
    for _ in range(5):
        send(first)
    merge.update("0", snapshot(first, 1))
    send(second)
    merge.update("1", snapshot(second, 1))
    assert merge.cells[CHAT].count == 6


def test_a_report_of_another_run_is_refused() -> None:
    merge = Merge(RUN)
    recorder = Recorder()
    send(recorder)
    assert not merge.update("0", snapshot(recorder, 1, run_id="the run before"))
    assert merge.cells == {}


def test_workers_that_reach_the_cap_at_different_times_are_folded_alike_and_no_request_is_lost_or_moved() -> None:
    chance, recorders = random.Random(5), [Recorder(Naming(max_names=20)) for _ in range(3)]
    merge, seen = Merge(RUN, Naming(max_names=20)), dict[CellKey, int]()
    for sequence in range(1, 40):
        for worker, recorder in enumerate(recorders):
            for _ in range(chance.randrange(worker * 10 + 2)):
                send(recorder, name=chance.choice(("/items/{}", "/users/{}/cart")).format(chance.randrange(500)))
            assert merge.update(str(worker), snapshot(recorder, sequence, folded_names=recorder.folded_names))
        now = {key: cell.count for key, cell in merge.cells.items()}
        assert all(now[key] >= count for key, count in seen.items())
        assert sum(now.values()) == sum(recorder.count for recorder in recorders)
        seen = now
    assert len({key.name for key in merge.cells}) == 22
    assert {key.name for key in merge.cells} > {"/items/{id}", "/users/{id}/cart"}
    assert merge.overflow == 0
    assert {template: len(names) for template, names in merge.folded_names.items()} == {
        "/items/{id}": 3,
        "/users/{id}/cart": 3,
    }


def test_words_past_the_cap_in_the_union_of_workers_are_folded_and_counted_once() -> None:
    merge = Merge(RUN, Naming(max_names=2))
    recorders = [Recorder(), Recorder(), Recorder()]
    for sequence in (1, 2):
        for worker, recorder in enumerate(recorders):
            send(recorder, name=f"/only/{'abc'[worker]}")
            merge.update(str(worker), snapshot(recorder, sequence))
    assert merge.cells[CellKey("GET", "(overflow)", 200, "")].count == 2
    assert merge.overflow == 2


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0.1, 70_000)), max_size=60), st.randoms())
def test_the_merge_equals_one_recorder_that_saw_everything(
    requests: list[tuple[int, float]], chance: random.Random
) -> None:
    workers, alone, merge = [Recorder() for _ in range(4)], Recorder(), Merge(RUN)
    for sequence, (worker, response_time) in enumerate(requests, start=1):
        send(workers[worker], response_time=response_time)
        send(alone, response_time=response_time)
        if chance.random() < 0.5:
            merge.update(str(worker), snapshot(workers[worker], sequence))
    for worker, recorder in enumerate(workers):
        merge.update(str(worker), replace(snapshot(recorder, len(requests) + 1), final=True))
    assert {key: cell.buckets for key, cell in merge.cells.items()} == {
        key: cell.buckets for key, cell in alone.cells.items()
    }
