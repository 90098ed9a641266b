"""Rules without the thresholds of some objectives."""

from __future__ import annotations

from swarmscope.project.places import DEFAULT_RULES
from swarmscope.prometheus.rule_files import parse_rules
from swarmscope.prometheus.rule_leave_out import without_objectives
from swarmscope.prometheus.rule_sets import rule_set
from swarmscope.prometheus.thresholds import thresholds_of


def test_thresholds_of_these_objectives_and_how_sure_of_them_are_gone_and_all_else_stays() -> None:
    whole = rule_set(DEFAULT_RULES)
    left = without_objectives(whole, {"throughput_requests_per_second", "error_ratio"})
    gone = [rule for rule in whole.rules if rule not in left.rules]
    assert {rule.labels["objective"] for rule in gone} == {"throughput_requests_per_second", "error_ratio"}
    assert {rule.name for rule in gone} == {"loadtest:threshold", "loadtest:threshold_confidence"}
    assert not {"throughput_requests_per_second", "error_ratio"} & {
        each.objective for each in thresholds_of(left.rules)
    }
    for file in left.files:
        assert tuple(rule.expr for rule in parse_rules(file.text, DEFAULT_RULES)) == tuple(r.expr for r in file.rules)


def test_without_any_of_them_nothing_changes() -> None:
    whole = rule_set(DEFAULT_RULES)
    assert without_objectives(whole, ()).rules == whole.rules
