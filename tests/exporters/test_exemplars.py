"""Trace ids on their way from a sampled request to a bucket of the exposition."""

from __future__ import annotations

import re

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families as text_families
from prometheus_client.samples import Sample

from swarmscope_exporter.cells import Cell, CellKey
from swarmscope_exporter.endpoints import OVERFLOW_NAME
from swarmscope_exporter.exemplars import Exemplar, ExemplarKeeper
from swarmscope_exporter.merge import Merge
from swarmscope_exporter.names import Naming
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.run import Run
from swarmscope_exporter.snapshot import Snapshot
from tests.exporters.test_collector import registry_of
from tests.exporters.test_merge import RUN, snapshot
from tests.exporters.test_recorder import Response, send

CHAT = CellKey("GET", "/api/chat", 200, "")
BROKEN = CellKey("GET", "/api/chat", 500, "http_5xx")


def traced(recorder: Recorder, trace_id: str, response_ms: float, at: float, *, failed: bool = False) -> None:
    if failed:
        send(recorder, response=Response(500), exception=RuntimeError(), response_time=response_ms)
    else:
        send(recorder, response_time=response_ms)
    recorder.note_exemplar(BROKEN if failed else CHAT, Exemplar(trace_id, response_ms, at))


def published(registry: CollectorRegistry) -> dict[tuple[str, str], str]:
    """Trace ids by outcome and upper edge of the bucket."""
    return {
        (sample.labels["outcome"], sample.labels["le"]): sample.exemplar.labels["trace_id"]
        for family in openmetrics_families(generate_openmetrics(registry).decode())
        for sample in family.samples
        if sample.exemplar
    }


def run_of(*recorders: Recorder) -> Run:
    run = Run(RUN, "smoke", len(recorders), Merge(RUN))
    for worker, recorder in enumerate(recorders):
        wire = snapshot(recorder, 1).to_wire()
        assert run.merge.update(str(worker), Snapshot.from_wire(wire))
    return run


def test_a_bucket_carries_its_last_traced_request_of_all_workers_and_failures_their_own() -> None:
    one, other = Recorder(), Recorder()
    traced(one, "a" * 32, 101.0, at=10.0)
    traced(one, "b" * 32, 119.0, at=12.0)
    traced(one, "c" * 32, 119.0, at=9.0, failed=True)
    traced(other, "d" * 32, 102.0, at=11.0)
    traced(other, "e" * 32, 2500.0, at=11.0)
    assert published(registry_of(run_of(one, other))) == {
        ("success", "0.12"): "b" * 32,
        ("success", "2.5"): "e" * 32,
        ("failure", "0.12"): "c" * 32,
    }


def test_an_exemplar_says_how_long_the_request_took_and_when_it_ended() -> None:
    recorder = Recorder()
    traced(recorder, "a" * 32, 101.5, at=1700000000.25)
    text = generate_openmetrics(registry_of(run_of(recorder))).decode()
    [line] = [line for line in text.splitlines() if "trace_id" in line]
    assert 'le="0.12"' in line
    assert line.partition("} ")[2] == f'1.0 # {{trace_id="{"a" * 32}"}} 0.1015 1700000000.25'


def test_both_formats_agree_on_every_series_and_value() -> None:
    recorder = Recorder()
    traced(recorder, "a" * 32, 101.0, at=10.0)
    traced(recorder, "b" * 32, 30.0, at=10.0, failed=True)
    registry = registry_of(run_of(recorder))

    def figures(samples: list[Sample]) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}

    text = [s for family in text_families(generate_latest(registry).decode()) for s in family.samples]
    openmetrics = [s for f in openmetrics_families(generate_openmetrics(registry).decode()) for s in f.samples]
    assert figures(text) == figures(openmetrics)
    assert len(text) > 100
    assert not [sample.name for sample in openmetrics if sample.name.endswith("_created")]
    assert re.findall("trace_id", generate_latest(registry).decode()) == []


def test_the_trace_of_a_folded_name_is_under_its_template_and_a_password_in_a_name_is_nowhere() -> None:
    recorder, name = Recorder(Naming(max_names=1)), "https://user:secret@shop.test/items/{}"
    for number in range(3):
        send(recorder, name=name.format(number))
        recorder.note_exemplar(
            CellKey("GET", name.format(number), 200, ""), Exemplar(str(number), 1.0, float(number + 1))
        )
    found = {key.name: [each.trace_id for each in cell.exemplars.values()] for key, cell in recorder.cells.items()}
    assert found == {"https://user:***@shop.test/items/0": ["0"], "https://user:***@shop.test/items/{id}": ["2"]}
    assert recorder.folded_names == {
        "https://user:***@shop.test/items/{id}": [f"https://user:***@shop.test/items/{number}" for number in (1, 2)]
    }


def test_a_name_past_the_cap_has_its_trace_under_the_overflow() -> None:
    recorder = Recorder(Naming(max_names=0))
    traced(recorder, "a" * 32, 101.0, at=10.0)
    [(key, cell)] = recorder.cells.items()
    assert (key.name, [each.trace_id for each in cell.exemplars.values()]) == (OVERFLOW_NAME, ["a" * 32])


def test_a_request_that_was_not_counted_has_no_exemplar() -> None:
    recorder = Recorder()
    recorder.note_exemplar(CHAT, Exemplar("a" * 32, 1.0, 10.0))
    assert recorder.cells == {}


@pytest.mark.parametrize(("failures", "kept"), [(1, ["b", "failed 0"]), (3, ["failed 1", "failed 2"])])
def test_beyond_the_limit_the_oldest_success_gives_way_and_then_the_oldest_failure(
    failures: int, kept: list[str]
) -> None:
    keeper, cell, broken = ExemplarKeeper(limit=2), Cell(), Cell()
    for bucket, name in enumerate("ab"):
        keeper.note(cell, bucket, Exemplar(name, 1.0, float(bucket)), failed=False)
    for bucket in range(failures):
        keeper.note(broken, bucket, Exemplar(f"failed {bucket}", 1.0, 5.0), failed=True)
    assert sorted(each.trace_id for some in (cell, broken) for each in some.exemplars.values()) == kept
