"""Prints as JSON what became of requests that each client made in odd ways."""

from __future__ import annotations

# Locust patches the standard library on import, so it comes first.
from locust import FastHttpUser, HttpUser  # isort: skip
from locust.clients import HttpSession  # isort: skip
from locust.contrib.fasthttp import FastHttpSession  # isort: skip
from locust.env import Environment  # isort: skip
from locust.exception import InterruptTaskSet, RescheduleTask, ResponseError, StopUser  # isort: skip

import json
from collections.abc import Callable
from typing import Any

import gevent
from gevent.pywsgi import WSGIServer

from lean_http import LeanHttpSession, LeanHttpUser
from swarmscope_exporter.listeners import listen_first
from swarmscope_exporter.plugin import RESPONSE_CLASSES
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.requests_begun import BegunRequests

USERS: tuple[type[Any], ...] = (HttpUser, FastHttpUser, LeanHttpUser)
SESSIONS: tuple[type[Any], ...] = (HttpSession, FastHttpSession, LeanHttpSession)


def answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    if environ["PATH_INFO"] == "/hang":
        gevent.sleep(60)
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


def plain(user: Any) -> None:
    user.client.get("/plain")


def used(user: Any) -> None:
    with user.client.get("/used", catch_response=True) as response:
        response.success()


def failed_and_raising(user: Any) -> None:
    with user.client.get("/failed", catch_response=True) as response:
        response.failure("wrong")
        raise KeyError("id")


def raising(user: Any) -> None:
    with user.client.get("/raising", catch_response=True, name="/named") as response:
        response.json()


def response_error(user: Any) -> None:
    with user.client.get("/error", catch_response=True):
        raise ResponseError("wrong")


def rescheduled(user: Any) -> None:
    with user.client.get("/again", catch_response=True):
        raise RescheduleTask


def used_later(user: Any) -> None:
    response = user.client.get("/later", catch_response=True)
    gevent.sleep(0.01)
    with response:
        pass


def left_by_position(user: Any) -> None:
    arguments = (
        ("GET", "/left", None, True) if isinstance(user.client, HttpSession) else ("GET", "/left", None, None, True)
    )
    user.client.request(*arguments)


def timed_out(user: Any) -> None:
    with gevent.Timeout(0.05):
        user.client.get("/hang")


def hanging(user: Any) -> None:
    user.client.get("/hang")


def hanging_within(user: Any) -> None:
    with user.client.get("/within", catch_response=True):
        gevent.sleep(60)


def unsendable(user: Any) -> None:
    user.client.post("/unsendable", json=object())


def rest(user: Any) -> None:
    with user.rest("GET", "/rest") as response:
        response.js["id"]


def renamed(user: Any) -> None:
    user.client.request_name = "/grouped"
    try:
        user.client.get("/one", catch_response=True)
    finally:
        user.client.request_name = None


def refused(user: Any) -> None:
    user.client.get("http://127.0.0.1:9/refused")


def of_its_own(user: Any) -> None:
    """Show that an event which no session fired does not stand for one that is missing."""
    user.client.get("/left", catch_response=True)
    user.environment.events.request.fire(
        request_type="GET", name="/left", response_time=1, response_length=0, exception=None, context={}
    )


CASES: tuple[Callable[[Any], None], ...] = (
    plain,
    used,
    failed_and_raising,
    raising,
    response_error,
    rescheduled,
    used_later,
    left_by_position,
    timed_out,
    hanging,
    hanging_within,
    unsendable,
    rest,
    renamed,
    refused,
    of_its_own,
)


def outcome(user: Any, case: Callable[[Any], None], recorder: Recorder, requests: BegunRequests) -> dict[str, Any]:
    recorder.reset()
    requests.reset()
    raised: list[str] = []

    def run() -> None:
        try:
            case(user)
        except BaseException as error:  # noqa: BLE001
            raised.append(type(error).__name__)

    where = gevent.spawn(run)
    where.join(0.3)
    where.kill()
    return {
        "begun": requests.begun,
        "events": recorder.count,
        "cut_off": recorder.cut_off,
        "without": {" ".join(key): count for key, count in requests.without_event().items()},
        "raised": raised,
    }


def main() -> None:
    server = WSGIServer(("127.0.0.1", 0), answer, log=None, error_log=None)
    server.start()
    environment = Environment(host=f"http://127.0.0.1:{server.server_port}")
    recorder = Recorder()
    requests = BegunRequests(recorder.on_cut_off)
    for session in SESSIONS:
        requests.watch(session)
    for response_class in RESPONSE_CLASSES:
        requests.watch_blocks(response_class)
    interrupting: list[type[Exception]] = []

    def interrupt(**_: Any) -> None:
        for error in interrupting:
            raise error

    environment.events.request.add_listener(interrupt)  # as on import of a locustfile
    listen_first(environment.events.request, recorder.on_request)

    found = {}
    for base in USERS:
        user = type("Visitor", (base,), {"host": environment.host})(environment)
        for case in CASES:
            found[f"{base.__name__} {case.__name__}"] = outcome(user, case, recorder, requests)
        for error in (RescheduleTask, InterruptTaskSet, StopUser, ValueError):
            interrupting[:] = [error]
            found[f"{base.__name__} {error.__name__} in a listener"] = outcome(user, plain, recorder, requests)
        interrupting.clear()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
