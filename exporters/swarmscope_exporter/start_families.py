"""What counts from the intended starts, as metric families: nothing of a run in which no request has one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from prometheus_client.metrics_core import Metric

from swarmscope_exporter.arrival_plan import ArrivalBooks
from swarmscope_exporter.cells import Cell, CellKey
from swarmscope_exporter.families import by_user_class, counter, gauge, histogram
from swarmscope_exporter.intended_starts import LATENESS, UNSERVED, Waits
from swarmscope_exporter.run import Run
from swarmscope_exporter.saturation import MAX_WORKER_SERIES, OTHER_WORKERS

#: In place of a name: the requests of all names together; and of a method: starts that never led to an answer.
ALL_NAMES, NOT_STARTED = "(all)", "(not started)"


def start_families(
    run: Run, cells: Mapping[CellKey, Cell], labels_of: Callable[[CellKey], tuple[str, ...]]
) -> Iterator[Metric]:
    """Return all of them; ``labels_of`` are method, name, category and outcome of a cell."""
    if run.merge.has_intended_starts:
        yield _response_time(run, cells, labels_of)
        text = "Starts that users with a pace were too busy for."
        yield by_user_class(run, "loadtest_missed_starts", text, run.merge.users.missed_starts())
    books = run.arrival_books
    if books is not None:
        yield from _arrival_families(run, books)


def _response_time(run: Run, cells: Mapping[CellKey, Cell], labels_of: Callable[[CellKey], tuple[str, ...]]) -> Metric:
    """Return a histogram over all names, and one of each endpoint that a threshold speaks of.

    What was never timed is in none of the sums, and only categories that are judged apart have one of their own.
    """
    sums_ms: dict[tuple[str, ...], float] = defaultdict(float)
    for key, cell in cells.items():
        sums_ms[labels_of(key)] += cell.sum_ms
    rows: list[tuple[tuple[str, ...], Cell]] = []
    for key, cell in cells.items():
        method, name, category, outcome = labels = labels_of(key)
        if sums_ms[labels] or not cell.count:
            timed = cell.from_intended_starts()
            rows.append(((method, ALL_NAMES, category if run.is_apart(category) else "", outcome), timed))
            if run.is_timed(method, name):
                rows.append((labels, timed))
    rows.append(((NOT_STARTED, ALL_NAMES, "", "failure"), _cell_of(run.merge.waits.get(UNSERVED))))
    return histogram(
        run,
        "loadtest_response_time_seconds",
        "Time from the intended start of an iteration to the end of its first request; of others the service time.",
        ("method", "name", "category", "outcome"),
        rows,
    )


def _arrival_families(run: Run, books: ArrivalBooks) -> Iterator[Metric]:
    yield counter(run, "loadtest_arrivals_scheduled", "Arrivals that were due.", (), {(): books.scheduled})
    yield counter(
        run,
        "loadtest_arrivals",
        "What became of arrivals: started, dropped after the longest wait, cut off by the stop, lost with a worker.",
        ("outcome",),
        {(outcome,): count for outcome, count in books.outcomes.items()},
    )
    yield gauge(run, "loadtest_arrivals_waiting", "Arrivals that wait for a free user.", books.waiting)
    late = sum(counts.late for counts in run.merge.arrivals.values())
    text = "Arrivals that the load generator itself was more than 100 ms late to hand to a user."
    yield counter(run, "loadtest_arrivals_late", text, (), {(): late})
    scheduled: dict[tuple[str, ...], float] = defaultdict(float)
    outcomes: dict[tuple[str, ...], float] = defaultdict(float)
    for number, (worker, counts) in enumerate(run.merge.arrivals.items()):
        label = worker if number < MAX_WORKER_SERIES else OTHER_WORKERS
        scheduled[label,] += counts.scheduled
        for outcome in ("started", "dropped", "cut_off"):
            outcomes[label, outcome] += getattr(counts, outcome)
    text = "Arrivals that were due at each worker."
    yield counter(run, "loadtest_worker_arrivals_scheduled", text, ("worker",), scheduled)
    text = "What became of the arrivals of each worker that reports."
    yield counter(run, "loadtest_worker_arrivals", text, ("worker", "outcome"), outcomes)
    yield histogram(
        run,
        "loadtest_arrival_lateness_seconds",
        "How late arrivals were started.",
        (),
        [((), _cell_of(run.merge.waits.get(LATENESS)))],
    )


def _cell_of(waits: Waits | None) -> Cell:
    cell = Cell()
    if waits is not None:
        cell.buckets, cell.sum_ms = waits.buckets, waits.sum_ms
    return cell
