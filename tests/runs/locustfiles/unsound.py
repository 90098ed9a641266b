"""Users who do other things than they seem to; each class is a user."""

from __future__ import annotations

import socket

from locust import FastHttpUser, HttpUser, User, constant, task

from swarmscope import observe

observe()
silent_server = socket.create_server(("127.0.0.1", 0))


class Sound(FastHttpUser):
    fixed_count = 1
    wait_time = constant(0.1)

    @task
    def look(self) -> None:
        self.client.get("/ok")


class Raising(HttpUser):
    """Its check raises where Locust expects ``response.failure``."""

    fixed_count = 1
    wait_time = constant(0.2)

    @task
    def look(self) -> None:
        with self.client.get("/checked", catch_response=True) as response:
            assert response.json()["v"] == 1


class Leaving(FastHttpUser):
    fixed_count = 1
    wait_time = constant(0.2)

    @task
    def look(self) -> None:
        self.client.get("/left", catch_response=True)


class WithoutLogin(HttpUser):
    fixed_count = 1

    def on_start(self) -> None:
        self.token = {"status": "ok"}["token"]

    @task
    def look(self) -> None:
        self.client.get("/ok")


class Hanging(User):
    fixed_count = 1

    @task
    def ask(self) -> None:
        with socket.create_connection(silent_server.getsockname()) as connection:
            connection.recv(1)
