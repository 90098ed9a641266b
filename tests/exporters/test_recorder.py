"""What one process records of its requests."""

import math
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from http import HTTPStatus
from typing import Any

import pytest

from swarmscope_exporter.buckets import EDGES_MS
from swarmscope_exporter.cells import CellKey
from swarmscope_exporter.errors import ErrorKind, ValidationFailure
from swarmscope_exporter.names import Naming
from swarmscope_exporter.recorder import ACCEPTED_UNANSWERED, Recorder


@dataclass
class Response:
    status_code: int


class Float(float):
    """As numpy's float64."""


class Scalar:
    """As numpy's other numbers."""

    def __float__(self) -> float:
        return 7.0

    def __str__(self) -> str:
        return "scalar"


def send(recorder: Recorder, **changed: Any) -> None:
    event: dict[str, Any] = {
        "request_type": "GET",
        "name": "/api/chat",
        "response_time": 12.0,
        "response_length": 100,
        "response": Response(200),
        "exception": None,
        "context": {},
    }
    recorder.on_request(**(event | changed))


def test_a_response_time_on_an_edge_counts_in_the_bucket_that_ends_there() -> None:
    for index, edge in enumerate(EDGES_MS):
        recorder = Recorder()
        send(recorder, response_time=edge)
        send(recorder, response_time=edge * (1 + 1e-9))
        (cell,) = recorder.cells.values()
        assert (cell.buckets[index], cell.buckets[index + 1]) == (1, 1), f"{edge} ms"


def test_sums_counts_and_bytes_of_a_request_are_kept_by_method_name_status_and_error() -> None:
    recorder = Recorder()
    send(recorder)
    send(recorder, response_time=30.0, response_length=None)
    send(recorder, response=Response(503), exception=RuntimeError())
    good, bad = CellKey("GET", "/api/chat", 200, ""), CellKey("GET", "/api/chat", 503, ErrorKind.HTTP_5XX)
    assert set(recorder.cells) == {good, bad}
    assert (recorder.cells[good].count, recorder.cells[good].sum_ms, recorder.cells[good].bytes) == (2, 42.0, 100)
    assert recorder.cells[bad].count == 1


def test_a_429_that_the_task_calls_a_success_keeps_its_status() -> None:
    recorder = Recorder()
    send(recorder, response=Response(429))
    assert [key.status for key in recorder.cells] == [429]


def test_a_connection_error_has_status_0() -> None:
    recorder = Recorder()
    send(recorder, response=None, exception=ConnectionRefusedError(), response_length=0)
    assert list(recorder.cells) == [CellKey("GET", "/api/chat", 0, ErrorKind.CONNECTION)]


def test_an_http_request_without_an_answer_that_a_task_calls_a_success_is_told_from_one_of_another_protocol() -> None:
    recorder = Recorder()
    send(recorder, response=Response(0))
    send(recorder, response=None)
    send(recorder, request_type="grpc", response=Response(0))
    assert {(key.method, key.status, key.error): cell.count for key, cell in recorder.cells.items()} == {
        ("GET", ACCEPTED_UNANSWERED, ""): 1,
        ("GET", 0, ""): 1,
        ("grpc", 0, ""): 1,
    }


def test_a_validation_failure_is_told_from_a_success_of_the_same_status() -> None:
    recorder = Recorder()
    send(recorder)
    send(recorder, exception=ValidationFailure("empty answer"))
    assert [(key.status, key.error) for key in recorder.cells] == [(200, ""), (200, "validation")]


def test_a_request_without_a_response_time_is_counted_and_in_no_bucket() -> None:
    recorder = Recorder()
    send(recorder, response_time=None)
    (cell,) = recorder.cells.values()
    assert (cell.count, cell.untimed, sum(cell.buckets)) == (1, 1, 0)


@pytest.mark.parametrize(
    "impossible",
    [
        -1.0,
        -1,
        -1e-9,
        math.nan,
        math.inf,
        -math.inf,
        "12.5",
        b"12",
        True,
        False,
        timedelta(milliseconds=5),
        datetime(2026, 1, 1, tzinfo=UTC),
        Decimal("NaN"),
        Decimal(-1),
        1j,
        [5.0],
        object(),
    ],
    ids=lambda value: re.sub(r" at 0x\w+", "", repr(value)),
)
@pytest.mark.parametrize("response", [Response(200), None, object()], ids=["http", "none", "other"])
def test_a_request_with_an_impossible_time_is_counted_and_its_time_is_dropped(impossible: Any, response: Any) -> None:
    recorder = Recorder()
    for _ in range(3):
        send(recorder, response=response, response_time=impossible)
    (cell,) = recorder.cells.values()
    assert (cell.count, cell.untimed, sum(cell.buckets), cell.sum_ms, cell.bytes) == (3, 3, 0, 0.0, 300)
    assert recorder.dropped == 3


@pytest.mark.parametrize("number", [7, Decimal("7.0"), Fraction(7), Scalar(), Float(7)], ids=str)
@pytest.mark.parametrize("response", [Response(200), object()], ids=["http", "other"])
def test_a_time_that_is_a_number_of_another_type_is_recorded_once(number: Any, response: Any) -> None:
    recorder = Recorder()
    for _ in range(3):
        send(recorder, response=response, response_time=number)
    (cell,) = recorder.cells.values()
    assert (cell.buckets[EDGES_MS.index(7.0)], cell.count, cell.untimed, cell.bytes) == (3, 3, 0, 300)
    assert (cell.sum_ms, type(cell.sum_ms), recorder.dropped) == (21.0, float, 0)


class NeitherTrueNorFalse:
    """As an array of numpy with several elements."""

    def __bool__(self) -> bool:
        raise ValueError("ambiguous")


@pytest.mark.parametrize(
    "impossible",
    ["wide", [5], object(), float("nan"), NeitherTrueNorFalse()],
    ids=["text", "list", "object", "nan", "array"],
)
def test_a_request_with_an_impossible_length_is_counted_and_its_length_is_dropped(impossible: Any) -> None:
    recorder = Recorder()
    send(recorder)
    send(recorder, response_length=impossible)
    send(recorder, response_length=None)
    (cell,) = recorder.cells.values()
    assert (cell.count, cell.sum_ms, cell.bytes, recorder.dropped) == (3, 36.0, 100, 1)


def test_figures_are_the_same_however_often_they_are_read_and_what_is_noted_does_not_grow_once_settled() -> None:
    seldom, often = Recorder(), Recorder()
    for number in range(100):
        for recorder in (seldom, often):
            send(recorder, response_time=float(number), name=f"/{number % 3}")
        often.settle()
    for recorder in (seldom, often):
        assert recorder.count == 100
        assert all(cell.times == cell.lengths == [] for cell in recorder.cells.values())
    assert {key: (cell.buckets, cell.sum_ms, cell.bytes) for key, cell in seldom.cells.items()} == {
        key: (cell.buckets, cell.sum_ms, cell.bytes) for key, cell in often.cells.items()
    }


def test_who_listens_behind_the_recorder_hears_of_each_request_whatever_it_is() -> None:
    heard: list[tuple[Any, ...]] = []
    recorder = Recorder()
    recorder.on_recorded = lambda *event: heard.append(event)
    error = ValueError("wrong")
    send(recorder)
    send(recorder, exception=error)
    send(recorder, response=object(), response_time="soon")
    assert heard == [
        ("GET", "/api/chat", 12.0, 100, None),
        ("GET", "/api/chat", 12.0, 100, error),
        ("GET", "/api/chat", "soon", 100, None),
    ]


def test_a_time_of_0_is_a_time() -> None:
    recorder = Recorder()
    send(recorder, response_time=0.0)
    send(recorder, response_time=-0.0)
    (cell,) = recorder.cells.values()
    assert (cell.buckets[0], recorder.dropped) == (2, 0)


@pytest.mark.parametrize("response", [None, object()], ids=["none", "other"])
def test_a_type_whose_time_is_as_many_as_the_seconds_since_its_start_is_noted(response: Any) -> None:
    recorder = Recorder()
    now = time.time()
    seconds = {"request_type": "grpc", "start_time": now - 0.25, "response_time": 0.25, "response": response}
    send(recorder, **(seconds | {"request_type": "right", "response_time": 250.0}))
    send(recorder, **(seconds | {"request_type": "nothing", "response_time": math.nan}))
    send(recorder, **(seconds | {"request_type": "no start", "start_time": None}))
    assert recorder.like_seconds == set()
    send(recorder, **seconds)
    assert (recorder.like_seconds, recorder.dropped) == ({"grpc"}, 1)
    recorder.reset()
    assert recorder.like_seconds == set()


def test_names_past_the_cap_are_folded_into_their_templates() -> None:
    recorder = Recorder(Naming(max_names=3))
    for number in range(10):
        send(recorder, name=f"/leads/{number}", response_time=1.0)
        send(recorder, name=f"/leads/{number}", response_time=2.0)
    assert {key.name: cell.count for key, cell in recorder.cells.items()} == {
        "/leads/0": 2,
        "/leads/1": 2,
        "/leads/2": 2,
        "/leads/{id}": 14,
    }
    assert recorder.cells[CellKey("GET", "/leads/{id}", 200, "")].sum_ms == 21.0
    assert recorder.folded_names == {"/leads/{id}": ["/leads/3", "/leads/4", "/leads/5"]}
    assert (recorder.overflow, recorder.count) == (0, 20)
    recorder.reset()
    assert recorder.folded_names == {}


def test_more_templates_than_the_cap_overflow_and_each_request_is_counted() -> None:
    recorder = Recorder(Naming(max_names=3))
    for word in "abcdefghij":
        send(recorder, name=f"/leads/{word}")
        send(recorder, name=f"/leads/{word}")
    assert {key.name for key in recorder.cells} == {"/leads/a", "/leads/b", "/leads/c", "(overflow)"}
    assert recorder.overflow == 14
    assert recorder.cells[CellKey("GET", "(overflow)", 200, "")].count == 14


def test_a_recorder_does_not_grow_with_the_names_it_folds() -> None:
    recorder = Recorder(Naming(max_names=1))
    for number in range(20_000):
        send(recorder, name=f"/leads/{number}")
        send(recorder, name="/" + "x" * 200 + str(number))
    assert recorder.count == 40_000
    assert len(recorder._notes) <= 5002


def test_the_names_of_odd_clients_are_folded_as_well() -> None:
    recorder = Recorder(Naming(max_names=1))
    for number in range(5):
        send(recorder, name=f"/leads/{number}", response=object())
    assert {key.name: cell.count for key, cell in recorder.cells.items()} == {"/leads/0": 1, "/leads/{id}": 4}


def test_a_name_of_any_length_is_cut_to_200_characters() -> None:
    recorder = Recorder()
    send(recorder, name="/" + "x" * 10_000)
    assert [len(key.name) for key in recorder.cells] == [200]


class StatusThatRaises:
    @property
    def status_code(self) -> int:
        raise RuntimeError("not yet")


@pytest.mark.parametrize(
    "response",
    [
        object(),
        {"status_code": 200},
        "reply",
        StatusThatRaises(),
        *(Response(odd) for odd in ("200", "OK", None, -1, 14, 1000, True, 2.5, [200], object())),  # type: ignore[arg-type]
    ],
    ids=lambda response: re.sub(r" at 0x\w+", "", repr(response)),  # each worker of pytest-xdist has other addresses
)
def test_a_response_without_an_http_status_is_recorded_with_status_0(response: Any) -> None:
    recorder = Recorder()
    for _ in range(2):
        send(recorder, request_type="grpc", name="/Greeter/SayHello", response=response)
    send(recorder, request_type="grpc", name="/Greeter/SayHello", response=response, exception=OSError("gone"))
    assert {key: cell.count for key, cell in recorder.cells.items()} == {
        CellKey("grpc", "/Greeter/SayHello", 0, ""): 2,
        CellKey("grpc", "/Greeter/SayHello", 0, ErrorKind.CONNECTION): 1,
    }
    good = recorder.cells[CellKey("grpc", "/Greeter/SayHello", 0, "")]
    assert (good.sum_ms, good.bytes, recorder.dropped) == (24.0, 200, 0)


def test_a_status_of_an_enumeration_is_its_number() -> None:
    recorder = Recorder()
    send(recorder, response=Response(HTTPStatus.NOT_FOUND), exception=RuntimeError())
    send(recorder, response=Response(404), exception=RuntimeError())
    assert {key: cell.count for key, cell in recorder.cells.items()} == {
        CellKey("GET", "/api/chat", 404, ErrorKind.HTTP_4XX): 2
    }


def test_responses_with_unusual_statuses_do_not_make_the_recorder_grow() -> None:
    recorder = Recorder()
    for number in range(1000, 2000):
        send(recorder, response=Response(number))
    assert (len(recorder._notes), recorder.count, recorder.dropped) == (0, 1000, 0)


def test_a_name_that_is_no_text_is_recorded_by_its_text() -> None:
    recorder = Recorder()
    for name in (None, "", 12, ["/a", "/b"]):
        send(recorder, name=name)
    send(recorder, request_type=None)
    assert [(key.method, key.name) for key in recorder.cells] == [
        ("GET", "None"),
        ("GET", ""),
        ("GET", "12"),
        ("GET", "['/a', '/b']"),
        ("None", "/api/chat"),
    ]
    assert recorder.dropped == 0


@pytest.mark.parametrize(
    ("exception", "is_failure"),
    [
        (None, False),
        ("", False),
        (0, False),
        (False, False),
        ([], False),
        ("boom", True),
        (1, True),
        (ValueError, True),
        (ValueError(), True),
        (True, True),
    ],
    ids=repr,
)
def test_a_request_has_failed_when_its_exception_is_true(exception: Any, is_failure: bool) -> None:
    recorder = Recorder()
    send(recorder, exception=exception)
    ((key, cell),) = recorder.cells.items()
    assert (bool(key.error), cell.count, recorder.dropped) == (is_failure, 1, 0)


def test_redirects_are_counted_by_where_they_led() -> None:
    recorder = Recorder()
    for to_same_origin in (True, False, True):
        recorder.on_redirect(to_same_origin)
    assert (recorder.redirects, recorder.redirects_elsewhere) == (2, 1)
    recorder.reset()
    assert (recorder.redirects, recorder.redirects_elsewhere) == (0, 0)


def test_an_event_that_cannot_be_recorded_is_counted_as_dropped_and_raises_nothing() -> None:
    recorder = Recorder()
    send(recorder, response_length="long")
    assert recorder.dropped == 1


def test_a_new_run_starts_from_nothing() -> None:
    recorder = Recorder()
    send(recorder)
    recorder.on_cut_off()
    recorder.reset()
    assert (recorder.cells, recorder.cut_off, recorder.overflow, recorder.dropped) == ({}, 0, 0, 0)


def test_a_name_that_is_a_url_is_published_without_its_password() -> None:
    recorder = Recorder()
    for path in ("a", "a", "b"):
        send(recorder, name=f"https://user:secret@shop.test/{path}")
    counts = {key.name: cell.count for key, cell in recorder.cells.items()}
    assert counts == {"https://user:***@shop.test/a": 2, "https://user:***@shop.test/b": 1}
