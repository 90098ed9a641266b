"""The user class."""

from __future__ import annotations

from locust import FastHttpUser
from locust.env import Environment

from lean_http.session import LeanHttpSession


class LeanHttpUser(FastHttpUser):
    """A FastHttpUser whose requests cost the load generator less than half; all its settings and calls are the same."""

    abstract = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.client = LeanHttpSession.over(self.client)
