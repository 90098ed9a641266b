"""Questions over WebSocket: many at a time on one connection, each answer streamed word by word."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from functools import partial

import orjson
from fastapi import APIRouter, WebSocket
from starlette.types import Message
from starlette.websockets import WebSocketDisconnect, WebSocketState

from api.errors import ConversationNotFoundError, RateLimitedError, ServiceUnavailableError
from api.security import Identity, InvalidTokenError
from api.services import Services

router = APIRouter(prefix="/api/realtime")

AUTH_SECONDS = 10.0
QUESTIONS_UNDER_WAY = 16
MAX_TEXT_CHARACTERS = 4000
MAX_ID_CHARACTERS = 100
UNAUTHORIZED = 4401
ROUTE = "/api/realtime/ws"


class MalformedFrameError(ValueError):
    """A frame that is not a message of this protocol; the text says what was expected."""


@dataclass
class Session:
    """One authenticated connection."""

    connection: WebSocket
    parts: Services
    user: Identity
    conversation_id: str | None = None
    answers: set[asyncio.Task[None]] = field(default_factory=set)

    async def send(self, message: dict[str, object]) -> None:
        """Send one JSON text frame."""
        await _send(self.connection, message)

    def expect_room(self) -> None:
        """Raise MalformedFrameError when too many questions are under way."""
        if len(self.answers) >= QUESTIONS_UNDER_WAY:
            raise MalformedFrameError(f"more than {QUESTIONS_UNDER_WAY} questions under way, wait for an answer")

    def count(self, outcome: str) -> None:
        """Count how a question ended."""
        self.parts.metrics.websocket_messages[outcome].inc()


@router.websocket("/ws")
async def realtime(connection: WebSocket) -> None:
    """Authenticate, then answers until either side closes."""
    parts: Services = connection.scope["services"]
    await connection.accept()
    parts.hub.add(connection)
    try:
        user = await _authenticate(connection, parts)
        if user is not None:
            await _serve(Session(connection, parts, user))
    except (WebSocketDisconnect, RuntimeError):
        # RuntimeError is what Starlette raises when the other side, or our own stop, has closed meanwhile.
        if connection.application_state is WebSocketState.CONNECTED is connection.client_state:
            raise
    finally:
        parts.hub.remove(connection)


async def _authenticate(connection: WebSocket, parts: Services) -> Identity | None:
    """Return the user of the first frame's token. Closes with 4401 and returns None when there is none."""
    try:
        frame = _parsed(await asyncio.wait_for(connection.receive(), AUTH_SECONDS))
        user = parts.access_tokens.verify(_token(frame))
    except (InvalidTokenError, MalformedFrameError, TimeoutError) as error:
        reason = error.reason if isinstance(error, InvalidTokenError) else "missing_token"
        parts.metrics.auth_failures[reason].inc()
        detail = str(error) or f"no auth message within {AUTH_SECONDS:.0f} s"
        await _send(connection, {"type": "error", "code": "unauthorized", "detail": detail})
        await connection.close(UNAUTHORIZED, "authentication failed")
        return None
    await _send(connection, {"type": "ready"})
    return user


async def _serve(session: Session) -> None:
    try:
        while True:
            await _take(session, await session.connection.receive())
    finally:
        for answer in session.answers:
            answer.cancel()
        await asyncio.gather(*session.answers, return_exceptions=True)


async def _take(session: Session, message: Message) -> None:
    """Start answering one frame; a frame that cannot be answered gets an error message."""
    question_id: str | None = None
    try:
        frame = _parsed(message)
        question_id = _question_id(frame)
        text = _question_text(frame)
        session.expect_room()
    except MalformedFrameError as error:
        session.count("error")
        await session.send(_error(question_id, "bad_request", str(error)))
        return
    work, tracing = partial(_answer, session, question_id, text), session.parts.tracing
    answer = asyncio.create_task(work() if tracing is None else tracing.message(frame.get("traceparent"), work))
    session.answers.add(answer)
    answer.add_done_callback(session.answers.discard)


async def _answer(session: Session, question_id: str, text: str) -> None:
    try:
        await _stream_answer(session, question_id, text)
    except RateLimitedError as error:
        session.parts.metrics.rate_limited.labels(ROUTE).inc()
        session.count("rate_limited")
        refusal = _error(question_id, "rate_limited", str(error))
        await session.send({**refusal, "retry_after": error.retry_after_seconds})
    except (ServiceUnavailableError, ConversationNotFoundError) as error:
        session.count("unavailable")
        await session.send(_error(question_id, "unavailable", str(error)))
    except asyncio.CancelledError:
        session.count("cancelled")
        raise
    except (WebSocketDisconnect, RuntimeError):
        session.count("cancelled")  # the connection closed while the answer was being sent


async def _stream_answer(session: Session, question_id: str, text: str) -> None:
    """Send the answer a word at a time, then whole with its citations."""
    parts = session.parts
    if parts.flags.strikes("ws-stall"):
        await parts.flags.wait_until_off("ws-stall")
    answer = await parts.chat.answer(session.user.user_id, text, session.conversation_id)
    session.conversation_id = answer.conversation_id
    content = orjson.loads(b"{%s}" % answer.body)
    for word in content["answer"].split(" "):
        await session.send({"type": "token", "id": question_id, "text": word + " "})
    whole = {"type": "answer", "id": question_id, "text": content["answer"], "citations": content["citations"]}
    session.count("answered")  # before it is sent: a client that has the answer finds it counted
    await session.send(whole)


def _parsed(message: Message) -> dict[str, object]:
    """Return the JSON object in a frame. Raise MalformedFrameError, or WebSocketDisconnect for the closing one."""
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect
    text = message.get("text")
    if not isinstance(text, str):
        raise MalformedFrameError("expected a text frame with a JSON object, got a binary frame")
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise MalformedFrameError(f"expected a JSON object: {error}") from None
    if not isinstance(frame, dict):
        raise MalformedFrameError(f"expected a JSON object, got {type(frame).__name__}")
    return frame


def _token(frame: dict[str, object]) -> str:
    token = frame.get("token")
    if frame.get("type") != "auth" or not isinstance(token, str):
        raise InvalidTokenError("missing_token", 'the first message must be {"type":"auth","token":...}')
    return token


def _question_id(frame: dict[str, object]) -> str:
    question_id = frame.get("id")
    if not isinstance(question_id, str) or not 1 <= len(question_id) <= MAX_ID_CHARACTERS:
        raise MalformedFrameError(f"id must be a string of 1 to {MAX_ID_CHARACTERS} characters")
    return question_id


def _question_text(frame: dict[str, object]) -> str:
    if frame.get("type") != "message":
        raise MalformedFrameError('type must be "message"')
    text = frame.get("text")
    if not isinstance(text, str) or not 1 <= len(text) <= MAX_TEXT_CHARACTERS or "\0" in text:
        raise MalformedFrameError(f"text must be a string of 1 to {MAX_TEXT_CHARACTERS} characters without NUL")
    return text


def _error(question_id: str | None, code: str, detail: str) -> dict[str, object]:
    subject = {} if question_id is None else {"id": question_id}
    return {"type": "error", **subject, "code": code, "detail": detail}


async def _send(connection: WebSocket, message: dict[str, object]) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        await connection.send_text(orjson.dumps(message).decode())
