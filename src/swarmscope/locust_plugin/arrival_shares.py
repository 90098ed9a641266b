"""Which worker owns which arrivals, on the master: shared anew when a worker dies, leaves or joins."""

from __future__ import annotations

from locust.runners import MasterRunner, Runner

from swarmscope.locust_plugin.arrival_order import LOCAL, SHARES_MESSAGE
from swarmscope.scenarios.arrivals import Count, Schedule
from swarmscope_exporter.arrival_plan import ArrivalPlan

#: Workers hear of new shares so long before these begin.
_NOTICE_SECONDS = 1.0
_LOCAL_WORKER = "0"  #: what the exporter calls the only process


def ready_workers(runner: Runner) -> tuple[str, ...]:
    """Return the workers that are there, in an order; the only process of a run without any."""
    if not isinstance(runner, MasterRunner):
        return (LOCAL,)
    clients = runner.clients
    return tuple(sorted(client.id for client in (*clients.ready, *clients.spawning, *clients.running)))


class ArrivalShares:
    """Those of one run; `plan` has its books for the exporter."""

    def __init__(self, runner: Runner, schedule: Schedule, workers: tuple[str, ...]) -> None:
        self._runner = runner
        self._count = Count(schedule)
        self._seconds = sum(leg.seconds for leg in schedule.legs)
        self._workers = workers
        self.plan = ArrivalPlan(self._named(workers))

    def follow(self, elapsed_seconds: float) -> None:
        """Count what is due, and share the arrivals anew where other workers are there than before."""
        self.plan.total = self._count.before(min(elapsed_seconds, self._seconds))
        workers = ready_workers(self._runner)
        if workers and workers != self._workers and elapsed_seconds < self._seconds:
            self._share(workers, elapsed_seconds)

    def _share(self, workers: tuple[str, ...], elapsed_seconds: float) -> None:
        assert isinstance(self._runner, MasterRunner)
        joined = [worker for worker in workers if worker not in self._workers]
        since = self._count.before(elapsed_seconds + _NOTICE_SECONDS)
        self._workers = workers
        self.plan.share_anew(since, self._named(workers))
        data = {"since": since, "workers": list(workers), "joined": joined, "elapsed_seconds": elapsed_seconds}
        for worker in workers:
            self._runner.send_message(SHARES_MESSAGE, data, client_id=worker)

    def _named(self, workers: tuple[str, ...]) -> tuple[str, ...]:
        """Return the names under which the exporter has the reports of workers."""
        runner = self._runner
        if not isinstance(runner, MasterRunner):
            return (_LOCAL_WORKER,)
        return tuple(str(runner.get_worker_index(worker)) for worker in workers)
