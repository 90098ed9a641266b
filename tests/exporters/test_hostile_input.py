"""What hostile names, headers and clients do to the real exporter: nothing."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from threading import Event, Thread

import gevent
import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from swarmscope.stack.programs.prometheus import find_prometheus
from swarmscope_exporter.collector import RunCollector, RunnerState
from swarmscope_exporter.endpoints import EndpointCatalogue
from swarmscope_exporter.merge import Merge
from swarmscope_exporter.name_templates import MAX_NAME_LENGTH
from swarmscope_exporter.overhead import OwnCost
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.run import Run
from swarmscope_exporter.server import ExporterServer
from swarmscope_exporter.snapshot import Snapshot
from tests.exporters.test_merge import RUN, snapshot
from tests.exporters.test_recorder import send

NAMES = (
    '/"}',
    "/a\nb 1\nloadtest_requests_total 999",
    "/a\r\nb",
    "/back\\slash\\",
    "/\\n",
    "/{id}/{}",
    '/x",le="+Inf"} 1\nloadtest_requests_total{a="b\\',
    "/nul\x00and\x1b[31mcolour",
    "/ü/漢字/🦠/\u202egnp",
    "/lone\ud800surrogate",
    "# HELP loadtest_requests_total oh",
    "# EOF",
    "",
    " ",
    "%s%n{{ $labels.name }}",
)


class Served:
    """The exporter of a run with these request names, on a gevent loop of its own, as in a Locust master."""

    def __init__(self, merge: Merge) -> None:
        self._merge = merge
        self._started, self._ended = Event(), Event()
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._started.wait(10)

    def _serve(self) -> None:
        run = Run(RUN, "smoke", 1, self._merge)
        collector = RunCollector(lambda: (run, RunnerState(), []), EndpointCatalogue(), "2")
        server = ExporterServer(collector, "127.0.0.1", 0, OwnCost(), ["locust-master"])
        self.port = server.port
        self._started.set()
        while not self._ended.is_set():
            gevent.sleep(0.02)
        server.stop()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join(10)

    def scrape(self, **headers: str) -> requests.Response:
        return requests.get(f"http://127.0.0.1:{self.port}/metrics", headers=headers, timeout=10)

    def names(self) -> list[str]:
        """Return the names of the requests in a scrape, as often as there are series of them."""
        families = text_string_to_metric_families(self.scrape().content.decode())
        (family,) = [family for family in families if family.name == "loadtest_requests"]
        assert all(sample.value == 1 for sample in family.samples)
        return [sample.labels["name"] for sample in family.samples]

    def answer_to(self, raw: bytes) -> bytes:
        """Return what comes back on a connection that sends this and no more, up to the end of the first line."""
        with closing(socket.create_connection(("127.0.0.1", self.port), 10)) as connection:
            try:
                connection.sendall(raw)
                connection.shutdown(socket.SHUT_WR)
                answer = connection.recv(65536)
            except OSError:  # closed before everything was sent: as good an answer as any
                answer = b""
            return answer.split(b"\r\n")[0]


@pytest.fixture
def served() -> Iterator[Served]:
    recorder = Recorder()
    for name in NAMES:
        send(recorder, name=name)
    merge = Merge(RUN)
    merge.update("0", Snapshot.from_wire(snapshot(recorder, 1).to_wire()))
    exporter = Served(merge)
    yield exporter
    exporter.stop()


def test_each_hostile_name_is_one_series_with_that_name(served: Served) -> None:
    assert served.names() == [name.replace("\ud800", "?") for name in NAMES]


@pytest.mark.real
def test_prometheus_reads_what_hostile_names_have_become(served: Served) -> None:
    promtool = shutil.which("promtool") or find_prometheus().promtool
    text = served.scrape().content
    result = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False, timeout=60)
    said = (result.stdout + result.stderr).decode()
    assert "error while linting" not in said, said
    assert "parsing" not in said, said


def test_a_label_is_no_longer_than_a_name_may_be_whatever_a_client_calls_its_method() -> None:
    recorder = Recorder()
    send(recorder, request_type="G" * 5000 + "\ud800", name="n" * 5000)
    (key,) = recorder.cells
    assert (len(key.method), len(key.name)) == (MAX_NAME_LENGTH, MAX_NAME_LENGTH)


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        (b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", b"HTTP/1.1 404 Not Found"),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 404 Not Found"),
        (b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 404 Not Found"),
        (b"nonsense\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: a\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"GET /metrics HTTP/1.1\r\nno header\r\n\r\n", b"HTTP/1.1 421 Misdirected Request"),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 414 Request URI Too Long"),
        (b"GET /metrics HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"HTTP/1.1 400 Bad Request"),
        (b"\x00" * 1000, b"HTTP/1.1 400 Bad Request"),
    ],
    ids=["post", "put", "path", "nonsense", "length", "no-header", "long-line", "long-header", "tls", "nul"],
)
def test_a_hostile_request_is_refused_and_the_next_scrape_is_whole(served: Served, raw: bytes, answer: bytes) -> None:
    assert served.answer_to(raw) in {answer, b""}  # a refusal of what is still being sent may get lost
    assert len(served.names()) == len(NAMES)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:9646", "10.0.0.7:9646", ""])
def test_a_foreign_host_is_refused_and_told_which_option_allows_it(served: Served, host: str) -> None:
    response = served.scrape(Host=host)
    assert (response.status_code, response.text) == (
        421,
        "This exporter is not served under this name: allow it with --exporter-allowed-hosts\n",
    )


def test_the_first_refusal_alone_is_logged_with_what_was_asked_for(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        served.scrape(Host="loadgen.example:9646\x1b[31m")
    (record,) = caplog.records
    assert record.getMessage() == (
        "The exporter refused a request for Host 'loadgen.example:9646\\x1b[31m' from Origin None: if this is your"
        " Prometheus, allow the name with --exporter-allowed-hosts"
    )


def test_a_page_of_another_origin_gets_no_metrics(served: Served) -> None:
    assert served.scrape(Origin="http://evil.example").status_code == 421


@pytest.mark.parametrize("host", ["localhost:9646", "[::1]:9646", "locust-master:9646", socket.gethostname()])
def test_it_is_scraped_under_loopback_names_the_machines_name_and_configured_ones(served: Served, host: str) -> None:
    response = served.scrape(Host=host)
    assert response.status_code == 200
    assert response.content.count(b"\nloadtest_requests_total{") == len(NAMES)


@pytest.mark.parametrize(
    "accept",
    [
        "a" * 4000,
        "application/openmetrics-text; version=99.99; escaping=nothing",
        "application/openmetrics-text; version=one",
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8",
        "text/plain;version=;;;=,,",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
    ],
)
def test_whatever_a_client_accepts_it_gets_every_series(served: Served, accept: str) -> None:
    response = served.scrape(Accept=accept)
    assert response.status_code == 200
    assert response.content.count(b"\nloadtest_requests_total{") == len(NAMES)


def test_a_body_that_never_comes_and_a_client_that_never_asks_keep_nobody_waiting(served: Served) -> None:
    address = ("127.0.0.1", served.port)
    with closing(socket.create_connection(address)) as promising, closing(socket.create_connection(address)) as silent:
        promising.sendall(
            b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\nthe rest comes later"
        )
        silent.sendall(b"GET /met")
        assert len(served.names()) == len(NAMES)
