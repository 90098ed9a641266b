"""junit.xml of a capacity: a test case for the answer and one for each step; a load that broke is a result."""

from __future__ import annotations

from collections.abc import Iterator

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from swarmscope.capacity.answer import Capacity
from swarmscope.capacity.step import Step, StepOutcome
from swarmscope.objectives import figure_of, limit_of
from swarmscope.report.capacity.words import facts, headline, objective_name
from swarmscope.report.wording import moment, printable
from swarmscope.verdict.verdict import Outcome

_SAYS_NOTHING = frozenset({StepOutcome.GENERATOR, StepOutcome.UNMEASURED})


def to_junit(capacity: Capacity) -> str:
    """Return the document as text."""
    suite = TestSuite(printable(f"capacity {capacity.scenario}"))
    suite.add_property("outcome", capacity.outcome.value)
    suite.add_property("capacity", printable(capacity.sentence))
    if capacity.steps:
        suite.timestamp = moment(capacity.steps[0].begin_seconds) or ""
    suite.add_testcase(_whole(capacity))
    for step in capacity.steps:
        suite.add_testcase(_case(step, capacity))
    document = JUnitXml()
    document.add_testsuite(suite)
    text = document.tostring()  # type: ignore[no-untyped-call]
    return text.decode() if isinstance(text, bytes) else str(text)


def _whole(capacity: Capacity) -> TestCase:
    case = TestCase(objective_name(capacity), classname=printable(f"{capacity.scenario}.capacity"), time=0.0)
    said = printable("; ".join([headline(capacity), *facts(capacity), *capacity.warnings]))
    if capacity.outcome is Outcome.FAIL:
        case.result = [Failure(said, "FAIL")]
    elif capacity.outcome is Outcome.INCONCLUSIVE:
        case.result = [Error(said, "INCONCLUSIVE")]
    else:
        case.system_out = said
    return case


def _case(step: Step, capacity: Capacity) -> TestCase:
    """Return a step as a test case; one that says nothing is skipped, as the answer does not rest on it."""
    name = printable(f"step {step.number} at {capacity.figure(step.load)}")
    case = TestCase(name, classname=printable(f"{capacity.scenario}.steps"), time=round(step.seconds, 3))
    case.system_out = "\n".join(map(printable, _lines(step)))
    if step.outcome in _SAYS_NOTHING:
        case.result = [Skipped(printable(f"{step.outcome}: {step.because}"))]
    return case


def _lines(step: Step) -> Iterator[str]:
    yield ": ".join(filter(None, (step.outcome, step.because)))
    yield f"run {step.run_id}"
    for each in step.objectives:
        limit = limit_of(each.objective, each.bound, each.threshold)
        yield f"{each.title}: {figure_of(each.objective, each.measured)} of {limit}, {each.status}"
