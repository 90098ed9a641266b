"""What a file says beside thresholds: how sure a run has to be of one, and what is judged apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmscope.errors import CommandError
from swarmscope.objectives import JudgedApart
from swarmscope.project.places import DEFAULT_RULES
from swarmscope.prometheus.rule_files import FileRule, read_rule_file
from swarmscope.prometheus.thresholds import judged_apart, thresholds_of
from tests.prometheus.threshold_lines import RULES, line, sure


@pytest.mark.parametrize(
    ("expr", "confidence"), [("vector(0.99)", 0.99), ("vector(0)", 0.0), ("vector(0.5)", 0.5), ("vector(0.999)", 0.999)]
)
def test_a_line_says_how_sure_a_run_has_to_be_of_a_threshold(expr: str, confidence: float) -> None:
    rules = (*RULES, line(), line(severity="warning", expr="vector(0.2)"), sure(expr))
    found = [each for each in thresholds_of(rules) if each.scenario == "shop"]
    assert [(each.severity, each.confidence) for each in found] == [("critical", confidence), ("warning", None)]


def test_each_default_says_that_a_run_that_is_not_sure_only_warns() -> None:
    rules = read_rule_file(DEFAULT_RULES / "thresholds.yml")
    places = [
        [(r.labels["objective"], r.labels["severity"]) for r in rules if r.name == name]
        for name in ("loadtest:threshold", "loadtest:threshold_confidence")
    ]
    assert places[0] == places[1]
    lines = [rule for rule in rules if rule.name == "loadtest:threshold_confidence"]
    assert {(rule.labels["undecided"], rule.expr) for rule in lines} == {("warns", "vector(0.95)")}


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (sure("vector(95)"), "is 'vector(95)': with vector(NUMBER) expected a confidence from 0.5 to below 1, so 0.95"),
        (sure("vector(1)"), "is 'vector(1)': with vector(NUMBER) expected a confidence from 0.5 to below 1, so 0.95 f"),
        (sure("0.99"), "is '0.99': with vector(NUMBER) expected a confidence from 0.5 to below 1, so 0.95 for 95 %, o"),
        (sure("vector(NaN)"), "is 'vector(NaN)': with vector(NUMBER) expected a confidence from 0.5 to below 1"),
        (sure(bound="max"), "has the label 'bound': expected method, name, objective, scenario, severity, undecided"),
        (sure(severity=None), "has no label 'severity'"),
        (sure(undecided="fails"), "has undecided 'fails': expected warns, or no such label"),
        (sure(severity="warning"), "is for no threshold: expected a line loadtest:threshold with the same labels"),
        (sure(scenario="shoe"), "is for no threshold: expected a line loadtest:threshold with the same labels"),
    ],
)
def test_a_line_that_says_how_sure_of_nothing_is_refused(wrong: FileRule, complaint: str) -> None:
    with pytest.raises(CommandError) as error:
        thresholds_of((*RULES, line(), wrong))
    subject = f"own.yml: the confidence latency_p95_seconds of scenario {wrong.labels['scenario']} "
    assert str(error.value).startswith(subject + complaint)
    assert "\n" not in str(error.value)


def test_a_confidence_is_said_once() -> None:
    with pytest.raises(
        CommandError, match=r"^own\.yml: the confidence latency_p95_seconds of scenario shop is set a sec"
    ):
        thresholds_of((*RULES, line(), sure(), sure("vector(0)", undecided="warns")))


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        ({"scenario": "s", "method": "WS"}, JudgedApart("s", method="WS")),
        ({"scenario": "default", "category": "streams"}, JudgedApart("default", category="streams")),
    ],
)
def test_a_line_judges_a_type_or_a_category_apart(labels: dict[str, str], found: JudgedApart) -> None:
    assert judged_apart([FileRule("g", "loadtest:judged_apart", "vector(1)", labels)]) == (found,)


@pytest.mark.parametrize(
    ("labels", "expr"),
    [
        ({"scenario": "s"}, "vector(1)"),
        ({"method": "WS"}, "vector(1)"),
        ({"scenario": "s", "method": "WS", "category": "c"}, "vector(1)"),
        ({"scenario": "s", "methd": "WS"}, "vector(1)"),
        ({"scenario": "s", "method": "WS"}, "vector(0.5)"),
    ],
)
def test_a_line_that_judges_something_else_apart_is_refused(labels: dict[str, str], expr: str) -> None:
    wrong = FileRule("g", "loadtest:judged_apart", expr, labels, Path("own.yml"))
    with pytest.raises(CommandError, match=r"own.yml: loadtest:judged_apart with .* either method or category"):
        thresholds_of([*RULES, wrong])
