"""junit.xml: one test case for each objective and each completeness check; what could not be judged is an error."""

from __future__ import annotations

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from scripts.judging.verdict import Check, ObjectiveResult, Status, Verdict
from scripts.reporting.wording import figure, limit


def to_junit(verdict: Verdict) -> str:
    """The document as text."""
    run = verdict.evidence.run
    suite = TestSuite(f"load test {run.scenario}")
    suite.add_property("run_id", run.run_id)
    suite.add_property("verdict", verdict.outcome.value)
    for result in verdict.objectives:
        suite.add_testcase(_objective_case(result, run.scenario))
    for check in verdict.checks:
        suite.add_testcase(_check_case(check, run.scenario))
    document = JUnitXml()
    document.add_testsuite(suite)
    text = document.tostring()  # type: ignore[no-untyped-call]
    return text.decode() if isinstance(text, bytes) else str(text)


def _objective_case(result: ObjectiveResult, scenario: str) -> TestCase:
    objective = result.objective
    case = TestCase(f"{objective.title} {limit(objective)}", classname=f"{scenario}.objectives")
    said = f"measured {figure(objective, objective.measured)}, threshold {limit(objective)}"
    if result.alerts:
        said += f"; fired: {', '.join(result.alerts)}"
    if result.status is Status.FAIL:
        case.result = [Failure(said, "threshold")]
    elif result.status is Status.NO_DATA:
        case.result = [Error(said, "no data")]
    elif result.status is Status.WARNING:
        case.result = [Skipped(f"warning: {said}")]
    return case


def _check_case(check: Check, scenario: str) -> TestCase:
    case = TestCase(check.name, classname=f"{scenario}.completeness")
    if not check.ok:
        case.result = [Error(check.figure, "inconclusive")]
    return case
