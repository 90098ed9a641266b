"""The API's own counter may be an expression of swarmscope.toml: it takes the place of the rule that has another."""

from __future__ import annotations

from pathlib import Path

from swarmscope.project.places import DEFAULT_RULES
from swarmscope.prometheus.names import TARGET_COUNTER
from swarmscope.prometheus.rule_files import changes, read_rules
from swarmscope.prometheus.rule_sets import lay_out
from swarmscope.prometheus.target_rule import counts_at_target, lay_out_target_rule, with_target_rule

EXPRESSION = "sum by (instance) (requests_seen_total{path!='/metrics'})  # ours"


def test_the_laid_out_rules_and_those_that_judge_are_the_same_with_one_counter(tmp_path: Path) -> None:
    folder = lay_out(DEFAULT_RULES, None, tmp_path)
    before = read_rules(folder)
    lay_out_target_rule(folder, EXPRESSION)
    laid_out, judging = read_rules(folder), with_target_rule(before, EXPRESSION)
    assert changes(judging, laid_out) == ""
    assert [rule.expr for rule in laid_out if rule.name == TARGET_COUNTER] == [EXPRESSION]
    assert len(laid_out) == len(before)
    assert (counts_at_target(before), counts_at_target(laid_out)) == (False, True)


def test_without_an_expression_the_rules_stay_as_they_are(tmp_path: Path) -> None:
    folder = lay_out(DEFAULT_RULES, None, tmp_path)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    lay_out_target_rule(folder, "")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert with_target_rule(read_rules(folder), "") == read_rules(folder)
