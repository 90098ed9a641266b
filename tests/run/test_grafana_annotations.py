"""What is noted of a run, and that nobody waits for Grafana."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from swarmscope.grafana.client import Annotation, GrafanaUnavailableError
from swarmscope.run.grafana_annotations import NoteWriter, RunNotes, notes_in
from swarmscope.run.locust_api import RunStatus
from swarmscope.verdict.decide import decide
from tests.run.web_server import WebServer, serving
from tests.verdict.builders import RUN_ID, alert, evidence

BEGUN: dict[str, Any] = {
    "run_id": RUN_ID,
    "scenario": "smoke",
    "users": 10,
    "workers": 1,
    "locust_requests": 0,
    "start_timestamp_seconds": 1000.0,
    "phase_start_timestamps_seconds": {"prepare": 1000.0, "ramp": 1004.0},
}
ENDED = {
    **BEGUN,
    "end_timestamp_seconds": 1124.0,
    "ended_because": "nobody <answers>",
    "phase_start_timestamps_seconds": {
        "prepare": 1000.0, "ramp": 1004.0, "steady": 1010.0, "stopping": 1120.0, "done": 1124.0,
    },
}  # fmt: skip
TAGS = ("swarmscope", RUN_ID, "smoke")


def noted(*documents: dict[str, Any]) -> list[Annotation]:
    annotations: list[Annotation] = []
    notes = RunNotes(annotations.append)
    for document in documents:
        notes.follow(RunStatus.of(document))
    return annotations


def test_a_run_is_noted_when_it_begins_once() -> None:
    assert noted(BEGUN, BEGUN) == [Annotation(f"Run {RUN_ID} started", (*TAGS, "start"), 1000.0)]


def test_before_the_first_run_there_is_nothing_to_note() -> None:
    assert noted({"run_id": None, "users": 0, "workers": 1, "locust_requests": 0}) == []


def test_the_end_is_noted_with_its_reason_and_phases_are_left_to_prometheus() -> None:
    assert noted(BEGUN, ENDED, ENDED)[1:] == [
        Annotation(f"Run {RUN_ID} stopped: nobody &lt;answers&gt;", (*TAGS, "stop"), 1124.0),
    ]


def test_the_next_run_of_the_same_master_is_noted_as_well() -> None:
    texts = [annotation.text for annotation in noted(BEGUN, ENDED, BEGUN | {"run_id": "next"})]
    assert texts[-1] == "Run next started"
    assert len(texts) == 3


def test_the_verdict_has_its_reasons_and_says_where_the_results_are() -> None:
    annotations: list[Annotation] = []
    verdict = decide(evidence(alerts=(alert(),)))
    RunNotes(annotations.append).judged(verdict, Path("/results/<run>"), lambda: 1130.0)
    [annotation] = annotations
    assert (annotation.tags, annotation.seconds) == ((*TAGS, "verdict", "fail"), 1130.0)
    assert annotation.text.split("<br>") == [
        f"Run {RUN_ID}: FAIL",
        *verdict.reasons,
        "Results: /results/&lt;run&gt;",
    ]


class Grafana:
    """Refuses everything; before that it may have to be released."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.tried: list[Annotation] = []

    def __call__(self, annotation: Annotation) -> None:
        assert self.may_answer.wait(30)
        self.tried.append(annotation)
        raise GrafanaUnavailableError("Server Error 500: no")


def test_one_that_refuses_everything_is_one_warning() -> None:
    grafana, warnings = Grafana(), list[str]()
    grafana.may_answer.set()
    writer = NoteWriter(grafana, warnings.append)
    for number in range(3):
        writer.put(Annotation(str(number), (), 0.0))
    writer.close(30)
    assert [annotation.text for annotation in grafana.tried] == ["0", "1", "2"]
    assert warnings == ["Server Error 500: no"]


def test_one_that_never_answers_holds_nobody_up() -> None:
    grafana, warnings = Grafana(), list[str]()
    writer = NoteWriter(grafana, warnings.append)
    for number in range(200):  # many more than are kept
        writer.put(Annotation(str(number), (), 0.0))
    writer.close(0.01)
    assert (grafana.tried, warnings) == ([], ["it is too slow"])
    grafana.may_answer.set()


def test_the_end_is_not_waited_for_longer_than_said() -> None:
    grafana, warnings = Grafana(), list[str]()
    writer = NoteWriter(grafana, warnings.append)
    writer.put(Annotation("verdict", (), 0.0))
    writer.close(0.01)
    assert warnings == ["it is too slow"]
    grafana.may_answer.set()


def test_what_was_noted_last_is_written_before_the_notes_are_closed() -> None:
    settings = {"GRAFANA_ADMIN_PASSWORD": "secret"}
    said: list[str] = []
    with serving(WebServer()) as grafana:
        with notes_in(grafana.url, settings, said.append) as notes:
            notes.follow(RunStatus.of(ENDED))
            notes.judged(decide(evidence()), Path("/results"))
        texts = [asked.body["text"] for asked in grafana.asked]
    assert [str(text).split(":")[0] for text in texts] == [
        f"Run {RUN_ID} started",
        f"Run {RUN_ID} stopped",
        f"Run {RUN_ID}",
    ]
    assert said == []


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_grafana_that_refuses_is_said_once_with_its_address(status: int) -> None:
    said: list[str] = []
    with serving(WebServer(status=status, answer=b"no")) as grafana:
        with notes_in(grafana.url, {"GRAFANA_ADMIN_PASSWORD": "secret"}, said.append) as notes:
            notes.follow(RunStatus.of(ENDED))
        # A wrong password is tried once: Grafana would lock the user out.
        assert len(grafana.asked) == (1 if status == 401 else 2)
    [warning] = said
    assert warning.startswith(f"Grafana at {grafana.url} has no notes of this run, or not all: ")
    assert "secret" not in warning


def test_without_a_grafana_nothing_is_written_or_said() -> None:
    said: list[str] = []
    with notes_in(None, {}, said.append) as notes:
        notes.follow(RunStatus.of(ENDED))
    assert said == []


def test_without_a_token_for_another_machine_nothing_is_sent_and_it_is_said_once() -> None:
    said: list[str] = []
    with notes_in("https://g.test", {"GRAFANA_URL": "https://g.test"}, said.append) as notes:
        notes.follow(RunStatus.of(ENDED))
    [warning] = said
    assert warning == (
        "Grafana at https://g.test has no notes of this run, or not all: set GRAFANA_TOKEN to the token of a service "
        "account that may write annotations"
    )
