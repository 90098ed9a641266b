"""What became of the users of all workers, as it is published."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from swarmscope_exporter.collector import RunnerState
from swarmscope_exporter.merge import Merge
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.run import Run
from swarmscope_exporter.snapshot import Snapshot
from swarmscope_exporter.task_exceptions import TaskExceptions, traceback_of
from swarmscope_exporter.users_merge import MAX_KINDS, MAX_NAMES_WITHOUT_EVENT, MAX_TRACEBACKS
from tests.exporters.test_collector import registry_of, value
from tests.exporters.test_merge import RUN, snapshot

CLASSES = ("Buyer", "Reader")


@pytest.fixture
def run() -> Run:
    return Run(RUN, "smoke", 2, Merge(RUN))


def report(run: Run, worker: str, **figures: Any) -> None:
    wire = snapshot(Recorder(), 1, **figures).to_wire()
    run.merge.update(worker, Snapshot.from_wire(msgpack.loads(msgpack.dumps(wire), strict_map_key=False)))


def registry(run: Run, exit_code: int = 0) -> CollectorRegistry:
    return registry_of(run, RunnerState(user_classes=CLASSES, exit_code=exit_code))


def test_everything_of_the_known_user_classes_exists_at_0_before_the_load(run: Run) -> None:
    published = registry(run)
    for user_class in CLASSES:
        for metric in ("loadtest_iterations_total", "loadtest_users_cut_off_total", "loadtest_users_silent"):
            assert value(published, metric, user_class=user_class) == 0
        for after in ("false", "true"):
            labels = {"user_class": user_class, "exception": "(overflow)", "after_failed_request": after}
            assert value(published, "loadtest_task_exceptions_total", **labels) == 0
    assert value(published, "loadtest_requests_begun_total") == 0
    assert value(published, "loadtest_requests_without_event_total", method="", name="(overflow)") == 0
    assert value(published, "loadtest_locustfile_exit_code") == 0


def test_what_the_workers_saw_is_added_up(run: Run) -> None:
    figures = {
        "begun": 10,
        "without_event": [["GET", "/slow", 2]],
        "iterations": {"Buyer": 5},
        "task_exceptions": [["Buyer", "KeyError", False, 3], ["Buyer", "KeyError", True, 1]],
        "users_cut_off": {"Buyer": 1},
        "users_silent": {"Reader": 2},
    }
    report(run, "0", **figures)
    report(run, "1", **figures, exit_code=3)
    published = registry(run)
    assert value(published, "loadtest_requests_begun_total") == 20
    assert value(published, "loadtest_requests_without_event_total", method="GET", name="/slow") == 4
    assert value(published, "loadtest_iterations_total", user_class="Buyer") == 10
    kinds = {"user_class": "Buyer", "exception": "KeyError"}
    assert value(published, "loadtest_task_exceptions_total", **kinds, after_failed_request="false") == 6
    assert value(published, "loadtest_task_exceptions_total", **kinds, after_failed_request="true") == 2
    assert value(published, "loadtest_users_cut_off_total", user_class="Buyer") == 2
    assert value(published, "loadtest_users_silent", user_class="Reader") == 4
    assert value(published, "loadtest_locustfile_exit_code") == 3


def test_the_exit_code_that_is_set_on_the_master_is_published(run: Run) -> None:
    assert value(registry(run, exit_code=1), "loadtest_locustfile_exit_code") == 1


def test_exception_types_and_names_without_an_event_past_the_cap_are_folded(run: Run) -> None:
    for worker in range(2):
        rows = [["Buyer", f"E{worker}-{number}", False, 1] for number in range(MAX_KINDS)]
        names = [["GET", f"/{worker}-{number}", 1] for number in range(MAX_NAMES_WITHOUT_EVENT)]
        report(run, str(worker), task_exceptions=rows, without_event=names)
    published = registry(run)
    folded = {"user_class": "Buyer", "exception": "(overflow)", "after_failed_request": "false"}
    assert value(published, "loadtest_task_exceptions_total", **folded) == MAX_KINDS
    overflow = {"method": "", "name": "(overflow)"}
    assert value(published, "loadtest_requests_without_event_total", **overflow) == MAX_NAMES_WITHOUT_EVENT
    assert generate_latest(published).count(b"loadtest_task_exceptions_total{") <= MAX_KINDS + 6


def note(exceptions: TaskExceptions, error: BaseException, user_class: str = "Buyer") -> None:
    where: Any = object()
    exceptions.note(where, user_class, error, after_failed_request=False)


def test_a_process_keeps_so_many_types_and_tracebacks_and_folds_the_rest() -> None:
    exceptions = TaskExceptions()
    for number in range(2 * MAX_KINDS):
        note(exceptions, type(f"Error{number}", (Exception,), {})())
    rows = {name: count for _, name, _, count in exceptions.counts()}
    assert (len(rows), rows["(overflow)"], rows["Error0"]) == (MAX_KINDS + 1, MAX_KINDS, 1)
    assert len(exceptions.tracebacks()) == MAX_TRACEBACKS
    exceptions.reset()
    assert (exceptions.counts(), exceptions.tracebacks()) == ([], [])


def test_the_same_exception_raised_in_other_iterations_counts_each_time() -> None:
    exceptions, error = TaskExceptions(), KeyError("always this object")
    where: Any = object()
    for _ in range(3):
        for _ in range(2):  # in the task, and on its way through Locust
            exceptions.note(where, "Buyer", error, after_failed_request=False)
        exceptions.last.clear()  # the next iteration begins
    assert exceptions.counts() == [["Buyer", "KeyError", False, 3]]


def _raise(message: str) -> None:
    raise ValueError(message)


class Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError


def test_a_traceback_is_short_whatever_the_message_is() -> None:
    with pytest.raises(ValueError, match="<html>") as raised:
        _raise("<html>" * 10_000)
    text = traceback_of(raised.value)
    assert text.splitlines()[-2] == "    raise ValueError(message)"
    assert text.endswith(" … (60000 characters)")
    assert len(text) < 2500
    assert traceback_of(Unprintable()) == "Unprintable: (its text raises ValueError)"
    assert traceback_of(ValueError("\ud800")) == "ValueError: ?"
