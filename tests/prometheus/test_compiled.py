"""The rules that are made of swarmscope.toml, and which endpoints a pattern is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmscope.objectives import JudgedApart, Threshold
from swarmscope.project.places import DEFAULT_RULES
from swarmscope.project.settings import read_project
from swarmscope.prometheus.compiled import compiled
from swarmscope.prometheus.patterns import of_endpoints
from swarmscope.prometheus.rule_files import parse_rules, read_rule_file
from swarmscope.prometheus.thresholds import threshold_of, thresholds_of

TEXT = """\
[objectives.queue_depth]
expr = "my_queue_depth # of all workers"
unit = "count"
bound = "max"
[thresholds]
error_ratio = "2%"
[scenarios.shop]
judged_apart = ["WS", { category = "streams" }]
thresholds = { latency_p95 = "300ms", queue_depth = 100 }
endpoints."GET /items/{id}" = { latency_p95 = "200ms" }
endpoints."GET /items/*" = { latency_p95 = "400ms" }
transactions."check: out" = { latency_p95 = "2s" }
"""
#: The rules that say which objectives there are.
MEASURED = read_rule_file(DEFAULT_RULES / "sli.yml")
ITEMS = 'loadtest_requests_total{scenario="shop", method="GET", name=~"/items/.*"}'
ITEM = 'loadtest_requests_total{scenario="shop", method="GET", name="/items/{id}"}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "swarmscope.toml").write_text(TEXT)
    return tmp_path


def test_thresholds_and_metrics_become_plain_rules(folder: Path) -> None:
    text = compiled(read_project(folder))
    assert text.startswith("# Generated from swarmscope.toml: edit that, then run `swarmscope thresholds --write`.\n")
    assert text.splitlines()[1:10] == [
        "groups:",
        "  - name: loadtest-project-thresholds",
        "    rules:",
        "      # judged apart",
        "      - {record: loadtest:judged_apart, labels: {scenario: shop, method: WS}, expr: vector(1)}",
        "      - {record: loadtest:judged_apart, labels: {scenario: shop, category: streams}, expr: vector(1)}",
        "",
        "      # every scenario",
        (
            "      - {record: loadtest:threshold, labels: {scenario: default, objective: error_ratio, bound: max,"
            " severity: critical}, expr: vector(0.02)}"
        ),
    ]
    assert 'name: "check: out", bound: max, severity: critical}, expr: vector(2)}' in text


def test_a_pattern_becomes_a_threshold_of_each_endpoint_and_a_sign_that_none_matches(folder: Path) -> None:
    rules = parse_rules(compiled(read_project(folder)), Path("a.yml"))
    (matching,) = (rule for rule in rules if "pattern" in rule.labels)
    assert (matching.name, matching.labels["pattern"]) == ("loadtest:threshold", "GET /items/*")
    assert matching.expr == (
        f"(sum by (method, name) (({ITEMS} unless ({ITEM})) and on (run_id) loadtest:run) > 0) * 0 + 0.4"
    )
    (unmatched,) = (rule for rule in rules if rule.name == "loadtest:unmatched_threshold")
    assert (unmatched.labels["method"], unmatched.labels["name"]) == ("GET", "/items/*")
    assert unmatched.expr == f"vector(0.4) unless on () ({ITEMS} > 0)"


def test_a_confidence_stands_beside_its_threshold_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "swarmscope.toml").write_text(
        "[scenarios.shop]\n"
        "thresholds.error_ratio = '1%'\n"
        "thresholds.latency_p95 = { warning = '200ms', critical = '300ms', confidence = 0.99 }\n"
        "endpoints.'GET /items/*' = { latency_p95 = '400ms', confidence = 0 }\n"
        "transactions.pay = { latency_p95 = '2s', confidence = 0.999 }\n"
    )
    found = read_project(tmp_path)
    rules = parse_rules(compiled(found), Path("a.yml"))
    assert [(rule.name.removeprefix("loadtest:"), rule.labels.get("bound")) for rule in rules] == [
        ("threshold", "max"),
        ("threshold", "max"),
        ("threshold_confidence", None),
        ("threshold", "max"),
        ("threshold_confidence", None),
        ("threshold", "max"),
        ("threshold_confidence", None),
        ("unmatched_threshold", "max"),
        ("threshold", "max"),
        ("threshold_confidence", None),
    ]
    of_all, of_critical, of_pattern, of_transaction = (r for r in rules if r.name == "loadtest:threshold_confidence")
    labels = {"scenario": "shop", "objective": "latency_p95_seconds"}
    assert (of_all.labels, of_all.expr) == ({**labels, "severity": "warning"}, "vector(0.99)")
    assert (of_critical.labels, of_critical.expr) == ({**labels, "severity": "critical"}, "vector(0.99)")
    assert of_pattern.labels["pattern"] == "GET /items/*"
    assert of_pattern.expr == f"(sum by (method, name) ({ITEMS} and on (run_id) loadtest:run) > 0) * 0 + 0"
    assert (of_transaction.labels["name"], of_transaction.expr) == ("pay", "vector(0.999)")
    assert thresholds_of((*rules, *MEASURED)) == found.thresholds


def test_a_metric_becomes_one_series_whatever_its_comment(folder: Path) -> None:
    *_, metric = parse_rules(compiled(read_project(folder)), Path("a.yml"))
    assert (metric.group, metric.name) == ("loadtest-project-objectives", "loadtest:own_metric")
    assert metric.labels == {"objective": "queue_depth", "bound": "max"}
    assert metric.expr == "max(my_queue_depth # of all workers\n)"


def test_the_rules_say_what_the_project_says(folder: Path) -> None:
    found = read_project(folder)
    rules = parse_rules(compiled(found), Path("a.yml"))
    assert tuple(threshold_of(rule) for rule in rules if rule.name == "loadtest:threshold") == found.thresholds


def test_a_project_with_nothing_to_say_has_no_rules(tmp_path: Path) -> None:
    (tmp_path / "swarmscope.toml").write_text("[scenarios.shop]\nusers = 3\n")
    assert compiled(read_project(tmp_path)) == ""


def test_what_rule_files_set_for_the_same_is_left_out(folder: Path) -> None:
    elsewhere = [Threshold("latency_p95_seconds", 1, scenario="shop"), Threshold("error_ratio", 1, scenario="shop")]
    text = compiled(read_project(folder), elsewhere, [JudgedApart("shop", method="WS")])
    rules = parse_rules(text, Path("a.yml"))
    assert [rule.labels for rule in rules if rule.name == "loadtest:judged_apart"] == [
        {"scenario": "shop", "category": "streams"}
    ]
    found = {(rule.labels["scenario"], rule.labels["objective"]) for rule in rules if rule.name == "loadtest:threshold"}
    assert ("shop", "latency_p95_seconds") not in found
    assert ("default", "error_ratio") in found


def test_a_name_is_matched_letter_by_letter_but_for_the_star(tmp_path: Path) -> None:
    key = '* /a.b(c)/{id}?q="1"\\*'
    (tmp_path / "swarmscope.toml").write_text(f"[scenarios.s.endpoints]\n'{key}' = {{ error_ratio = '5%' }}\n")
    rules = parse_rules(compiled(read_project(tmp_path)), Path("a.yml"))
    (rule,) = (rule for rule in rules if "pattern" in rule.labels)
    regex = r"/a\\.b\\(c\\)/\\{id\\}\\?q=\"1\"\\\\.*"
    assert f'loadtest_requests_total{{scenario="s", name=~"{regex}"}}' in rule.expr


ENDPOINTS = [("GET", "/admin/a"), ("POST", "/admin/a"), ("GET", "/items/1")]


def of(method: str, name: str, value: float, severity: str = "critical") -> Threshold:
    objective = "endpoint_latency_p95_seconds"
    return Threshold(objective, value, "max", severity, method, name, "s", is_pattern="*" in method + name)


@pytest.mark.parametrize(
    ("thresholds", "found"),
    [
        ([of("*", "/admin/*", 1)], [("GET", "/admin/a", 1), ("POST", "/admin/a", 1)]),
        ([of("*", "/admin/*", 1), of("GET", "/admin/a", 2)], [("POST", "/admin/a", 1), ("GET", "/admin/a", 2)]),
        (
            [of("*", "*", 1), of("*", "/admin/*", 2)],
            [("GET", "/items/1", 1), ("GET", "/admin/a", 2), ("POST", "/admin/a", 2)],
        ),
        ([of("GET", "/nothing/*", 1)], [("GET", "/nothing/*", 1)]),
        (
            [of("GET", "/items/1", 2, "warning"), of("GET", "/items/*", 1)],
            [("GET", "/items/1", 2), ("GET", "/items/1", 1)],
        ),
    ],
)
def test_a_pattern_is_for_each_endpoint_that_no_closer_threshold_is_for(
    thresholds: list[Threshold], found: list[tuple[str, str, float]]
) -> None:
    assert [(each.method, each.name, each.value) for each in of_endpoints(thresholds, ENDPOINTS)] == found
