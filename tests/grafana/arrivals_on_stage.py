"""Arrivals of a run by hand: the series that only runs have in which requests have intended starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from swarmscope_exporter.collector import OUTCOMES
from swarmscope_exporter.families import counter, gauge, histogram
from swarmscope_exporter.run import Run

BECAME = {"started": 17, "dropped": 2, "cut_off": 1, "lost": 0}
#: One endpoint has a child of its own, as it would with a threshold.
ALL_NAMES, OWN_CHILD = "(all)", "/api/chat"


class StagedArrivals(Collector):
    """Twenty arrivals for each report; response times are as long as service times."""

    def __init__(self, run: Run, reports: Callable[[], int]) -> None:
        self._run, self._reports = run, reports

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        run, reports = self._run, self._reports()
        became = {outcome: count * reports for outcome, count in BECAME.items()}
        scheduled = sum(became.values())
        yield counter(run, "loadtest_arrivals_scheduled", "", (), {(): scheduled})
        yield counter(run, "loadtest_arrivals", "", ("outcome",), {(name,): count for name, count in became.items()})
        yield counter(run, "loadtest_worker_arrivals_scheduled", "", ("worker",), {("0",): scheduled})
        of_worker: dict[tuple[str, ...], float] = {("0", name): count for name, count in became.items()}
        yield counter(run, "loadtest_worker_arrivals", "", ("worker", "outcome"), of_worker)
        yield gauge(run, "loadtest_arrivals_waiting", "", 3)
        yield counter(run, "loadtest_missed_starts", "", ("user_class",), {("RegularUser",): 2 * reports})
        cells = [(key.method, key.name, OUTCOMES[bool(key.error)], cell) for key, cell in run.merge.cells.items()]
        yield histogram(run, "loadtest_arrival_lateness_seconds", "", (), (((), cell) for *_, cell in cells))
        yield histogram(
            run,
            "loadtest_response_time_seconds",
            "",
            ("method", "name", "category", "outcome"),
            (
                ((method, shown, "", outcome), cell)
                for method, name, outcome, cell in cells
                for shown in (ALL_NAMES, *([name] if name == OWN_CHILD else []))
            ),
        )
