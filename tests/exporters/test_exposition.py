"""What is written for a scrape is what prometheus-client would write, only faster."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from prometheus_client import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

from swarmscope_exporter.exemplars import Exemplar
from swarmscope_exporter.exposition import EDGE_TEXTS, compressed, exposition
from swarmscope_exporter.merge import Merge
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.run import Run
from tests.exporters.test_collector import registry_of
from tests.exporters.test_exemplars import CHAT
from tests.exporters.test_merge import RUN, snapshot
from tests.exporters.test_recorder import Response, send

OPENMETRICS = "application/openmetrics-text"
#: As Prometheus 3 asks.
PROMETHEUS = (
    f"{OPENMETRICS};version=1.0.0;escaping=allow-utf-8;q=0.6,{OPENMETRICS};version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


@pytest.fixture
def run() -> Run:
    recorder = Recorder()
    for response_time in (0.5, 150.0, 150.5, 61_000.0):
        send(recorder, response_time=response_time)
    for name in ('/"quoted"\n\\', "/ü"):
        send(recorder, name=name, response=Response(500), exception=RuntimeError())
    send(recorder, response_time=None)
    recorder.note_exemplar(CHAT, Exemplar("a" * 32, 150.5, 1700000000.25))
    run = Run(RUN, "smoke", 1, Merge(RUN))
    run.merge.update("0", snapshot(recorder, 1))
    cell = run.merge.cells[CHAT]
    cell.buckets[0] += 12_345_678  # so many that the number is written with an exponent
    return run


def as_sets(text: bytes) -> set[tuple[str, frozenset[str]]]:
    """Return the lines, whatever the order of their labels."""
    lines = text.decode().split("\n")
    return {(line.partition("{")[0], frozenset(line.partition("{")[2].replace("}", ",}").split(","))) for line in lines}


@pytest.mark.parametrize(
    ("accept", "content_type", "generate"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8", generate_latest),
        (
            PROMETHEUS,
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
            generate_openmetrics,
        ),
    ],
    ids=["text", "openmetrics"],
)
def test_each_line_is_that_of_prometheus_client(
    run: Run, accept: str, content_type: str, generate: Callable[[Collector], bytes]
) -> None:
    registry = registry_of(run)
    body, said = exposition(registry, accept)
    assert said == content_type
    expected = generate(registry)
    assert as_sets(body) == as_sets(expected)
    assert body.count(b"\n") == expected.count(b"\n")
    assert body.endswith(b"# EOF\n") == expected.endswith(b"# EOF\n")
    assert (b"trace_id" in body) == (generate is generate_openmetrics)


def test_the_samples_are_there_for_whoever_asks_for_them(run: Run) -> None:
    [family] = [family for family in registry_of(run).collect() if family.type == "histogram"]
    assert len(family.samples) == 3 * (len(EDGE_TEXTS) + 2)


def test_a_compressed_scrape_is_the_same(run: Run) -> None:
    body, _ = exposition(registry_of(run), PROMETHEUS)
    assert gzip.decompress(compressed(body)) == body
    assert len(compressed(body)) < len(body) / 5
