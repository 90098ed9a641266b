"""Questions over WebSocket."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.api.harness import ApiProcess, Headers, StartApi, flag, samples, token, wait_until

pytestmark = pytest.mark.real

BAD_ID = "id must be a string of 1 to 100 characters"
BAD_TEXT = "text must be a string of 1 to 4000 characters without NUL"


def url(api: ApiProcess) -> str:
    return api.url.replace("http://", "ws://") + "/api/realtime/ws"


def send(connection: ClientConnection, **message: object) -> None:
    connection.send(json.dumps(message))


def receive(connection: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(connection.recv(timeout=10))
    return message


def receive_until(connection: ClientConnection, kind: str) -> list[dict[str, Any]]:
    messages = [receive(connection)]
    while messages[-1]["type"] != kind:
        messages.append(receive(connection))
    return messages


@contextmanager
def session(api: ApiProcess, headers: Headers) -> Iterator[ClientConnection]:
    """Yield an authenticated connection."""
    with connect(url(api)) as connection:
        send(connection, type="auth", token=headers["Authorization"].removeprefix("Bearer "))
        assert receive(connection) == {"type": "ready"}
        yield connection


def close_code(connection: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        drain(connection)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def drain(connection: ClientConnection) -> None:
    while True:
        connection.recv(timeout=10)


def test_an_answer_is_streamed_word_by_word_and_then_whole(
    api: ApiProcess, client: httpx.Client, regular: Headers
) -> None:
    question = "What are the side effects of metformin?"
    before = samples(client, "api_websocket_messages_total")['outcome="answered"']
    with session(api, regular) as connection:
        send(connection, type="message", id="q1", text=question)
        *tokens, answer = receive_until(connection, "answer")
        assert samples(client, "api_websocket_messages_total")['outcome="answered"'] == before + 1
    assert {message["type"] for message in tokens} == {"token"}
    assert {message["id"] for message in [*tokens, answer]} == {"q1"}
    assert len(tokens) > 10
    assert "".join(message["text"] for message in tokens) == answer["text"] + " "
    over_http = client.post("/api/chat", headers=regular, json={"message": question}).json()
    assert (answer["text"], answer["citations"]) == (over_http["answer"], over_http["citations"])


def test_several_questions_at_once_are_all_answered_under_their_ids(api: ApiProcess, regular: Headers) -> None:
    topics = {f"id-{topic}": topic for topic in ("gout", "asthma", "migraine", "stroke", "eczema", "insomnia")}
    with session(api, regular) as connection:
        for question_id, topic in topics.items():
            send(connection, type="message", id=question_id, text=f"What helps with {topic}?")
        answers: dict[str, str] = {}
        while len(answers) < len(topics):
            message = receive_until(connection, "answer")[-1]
            answers[message["id"]] = message["text"].casefold()
    assert all(topic in answers[question_id] for question_id, topic in topics.items())


@pytest.mark.parametrize(
    ("first", "detail"),
    [
        ('{"type":"auth","token":"nonsense"}', "the access token is not valid, log in again"),
        ('{"type":"auth"}', 'the first message must be {"type":"auth","token":...}'),
        ('{"type":"message","id":"1","text":"x"}', 'the first message must be {"type":"auth","token":...}'),
        ("[]", "expected a JSON object, got list"),
        ("{", "expected a JSON object: unexpected end of data: line 1 column 2 (char 1)"),
        (b"\x00\x01", "expected a text frame with a JSON object, got a binary frame"),
    ],
    ids=["nonsense", "no-token", "no-auth", "list", "broken", "binary"],
)
def test_a_connection_that_does_not_authenticate_is_told_why_and_closed_with_4401(
    api: ApiProcess, first: str | bytes, detail: str
) -> None:
    with connect(url(api)) as connection:
        connection.send(first)
        assert receive(connection) == {"type": "error", "code": "unauthorized", "detail": detail}
        assert close_code(connection) == 4401


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ("{", {"detail": "expected a JSON object: unexpected end of data: line 1 column 2 (char 1)"}),
        (b"\xff", {"detail": "expected a text frame with a JSON object, got a binary frame"}),
        ('"text"', {"detail": "expected a JSON object, got str"}),
        ('{"type":"message","text":"x"}', {"detail": BAD_ID}),
        ('{"type":"message","id":7,"text":"x"}', {"detail": BAD_ID}),
        ('{"type":"dance","id":"a","text":"x"}', {"id": "a", "detail": 'type must be "message"'}),
        ('{"type":"message","id":"a"}', {"id": "a", "detail": BAD_TEXT}),
        ('{"type":"message","id":"a","text":""}', {"id": "a", "detail": BAD_TEXT}),
    ],
)  # fmt: skip
def test_a_malformed_frame_is_answered_with_an_error_and_the_connection_stays(
    api: ApiProcess, client: httpx.Client, regular: Headers, frame: str | bytes, expected: dict[str, str]
) -> None:
    before = samples(client, "api_websocket_messages_total")['outcome="error"']
    with session(api, regular) as connection:
        connection.send(frame)
        assert receive(connection) == {"type": "error", "code": "bad_request", **expected}
        assert samples(client, "api_websocket_messages_total")['outcome="error"'] == before + 1
        send(connection, type="message", id="next", text="What is gout?")
        assert receive_until(connection, "answer")[-1]["id"] == "next"


def test_an_oversized_frame_closes_the_connection_with_1009(api: ApiProcess, regular: Headers) -> None:
    with session(api, regular) as connection:
        connection.send("x" * 70_000)
        assert close_code(connection) == 1009


def test_more_questions_than_may_be_under_way_are_refused_by_id(
    api: ApiProcess, client: httpx.Client, regular: Headers, admin: Headers
) -> None:
    with session(api, regular) as connection:
        with flag(client, admin, "ws-stall", 1.0):
            for number in range(17):
                send(connection, type="message", id=str(number), text="What is gout?")
            assert receive(connection) == {
                "type": "error",
                "id": "16",
                "code": "bad_request",
                "detail": "more than 16 questions under way, wait for an answer",
            }
        answered = {receive_until(connection, "answer")[-1]["id"] for _ in range(16)}
    assert answered == {str(number) for number in range(16)}


def test_stalled_answers_come_as_soon_as_the_flag_is_off(
    api: ApiProcess, client: httpx.Client, regular: Headers, admin: Headers
) -> None:
    with session(api, regular) as connection:
        with flag(client, admin, "ws-stall", 1.0):
            send(connection, type="message", id="q", text="What is gout?")
            with pytest.raises(TimeoutError):
                connection.recv(timeout=0.5)
        assert receive_until(connection, "answer")[-1]["id"] == "q"


def test_questions_above_the_rate_are_refused_with_the_seconds_to_wait(
    api: ApiProcess, client: httpx.Client, admin: Headers
) -> None:
    headers = {"Authorization": f"Bearer {token(client, 45)}"}
    before = samples(client, "api_rate_limited_total")['route="/api/realtime/ws"']
    with session(api, headers) as connection, flag(client, admin, "tight-rate-limit", 1.0):
        for number in range(3):
            send(connection, type="message", id=str(number), text="What is gout?")
        refusal = receive_until(connection, "error")[-1]
    assert (refusal["code"], refusal["id"] in {"1", "2"}) == ("rate_limited", True)
    assert 1 <= refusal["retry_after"] <= 60
    assert samples(client, "api_rate_limited_total")['route="/api/realtime/ws"'] >= before + 1


def test_open_connections_are_counted_until_they_close(api: ApiProcess, client: httpx.Client, regular: Headers) -> None:
    def open_now() -> float:
        return samples(client, "api_websocket_connections")[""]

    wait_until(lambda: open_now() == 0 or open_now(), "earlier connections are gone")
    accepted = samples(client, "api_websocket_connects_total")[""]
    with session(api, regular), session(api, regular):
        assert open_now() == 2
    wait_until(lambda: open_now() == 0 or open_now(), "both are gone")
    assert samples(client, "api_websocket_connects_total")[""] == accepted + 2


def test_a_client_that_leaves_in_the_middle_of_an_answer_leaves_nothing_behind(
    api: ApiProcess, client: httpx.Client, regular: Headers, admin: Headers
) -> None:
    before = samples(client, "api_websocket_messages_total")['outcome="cancelled"']
    with flag(client, admin, "ws-stall", 1.0), session(api, regular) as connection:
        send(connection, type="message", id="q", text="What is gout?")
        connection.ping().wait(10)  # the question has been taken
        connection.close()
        wait_until(
            lambda: samples(client, "api_websocket_messages_total")['outcome="cancelled"'] == before + 1,
            "the answer is cancelled",
        )
    assert "Traceback" not in api.output


def test_sigterm_closes_connections_with_1001_and_ends_with_0(start_api: StartApi) -> None:
    api = start_api()
    with api.client() as http:
        headers = {"Authorization": f"Bearer {token(http, 1)}"}
    with session(api, headers) as idle, session(api, headers) as busy:
        send(busy, type="message", id=uuid.uuid4().hex, text="What is gout?")
        receive_until(busy, "answer")
        api.process.terminate()
        assert [close_code(idle), close_code(busy)] == [1001, 1001]
    assert api.wait() == 0
    assert "Traceback" not in api.output
