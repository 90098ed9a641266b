"""What failed requests said reaches the master: grouped, shortened, and with the first and the last time."""

from __future__ import annotations

from itertools import count

import pytest
from requests import HTTPError

from swarmscope_exporter.failures import MAX_FAILURES, FailureNotes, added_up, message_of
from swarmscope_exporter.recorder import Recorder
from tests.exporters.test_recorder import Response


class Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (HTTPError("500 Server Error: x for url: http://a/items/1"), "HTTPError: 500 Server Error: x"),
        (ValueError("two\nlines"), "ValueError: two lines"),
        (ValueError(), "ValueError"),
        (Unprintable(), "Unprintable"),
        ("said\tby a task", "said by a task"),
        (TypeError("<object at 0x7f00aa11bb22>"), "TypeError: <object at >"),
        ("long " * 100, ("long " * 100)[:200]),
    ],
)
def test_a_message_is_one_short_line_without_what_differs_each_time(error: object, message: str) -> None:
    assert message_of(error) == message


def test_equal_failures_are_one_row_with_the_first_and_the_last_time() -> None:
    notes = FailureNotes(clock=iter([10.0, 10.0, 12.0, 13.0, 13.0]).__next__)
    notes.note("GET", "/a", "http_5xx", "500")
    notes.note("GET", "/a", "http_5xx", "500")
    notes.note("GET", "/b", "http_5xx", "500")
    assert notes.rows() == [
        ["GET", "/a", "http_5xx", "500", 2, 10.0, 12.0],
        ["GET", "/b", "http_5xx", "500", 1, 13.0, 13.0],
    ]


def test_messages_beyond_the_cap_are_counted_without_their_text() -> None:
    ticks = count()
    notes = FailureNotes(clock=lambda: float(next(ticks)))
    for number in range(MAX_FAILURES + 3):
        notes.note("GET", "/a", "validation", f"id {number}")
    rows = notes.rows()
    assert (len(rows), rows[-1][3], rows[-1][4]) == (MAX_FAILURES + 1, "", 3)


def test_rows_of_several_workers_are_added_up() -> None:
    rows = [["GET", "/a", "timeout", "x", 2, 10.0, 12.0], ["GET", "/b", "timeout", "y", 3, 1.0, 2.0]]
    more = [["GET", "/a", "timeout", "x", 5, 8.0, 11.0]]
    assert added_up([*rows, *more]) == [
        ["GET", "/a", "timeout", "x", 7, 8.0, 12.0],
        ["GET", "/b", "timeout", "y", 3, 1.0, 2.0],
    ]


def test_the_recorder_notes_failed_requests_once_each_also_those_of_other_protocols() -> None:
    recorder = Recorder()
    error = HTTPError("404")
    recorder.on_request("GET", "/a", 5.0, 10, Response(404), error)
    recorder.on_request("GET", "/a", 5.0, 10, Response(200))
    recorder.on_request("GRPC", "call", 5.0, 10, object(), ValueError("no"))
    recorder.on_request("GET", "/c", 5.0, 10, Response(200), "wrong text")
    found = [row[:5] for row in recorder.failures.rows()]
    assert found == [
        ["GET", "/a", "http_4xx", "HTTPError: 404", 1],
        ["GRPC", "call", "other", "ValueError: no", 1],
        ["GET", "/c", "validation", "wrong text", 1],
    ]
    for _ in range(3):
        recorder.on_request("GRPC", "call", 5.0, 10, object(), "the same text each time")
    assert recorder.failures.rows()[-1][3:5] == ["the same text each time", 3]
    recorder.reset()
    assert recorder.failures.rows() == []
