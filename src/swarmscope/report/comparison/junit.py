"""junit.xml of a comparison: a test case for each figure that decides or is worse; what cannot be told is an error."""

from __future__ import annotations

from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite

from swarmscope.compare.comparison import Answer, Comparison, Row
from swarmscope.report.comparison.words import headline, reasons, shift, title, value, why
from swarmscope.report.wording import printable


def to_junit(comparison: Comparison) -> str:
    """Return the document as text."""
    scenario = next((run.conditions.scenario for run in (*comparison.b.runs, *comparison.a.runs)), "comparison")
    suite = TestSuite(f"comparison {scenario}")
    for name, text in (("a", comparison.a.title), ("b", comparison.b.title), ("answer", comparison.answer.value)):
        suite.add_property(name, printable(text))
    for row in comparison.rows:
        if row.decides or row.answer is Answer.WORSE:
            suite.add_testcase(_case(row, scenario, comparison))
    suite.add_testcase(_whole(comparison, scenario))
    document = JUnitXml()
    document.add_testsuite(suite)
    text = document.tostring()  # type: ignore[no-untyped-call]
    return text.decode() if isinstance(text, bytes) else str(text)


def _case(row: Row, scenario: str, comparison: Comparison) -> TestCase:
    case = TestCase(printable(title(row)), classname=f"{scenario}.comparison", time=0.0)
    said = printable(f"A {value(row.figure, row.a)}, B {value(row.figure, row.b)}, {shift(row)}")
    if row.answer is Answer.WORSE:
        case.result = [Failure(said, "worse")]
    elif row.answer is Answer.CANNOT_TELL:
        case.result = [Error(printable(f"{said}; {why(row, comparison)}"), "cannot tell")]
    return case


def _whole(comparison: Comparison, scenario: str) -> TestCase:
    case = TestCase("comparison", classname=f"{scenario}.comparison", time=0.0)
    said = printable("; ".join(reasons(comparison)))
    if comparison.answer is Answer.WORSE:
        case.result = [Failure(said, headline(comparison))]
    elif comparison.answer is Answer.CANNOT_TELL:
        case.result = [Error(said, headline(comparison))]
    return case
