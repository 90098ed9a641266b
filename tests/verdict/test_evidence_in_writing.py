"""What the writers of a verdict say: every field of verdict.json is documented, every doubt is an error for JUnit."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from rich.console import Console

from swarmscope.prometheus.series import Sample, Series
from swarmscope.report.html.page import Report, report_html
from swarmscope.report.html.verdict_view import judgement_of
from swarmscope.report.junit import to_junit
from swarmscope.report.markdown import to_markdown
from swarmscope.report.terminal import print_verdict
from swarmscope.report.verdict_json import to_json
from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import Figures
from swarmscope.verdict.steadiness import P50, Shift, Steadiness
from swarmscope.verdict.stored import judged_run
from swarmscope.verdict.verdict import JudgedRun, Verdict
from swarmscope_exporter.run_details import RunDetails
from tests.verdict.builders import END, LOAD_START, RUN_ID, alert, evidence, objective

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "verdict-schema.md"


def failing() -> Verdict:
    slow = objective(measured=0.31, worst=Sample(1070.0, 0.45))
    labels = alert().labels
    pending = Series({**labels, "alertstate": "pending"}, tuple(Sample(1030.0 + 2 * i, 1.0) for i in range(15)))
    firing = Series(labels, tuple(Sample(1060.0 + 2 * i, 1.0) for i in range(10)))
    again = Series({**labels, "alertname": "ObjectiveMissedOverRun"}, (Sample(END + 3, 1.0), Sample(END + 7, 1.0)))
    return decide(evidence(objectives=(slow,), alerts=(*evidence().alerts, pending, firing, again)))


def document(verdict: Verdict) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(to_json(JudgedRun(verdict, {"prometheus_version": "3.5.0"})))
    return parsed


def test_every_field_of_verdict_json_is_in_the_page_on_its_schema() -> None:
    written = document(failing())
    page = SCHEMA.read_text()
    names = {*written, *written["run"]}
    for part in ("objectives", "alerts", "timeline"):
        names |= set(written[part][0])
    names |= set(written["figures"]) | set(written["figures"]["own_cost"])
    names |= set(written["ledger"]) | set(written["objectives"][0]["worst_window"])
    documented = set(re.findall(r"`(\w+)`", page))
    assert names - documented == set()
    assert written["schema"] == 1


def test_the_timeline_is_in_order_of_time_and_marks_the_first_breach() -> None:
    changes = [
        (item["seconds"], item["change"], item["alert"], item["first_breach"])
        for item in document(failing())["timeline"]
    ]
    assert changes == [
        (1030.0, "pending", "ObjectiveMissed", False),
        (1060.0, "firing", "ObjectiveMissed", True),
        (1080.0, "resolved", "ObjectiveMissed", False),
        (END + 3, "firing", "ObjectiveMissedOverRun", False),
    ]


def test_an_alert_that_comes_again_is_two_stretches() -> None:
    flapping = Series(alert().labels, (Sample(1020.0, 1.0), Sample(1022.0, 1.0), Sample(1080.0, 1.0)))
    verdict = decide(evidence(alerts=(*evidence().alerts, flapping)))
    spans = [(span.first_seconds, span.last_seconds, span.resolved_seconds) for span in verdict.timeline]
    assert spans == [(1020.0, 1022.0, 1024.0), (1080.0, 1080.0, 1082.0)]


def test_the_worst_minute_and_the_number_of_samples_stand_beside_what_was_measured() -> None:
    row = next(line for line in to_markdown(failing()).splitlines() if line.startswith("| latency p95"))
    assert row == "| latency p95 | ≤ 200 ms | 310 ms | off | 5000 | 450 ms at 00:17:50 | ❌ FAIL |"


def test_a_lost_worker_is_an_error_for_junit_though_every_objective_was_met() -> None:
    lost = alert("WorkerLost", gate="validity", objective="")
    suite = ET.fromstring(to_junit(decide(evidence(alerts=(*evidence().alerts, lost))))).find("testsuite")
    assert suite is not None
    assert (suite.get("failures"), suite.get("errors")) == ("0", "1")
    errors = [case.get("name") for case in suite.findall("testcase") if case.find("error") is not None]
    assert errors == ["verdict"]


def test_a_missed_objective_is_a_failure_for_junit_with_its_figures() -> None:
    suite = ET.fromstring(to_junit(failing())).find("testsuite")
    assert suite is not None
    said = [failure.get("message") for failure in suite.iter("failure")]
    assert said[0] == ("measured 310 ms (of 5000), threshold ≤ 200 ms; fired: ObjectiveMissed, ObjectiveMissedOverRun")
    assert len(said) == 2
    assert suite.get("name") == "load test smoke"
    assert RUN_ID in to_junit(failing())


def test_warnings_stand_apart_from_the_reasons_in_every_form() -> None:
    verdict = decide(evidence(warnings=("grpc looks like seconds",)))
    written, page = document(verdict), to_markdown(verdict)
    assert (written["warnings"], written["reasons"]) == (["grpc looks like seconds"], [])
    assert "**Warnings**\n\n- grpc looks like seconds\n" in page
    console = Console(file=StringIO(), width=100)
    print_verdict(console, verdict, None)
    assert "Warnings:\n  - grpc looks like seconds\n" in console.file.getvalue()  # type: ignore[attr-defined]
    assert judgement_of(JudgedRun(verdict)).warnings == ("grpc looks like seconds",)


def test_where_requests_waited_for_their_start_every_writer_tells_both_times_beside_the_objectives() -> None:
    measured = {"latency_p95_seconds": 2.0, "service_time_p95_seconds": 0.0024}
    verdict = decide(evidence(figures=Figures(measured=measured)))
    sentence = "Response time p95 2 s; service time p95 2.4 ms: requests waited until a user was free"
    assert f"\n\n{sentence}" in to_markdown(verdict)
    console = Console(file=StringIO(), width=300)
    print_verdict(console, verdict, None)
    assert f"\n{sentence}" in console.file.getvalue()  # type: ignore[attr-defined]
    page = report_html(Report("one", "smoke", judgement_of(JudgedRun(verdict)), (), ()))
    assert f"<h3>Objectives</h3>\n<p>{sentence}" in page
    assert document(verdict)["figures"]["measured"] == measured


def test_what_a_run_says_of_itself_is_in_every_writer_and_read_back() -> None:
    details = RunDetails("https://u:***@shop.test", "staging", "1b07124", {"build": "1`2", "machine": "`|x"})
    verdict = decide(replace(evidence(), run=replace(evidence().run, details=details)))
    written = document(verdict)
    told = {name: value for name, value in asdict(details).items() if name not in {"timed", "apart", "min_seconds"}}
    assert {name: written["run"][name] for name in told} == told
    assert judged_run(written).verdict.run.details == details
    line = next(line for line in to_markdown(verdict).splitlines() if line.startswith("Run `"))
    assert line == (
        f"Run `{RUN_ID}`, host `https://u:***@shop.test`, environment `staging`, commit `1b07124`, build `1'2`,"
        " machine `'|x`"
    )
    facts = dict(judgement_of(JudgedRun(verdict, {"machine": "Linux"})).facts)
    assert (facts["Host"], facts["Environment"], facts["Commit"]) == (details.host, "staging", "1b07124")
    assert (facts["Label build"], facts["Machine"]) == ("1`2", "Linux")
    console = Console(file=StringIO(), width=200)
    print_verdict(console, verdict, None)
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "Tested: host https://u:***@shop.test, environment staging, commit 1b07124, build 1`2, machine `|x" in said


def test_a_run_that_says_nothing_of_itself_is_written_as_before() -> None:
    verdict = decide(evidence())
    assert f"Run `{RUN_ID}`\n" in to_markdown(verdict)
    written = document(verdict)["run"]
    assert [written[name] for name in ("host", "environment", "commit", "labels")] == [None, None, None, {}]
    without = {
        name: value for name, value in written.items() if name not in {"host", "environment", "commit", "labels"}
    }
    assert judged_run({**document(verdict), "run": without}).verdict.run.details == RunDetails()


def test_since_when_a_run_was_steady_is_in_every_writer_and_read_back() -> None:
    found = Steadiness(LOAD_START + 42, LOAD_START, 20, 6.0, (Shift(P50, 0.0241, 0.012),))
    verdict = decide(evidence(steadiness=found))
    line = "steady since 00:42 (p50 24.1 ms until then, 12 ms after)"
    assert f"\nSteadiness: {line}\n" in to_markdown(verdict)
    assert dict(judgement_of(JudgedRun(verdict)).facts)["Steadiness"] == line
    written = document(verdict)
    assert written["steadiness"]["since_seconds"] == LOAD_START + 42
    assert judged_run(written).verdict.steadiness == found
    assert judged_run({**written, "steadiness": None}).verdict.steadiness is None
    assert f"\nSteadiness: {line}\n" in printed(verdict, verbose=False)


def test_the_terminal_tells_of_steadiness_where_something_moved_or_more_was_asked_for() -> None:
    at_once = decide(evidence(steadiness=Steadiness(LOAD_START, LOAD_START, 20, 6.0)))
    assert "Steadiness" not in printed(at_once, verbose=False)
    assert "\nSteadiness: steady since 00:00\n" in printed(at_once, verbose=True)
    never = decide(evidence(steadiness=Steadiness(None, LOAD_START, 20, 6.0, (Shift(P50, 0.012, 0.03),))))
    assert printed(never, verbose=False).count("never became steady") == 1


def printed(verdict: Verdict, *, verbose: bool) -> str:
    file = StringIO()
    print_verdict(Console(file=file, width=300), verdict, None, verbose=verbose)
    return file.getvalue()
