"""Users of no protocol that Locust knows: they need no host, and use one only where there is one."""

import time

from locust import User, constant_throughput, task

from swarmscope import observe

observe()


class Worker(User):
    wait_time = constant_throughput(5)

    @task
    def consume(self) -> None:
        begin = time.perf_counter()
        time.sleep(0.01)
        self.environment.events.request.fire(
            request_type="QUEUE",
            name="consume",
            response_time=(time.perf_counter() - begin) * 1000,
            response_length=1,
            exception=None,
            context={},
        )
