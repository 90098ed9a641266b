"""Each user is one reader of data/users.csv; what was read is reported over a session of its own."""

import csv
from itertools import cycle
from pathlib import Path
from typing import Any

from locust import FastHttpUser, constant_pacing, task
from locust.contrib.fasthttp import FastHttpSession

with Path("data/users.csv").open() as file:  # in the folder where Locust is started
    READERS = cycle(list(csv.DictReader(file)))


class Reader(FastHttpUser):
    wait_time = constant_pacing(0.4)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.reader = next(READERS)
        self.tracker = FastHttpSession(self.host, self.environment.events.request, self)

    @task
    def read(self) -> None:
        number, plan = self.reader["id"], self.reader["plan"]
        self.client.get(f"/readers/{number}?plan={plan}", name="/readers/{id}")
        for article in self.client.get("/articles").json()[:2]:
            self.tracker.post("/reads", json={"reader": number, "article": article["id"]})
