"""The user who speaks with the voice assistant."""

from __future__ import annotations

import time
from functools import cached_property

import gevent
from locust import tag, task
from locust.env import Environment

from swarmscope import Endpoint, ValidationFailure
from swarmscope_exporter.tracing import CONTEXT_KEY, begin_request
from swarmscope_exporter.websocket import observe_websocket, websocket_closed, websocket_failed, websocket_opened
from testdata.queries import CONVERSATIONS, pick_query
from users import checks
from users.api_user import ApiUser
from users.endpoints import LOGIN, WS_CONNECT, WS_MESSAGE
from users.metrics import record_answer
from users.realtime import AnswerTimeout, Question, RealtimeConnection, RealtimeError, RefusedQuestion

#: How long a user listens before cutting in with the next question, shortest and longest, in seconds.
CUT_IN_SECONDS = (0.1, 0.5)


class WebSocketUser(ApiUser):
    """Stays connected, asks, and listens; sometimes cuts in before an answer has ended."""

    weight = 5
    think_seconds = (2.0, 5.0)
    endpoints = (LOGIN, WS_CONNECT, WS_MESSAGE)

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._connection: RealtimeConnection | None = None
        self._unheard: list[Question] = []  # asked, and not recorded yet

    def arrive(self) -> None:
        super().arrive()
        self._connected()

    def on_stop(self) -> None:
        """Record what was answered and not listened to yet, and counts what was not answered."""
        for question in list(self._unheard):
            if question.ended.is_set():
                self._record(question)
            else:
                websocket_failed("unanswered_at_stop")
        self._disconnect()
        super().on_stop()

    @tag("websocket", "chat")
    @task(6)
    def ask_by_voice(self) -> None:
        self._converse([pick_query("simple", self.rng)])

    @tag("websocket", "chat", "conversation")
    @task(2)
    def hold_conversation(self) -> None:
        self._converse(list(self.rng.choice(CONVERSATIONS).turns))

    @tag("websocket", "chat")
    @task(2)
    def cut_in(self) -> None:
        """Ask the second question while the first is being answered."""
        connection = self._connected()
        if connection is None:
            return
        first = self._ask(connection, pick_query("moderate", self.rng))
        gevent.sleep(self.rng.uniform(*CUT_IN_SECONDS))
        second = self._ask(connection, pick_query("simple", self.rng))
        for question in (first, second):
            self._listen(connection, question)

    def _converse(self, texts: list[str]) -> None:
        for number, text in enumerate(texts):
            if number:
                self.pause()
            connection = self._connected()
            if connection is None or not self._listen(connection, self._ask(connection, text)):
                return

    def _connected(self) -> RealtimeConnection | None:
        """Return the connection, opened anew when there is none or it was lost; None when that failed."""
        if self._connection is not None and self._connection.lost is not None:
            if not self._connection.questions_lost:  # else each of them has been counted
                websocket_failed("receive")
            self._disconnect()
        if self._connection is None and self.session.is_open():
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> RealtimeConnection | None:
        settings, connection, failure = self.process.settings, None, None
        traceparent, started = self._begin_span(WS_CONNECT), time.perf_counter()
        try:
            connection = RealtimeConnection.open(
                self._url, self.session.access_token, settings.connect_timeout_seconds, traceparent
            )
            websocket_opened()
        except (RealtimeError, AnswerTimeout) as error:
            failure = error
            websocket_failed("connect")
        seconds = time.perf_counter() - started
        observe_websocket("connect", seconds, success=failure is None)
        self._report(WS_CONNECT, seconds, 0, failure, traceparent)
        return connection

    @cached_property
    def _url(self) -> str:
        return self.process.settings.realtime_url(self.host or "")

    def _begin_span(self, endpoint: Endpoint) -> str:
        return begin_request(endpoint.method, endpoint.name, self._url, type(self).__name__)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            websocket_closed()
        self._connection = None

    def _ask(self, connection: RealtimeConnection, text: str) -> Question:
        question = connection.ask(text, self._begin_span(WS_MESSAGE))
        self._unheard.append(question)
        return question

    def _listen(self, connection: RealtimeConnection, question: Question) -> bool:
        """Wait for the end of an answer, and records it; False when it failed.

        A kill while waiting is not a short success: it leaves the question to `on_stop`.
        """
        connection.wait(question, self.process.settings.answer_timeout_seconds)
        return self._record(question)

    def _record(self, question: Question) -> bool:
        self._unheard.remove(question)
        failure = question.failure or answer_failure(question)
        if failure is None:
            record_answer(len(question.answer["citations"]))  # type: ignore[index]  # checked just above
        else:
            count_failure(failure)
        if question.first_token_at is not None:
            observe_websocket("first_token", question.first_token_at - question.asked_at, success=failure is None)
        seconds = question.ended_at - question.asked_at
        observe_websocket("message", seconds, success=failure is None)
        self._report(WS_MESSAGE, seconds, sum(map(len, question.tokens)), failure, question.traceparent)
        return failure is None

    def _report(
        self, endpoint: Endpoint, seconds: float, length: int, failure: Exception | None, traceparent: str
    ) -> None:
        self.environment.events.request.fire(
            request_type=endpoint.method,
            name=endpoint.name,
            response_time=seconds * 1000,
            response_length=length,
            exception=failure,
            context={**self.context(), CONTEXT_KEY: traceparent} if traceparent else self.context(),
        )


def answer_failure(question: Question) -> ValidationFailure | None:
    """Return what is wrong with an answer; None when nothing is."""
    answer = question.answer or {}
    try:
        checks.require(answer["text"].strip(), "answer: empty text")
        checks.require(question.tokens, "answer: no tokens before it")
        checks.require("".join(question.tokens).split() == answer["text"].split(), "answer: not what was streamed")
        checks.citation_count(answer)
    except ValidationFailure as failure:
        return failure
    except (LookupError, TypeError, AttributeError) as error:
        return ValidationFailure(f"answer: another form than documented ({type(error).__name__})")
    return None


def count_failure(failure: Exception) -> None:
    """Count the stage at which a question failed; a wrong answer failed at none of them."""
    if isinstance(failure, AnswerTimeout):
        websocket_failed("timeout")
    elif isinstance(failure, RealtimeError):
        websocket_failed(failure.stage)
    elif isinstance(failure, RefusedQuestion):
        websocket_failed("receive")
