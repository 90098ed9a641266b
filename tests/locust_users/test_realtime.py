"""The WebSocket client, against servers that do not do as they should; it runs in a process that Locust has patched."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.sync.server import ServerConnection, serve

from tests.locust_users.running import PROGRAMS, ROOT, free_port

pytestmark = pytest.mark.real

Behaviour = Callable[[ServerConnection, list[dict[str, Any]]], None]


@contextmanager
def server(behaviour: Behaviour, *, ready: bool = True) -> Iterator[str]:
    """Yield a server that lets a client in, takes two questions, and then behaves as told."""

    def handle(connection: ServerConnection) -> None:
        connection.recv()
        if ready:
            connection.send(json.dumps({"type": "ready"}))
        else:
            connection.close(4401, "authentication failed")
            return
        behaviour(connection, [json.loads(connection.recv()) for _ in range(2)])

    with serve(handle, "127.0.0.1", 0) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        try:
            yield f"ws://127.0.0.1:{listening.socket.getsockname()[1]}"
        finally:
            listening.shutdown()


def ask_both(url: str, *arguments: str) -> dict[str, Any]:
    program = [sys.executable, str(PROGRAMS / "ask_over_websocket.py"), str(ROOT / "locust"), url, *arguments]
    output = subprocess.run(program, capture_output=True, text=True, timeout=30, check=True).stdout
    outcome: dict[str, Any] = json.loads(output)
    return outcome


def send(connection: ServerConnection, kind: str, question: dict[str, Any], **fields: Any) -> None:
    connection.send(json.dumps({"type": kind, "id": question["id"], **fields}))


def wait_for_the_client_to_leave(connection: ServerConnection) -> None:
    for _ in connection:
        pass


def test_answers_that_come_interleaved_and_in_reverse_order_find_their_questions() -> None:
    def behaviour(connection: ServerConnection, questions: list[dict[str, Any]]) -> None:
        for word in ("a ", "b "):
            for question in questions:
                send(connection, "token", question, text=word + question["text"])
        for question in reversed(questions):
            send(connection, "answer", question, text=f"to {question['text']}", citations=[])

    with server(behaviour) as url:
        outcome = ask_both(url)
    assert outcome == {
        "first": {"answer": "to first", "tokens": ["a first", "b first"], "failure": None},
        "second": {"answer": "to second", "tokens": ["a second", "b second"], "failure": None},
    }


def test_a_closed_connection_fails_what_is_under_way_and_nothing_else() -> None:
    def behaviour(connection: ServerConnection, questions: list[dict[str, Any]]) -> None:
        send(connection, "answer", questions[0], text="done", citations=[])

    with server(behaviour) as url:  # which closes when it has returned
        outcome = ask_both(url)
    assert outcome["first"]["failure"] is None
    assert outcome["second"]["failure"] == ["RealtimeError", "the server closed the connection"]


def test_a_question_without_an_answer_times_out_and_a_late_answer_is_ignored() -> None:
    def behaviour(connection: ServerConnection, questions: list[dict[str, Any]]) -> None:
        send(connection, "token", questions[0], text="well")
        send(connection, "answer", {"id": "of somebody else"}, text="x", citations=[])
        wait_for_the_client_to_leave(connection)

    with server(behaviour) as url:
        outcome = ask_both(url, "0.3")
    assert outcome == {
        "first": {"answer": None, "tokens": ["well"], "failure": ["AnswerTimeout", "no answer within 0.3 s"]},
        "second": {"answer": None, "tokens": [], "failure": ["AnswerTimeout", "no answer within 0.3 s"]},
    }


def test_an_error_message_fails_the_question_it_names() -> None:
    def behaviour(connection: ServerConnection, questions: list[dict[str, Any]]) -> None:
        send(connection, "error", questions[0], code="unavailable", detail="away")
        send(connection, "answer", questions[1], text="done", citations=[])
        wait_for_the_client_to_leave(connection)

    with server(behaviour) as url:
        outcome = ask_both(url)
    assert outcome["first"]["failure"] == ["RefusedQuestion", "error message unavailable"]
    assert outcome["second"]["failure"] is None


def test_a_message_that_is_no_json_is_a_lost_connection() -> None:
    def behaviour(connection: ServerConnection, _questions: list[dict[str, Any]]) -> None:
        connection.send("hello")
        wait_for_the_client_to_leave(connection)

    with server(behaviour) as url:
        outcome = ask_both(url)
    assert outcome["first"]["failure"] == ["RealtimeError", "JSONDecodeError while receiving"]


def test_a_refused_token_is_a_failure_to_connect() -> None:
    with server(lambda *_: None, ready=False) as url:
        assert ask_both(url) == {"not opened": ["RealtimeError", "authentication refused"]}


def test_a_closed_port_is_a_failure_to_connect() -> None:
    outcome = ask_both(f"ws://127.0.0.1:{free_port()}")
    assert outcome == {"not opened": ["RealtimeError", "ConnectionRefusedError while connecting"]}
