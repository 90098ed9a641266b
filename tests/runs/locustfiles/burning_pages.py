"""Users whose own code takes more CPU than their requests."""

from __future__ import annotations

import time

from locust import FastHttpUser, task

BURN_SECONDS = 0.01


class Burner(FastHttpUser):
    @task
    def front(self) -> None:
        until = time.process_time() + BURN_SECONDS
        while time.process_time() < until:
            pass
        self.client.get("/front")
