"""Requests without names, with ids in their paths; with BROKEN one in forty goes to an endpoint that fails."""

from __future__ import annotations

import os
import random
import uuid
from itertools import count

from locust import FastHttpUser, constant, task

USERS = [uuid.UUID(int=random.getrandbits(128)) for _ in range(500)]
_numbers = count()


class Browser(FastHttpUser):
    wait_time = constant(0.02)

    @task(4)
    def item(self) -> None:
        if "BROKEN" in os.environ and next(_numbers) % 40 == 0:
            self.client.get(f"/broken/{random.randrange(2000)}")
        else:
            self.client.get(f"/items/{random.randrange(2000)}")

    @task
    def orders(self) -> None:
        self.client.get(f"/users/{random.choice(USERS)}/orders?page={random.randrange(50)}")
