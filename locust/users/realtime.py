"""A client of the API's WebSocket: several questions may be under way, each answer finds its question by id.

websocket-client blocks, and Locust has patched its sockets, so one greenlet reads while the user's own asks and waits.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import gevent
import websocket
from gevent.event import Event

from swarmscope import ValidationFailure
from swarmscope_exporter.websocket import WebSocketStage, websocket_dropped

_NORMAL_CLOSURE = 1000


class RealtimeError(ConnectionError):
    """What failed, and at which stage."""

    def __init__(self, stage: WebSocketStage, text: str) -> None:
        super().__init__(text)
        self.stage: WebSocketStage = stage


class AnswerTimeout(TimeoutError):
    """No whole answer within the time that a user waits."""


class RefusedQuestion(Exception):
    """The server answered a question with an error message."""


@dataclass
class Question:
    """A question under way; times are of `time.perf_counter`, in seconds."""

    id: str
    text: str
    asked_at: float
    traceparent: str = ""  #: of the span of this question, where it is traced
    first_token_at: float | None = None
    ended_at: float = 0.0
    tokens: list[str] = field(default_factory=list)
    answer: dict[str, Any] | None = None
    failure: Exception | None = None
    ended: Event = field(default_factory=Event)

    def end(self, *, answer: dict[str, Any] | None = None, failure: Exception | None = None) -> None:
        """Note how it ended, and wake what waits for it."""
        self.ended_at = time.perf_counter()
        self.answer, self.failure = answer, failure
        self.ended.set()


class RealtimeConnection:
    """An open, authenticated connection."""

    def __init__(self, socket: websocket.WebSocket) -> None:
        self._socket = socket
        self._under_way: dict[str, Question] = {}
        self._count = 0
        self._is_closed = False
        self._reader = gevent.spawn(self._read)
        #: Why the connection is gone, and how many questions it took along; None while it is there.
        self.lost: RealtimeError | None = None
        self.questions_lost = 0

    @classmethod
    def open(cls, url: str, token: str, timeout_seconds: float, traceparent: str = "") -> RealtimeConnection:
        """Connect and authenticates; raise `RealtimeError`, or `AnswerTimeout` after ``timeout_seconds``."""
        socket, header = None, {"traceparent": traceparent} if traceparent else None
        try:
            socket = websocket.create_connection(url, timeout=timeout_seconds, enable_multithread=True, header=header)
            socket.send(json.dumps({"type": "auth", "token": token}))
            reply = _receive(socket)
        except websocket.WebSocketTimeoutException as error:
            _close(socket)
            raise AnswerTimeout("no ready message in time") from error
        except (OSError, websocket.WebSocketException, ValueError, TypeError) as error:
            _close(socket)
            raise RealtimeError("connect", f"{type(error).__name__} while connecting") from error
        except gevent.GreenletExit:
            _close(socket)
            raise
        if reply is None or reply.get("type") != "ready":
            _close(socket)
            raise RealtimeError("connect", "authentication refused")
        socket.settimeout(
            None
        )  # a user that waits for an answer has a timeout; the reader waits for as long as it takes
        return cls(socket)

    @property
    def under_way(self) -> list[Question]:
        """Questions that have neither an answer nor a failure."""
        return list(self._under_way.values())

    def ask(self, text: str, traceparent: str = "") -> Question:
        """Send a question; a failure to send is in the question that is returned."""
        self._count += 1
        question = Question(str(self._count), text, time.perf_counter(), traceparent)
        self._under_way[question.id] = question
        message = {"type": "message", "id": question.id, "text": text}
        if traceparent:
            message["traceparent"] = traceparent  # a connection has headers, its messages have none
        try:
            self._socket.send(json.dumps(message))
        except (OSError, websocket.WebSocketException) as error:
            self._end(question.id, failure=RealtimeError("send", f"{type(error).__name__} while sending"))
        return question

    def wait(self, question: Question, timeout_seconds: float) -> None:
        """Wait until a question has ended; after the timeout it has, with an `AnswerTimeout`."""
        remaining = question.asked_at + timeout_seconds - time.perf_counter()
        if not question.ended.wait(max(0.0, remaining)):
            self._end(question.id, failure=AnswerTimeout(f"no answer within {timeout_seconds:g} s"))

    def close(self) -> None:
        """Close the connection; what is under way stays unanswered."""
        self._is_closed = True  # the reader may see the end of it before it is killed
        self._reader.kill(block=False)
        _close(self._socket)

    def _read(self) -> None:
        try:
            while (frame := _receive(self._socket)) is not None:
                self._take(frame)
            self._lose(RealtimeError("receive", "the server closed the connection"))
        except (OSError, websocket.WebSocketException, ValueError, TypeError, AttributeError) as error:
            self._lose(RealtimeError("receive", f"{type(error).__name__} while receiving"))

    def _lose(self, error: RealtimeError) -> None:
        self.lost, self.questions_lost = error, len(self._under_way)
        if not self._is_closed:
            websocket_dropped()
        for question_id in list(self._under_way):
            self._end(question_id, failure=error)

    def _take(self, frame: dict[str, Any]) -> None:
        question = self._under_way.get(str(frame.get("id")))
        if question is None:
            return  # the user has stopped waiting for it
        kind = frame.get("type")
        if kind == "token":
            if question.first_token_at is None:
                question.first_token_at = time.perf_counter()
            question.tokens.append(str(frame.get("text", "")))
        elif kind == "answer":
            self._end(question.id, answer=frame)
        elif kind == "error":
            self._end(question.id, failure=RefusedQuestion(f"error message {frame.get('code')}"))
        else:
            self._end(question.id, failure=ValidationFailure("a message of unknown type"))

    def _end(self, question_id: str, *, answer: dict[str, Any] | None = None, failure: Exception | None = None) -> None:
        question = self._under_way.pop(question_id, None)
        if question is not None:
            question.end(answer=answer, failure=failure)


def _receive(socket: websocket.WebSocket) -> dict[str, Any] | None:
    """Return the next JSON message; None when the server closes."""
    opcode, data = socket.recv_data()
    if opcode == websocket.ABNF.OPCODE_CLOSE:
        return None
    message = json.loads(data)
    if not isinstance(message, dict):
        raise TypeError("a message that is not JSON object")
    return message


def _close(socket: Any) -> None:
    if socket is None:
        return
    try:
        # A close frame without waiting for the reply: a user that leaves does not stay for the handshake.
        socket.send_close(_NORMAL_CLOSURE)
    except (OSError, websocket.WebSocketException):
        pass
    finally:
        socket.shutdown()
