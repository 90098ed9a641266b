"""junit.xml: a test case for each objective, each completeness check and the verdict; inconclusive is an error."""

from __future__ import annotations

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from swarmscope.report.wording import details, figure, limit, moment, of_samples, printable, surely, titled
from swarmscope.verdict.verdict import Check, ObjectiveResult, Outcome, Status, Verdict


def to_junit(verdict: Verdict) -> str:
    """Return the document as text."""
    run = verdict.run
    suite = TestSuite(f"load test {run.scenario}")
    suite.add_property("run_id", run.run_id)
    suite.add_property("verdict", verdict.outcome.value)
    for name, value in details(run.details):
        suite.add_property(name, printable(value))
    suite.timestamp = moment(run.load_start_seconds) or ""
    for result in verdict.objectives:
        suite.add_testcase(_objective_case(result, run.scenario))
    for check in verdict.checks:
        suite.add_testcase(_check_case(check, run.scenario))
    suite.add_testcase(_verdict_case(verdict))
    document = JUnitXml()
    document.add_testsuite(suite)
    text = document.tostring()  # type: ignore[no-untyped-call]
    return text.decode() if isinstance(text, bytes) else str(text)


def _objective_case(result: ObjectiveResult, scenario: str) -> TestCase:
    objective = result.objective
    # Without the threshold: a test that is renamed whenever that changes has no history.
    case = TestCase(printable(titled(objective)), classname=f"{scenario}.objectives", time=0.0)
    said = f"measured {figure(objective, objective.measured)} {of_samples(objective)}, threshold {limit(objective)}"
    if result.alerts:
        said += f"; fired: {', '.join(result.alerts)}"
    said = printable(said)
    if result.status is Status.FAIL:
        case.result = [Failure(said, "threshold")]
    elif result.status is Status.NO_DATA:
        case.result = [Error(said, "no data")]
    elif result.status is Status.UNDECIDED:
        case.result = [Error(f"{said}; surely {surely(objective)}", "undecided")]
    elif result.status is Status.WARNING:
        case.result = [Skipped(f"warning: {said}")]
    return case


def _check_case(check: Check, scenario: str) -> TestCase:
    case = TestCase(printable(check.name), classname=f"{scenario}.completeness", time=0.0)
    if not check.ok:
        case.result = [Error(printable(check.figure), "inconclusive")]
    return case


def _verdict_case(verdict: Verdict) -> TestCase:
    """For what is neither an objective nor a check, such as a lost worker: no run without a PASS shows no red.

    It has the time of the whole load: those of all cases add up to it.
    """
    case = TestCase("verdict", classname=f"{verdict.run.scenario}.verdict", time=round(verdict.run.load_seconds, 3))
    said = printable("; ".join(verdict.reasons))
    if verdict.outcome is Outcome.FAIL:
        case.result = [Failure(said, "FAIL")]
    elif verdict.outcome is Outcome.INCONCLUSIVE:
        case.result = [Error(said, "INCONCLUSIVE")]
    return case
