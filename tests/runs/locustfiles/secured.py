"""A user for each client that speaks HTTP."""

from locust import FastHttpUser, HttpUser, constant_throughput, task

from lean_http import LeanHttpUser
from swarmscope import observe

observe()


class Slow(HttpUser):
    wait_time = constant_throughput(5)

    @task
    def ask(self) -> None:
        self.client.get("/slow")
        self.client.get(f"{self.host}/whole")  # a name with all of the host


class Fast(FastHttpUser):
    wait_time = constant_throughput(5)

    @task
    def ask(self) -> None:
        self.client.get("/fast")


class Lean(LeanHttpUser):
    wait_time = constant_throughput(5)

    @task
    def ask(self) -> None:
        self.client.get("/lean")
