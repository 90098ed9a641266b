import re
from collections import Counter

import pytest

from swarmscope.objectives import BUILT_IN, MIN_ENDPOINT_REQUESTS, WORST_ENDPOINT
from swarmscope.project.settings import project
from swarmscope.prometheus.compiled import compiled
from swarmscope.prometheus.thresholds import bound_of
from swarmscope_exporter.buckets import EDGES_SECONDS
from tests.rules.rule_files import Threshold, objectives, rules, thresholds

#: The edges of the buckets, written down a second time: who changes the grid has to change the thresholds knowingly.
MANTISSAS = (1, 1.2, 1.4, 1.6, 1.8, 2, 2.25, 2.5, 2.75, 3, 3.5, 4, 4.5, 5, 6, 7, 7.5, 8, 9)
EDGES = {round(mantissa * 10.0**exponent, 6) for exponent in (-3, -2, -1, 0, 1) for mantissa in MANTISSAS}
EDGES = {edge for edge in EDGES if edge <= 60}
LAST_EDGE_SECONDS = 60

#: Read from a histogram's bucket.
QUANTILE = re.compile(r"_p\d+_seconds$")

LINES = thresholds()


def title(line: Threshold) -> str:
    return " ".join(part for part in line.subject if part)


def test_the_exporter_has_the_edges_that_thresholds_rely_on() -> None:
    assert {round(edge, 6) for edge in EDGES_SECONDS} == EDGES


@pytest.mark.parametrize("line", LINES, ids=title)
def test_a_latency_threshold_is_an_edge_of_the_buckets(line: Threshold) -> None:
    if QUANTILE.search(line.objective):
        assert line.value in EDGES
        assert line.value < LAST_EDGE_SECONDS, "no quantile is over the last edge: the threshold could not be missed"


@pytest.mark.parametrize("line", LINES, ids=title)
def test_a_threshold_is_for_an_objective_that_is_measured(line: Threshold) -> None:
    assert line.objective in objectives()


@pytest.mark.parametrize("line", LINES, ids=title)
def test_a_threshold_is_in_range(line: Threshold) -> None:
    assert line.value > 0
    assert line.severity in {"critical", "warning"}
    assert line.bound == bound_of(line.objective)
    if line.objective.endswith("_ratio"):
        assert line.value <= 1


@pytest.mark.parametrize("line", LINES, ids=title)
def test_a_threshold_names_an_endpoint_when_its_objective_is_one_of_an_endpoint(line: Threshold) -> None:
    of_endpoint = line.objective.startswith("endpoint_") and (line.objective != WORST_ENDPOINT or bool(line.method))
    assert bool(line.method) == of_endpoint
    assert bool(line.name) == (of_endpoint or line.objective.startswith("transaction_"))


def test_an_endpoint_says_something_from_as_many_requests_on_as_the_rules_have_it() -> None:
    (expr,) = (
        r["expr"] for r in rules("record") if r.get("labels") == {"objective": WORST_ENDPOINT} and "max by" in r["expr"]
    )
    assert f'{{of="endpoint_requests"}} >= {MIN_ENDPOINT_REQUESTS})' in expr


def test_every_objective_is_bound_on_one_side() -> None:
    assert {*BUILT_IN, *project().objectives} == objectives()
    assert {bound_of(objective) for objective in objectives()} == {"max", "min"}


def test_no_line_contradicts_another() -> None:
    assert [subject for subject, count in Counter(line.subject for line in LINES).items() if count > 1] == []


def test_each_scenario_has_thresholds_of_its_own_and_each_threshold_a_scenario() -> None:
    assert {line.scenario for line in LINES} - {"default"} == set(project().catalogue.by_name)


def test_the_rules_of_docker_are_those_of_swarmscope_toml() -> None:
    path = project().compiled_rules
    assert path is not None
    assert path.read_text() == compiled(project()), "run `swarmscope thresholds --write`"


def test_each_journey_has_thresholds_for_its_transactions_and_no_other_scenario_has() -> None:
    timed = {
        (line.scenario, line.name.partition(":")[0]) for line in LINES if line.objective.startswith("transaction_")
    }
    assert timed == {(each.name, each.name) for each in project().catalogue if "journey" in each.groups}


def test_a_scenario_asks_for_more_throughput_than_it_is_judged_by() -> None:
    judged = [line for line in LINES if line.objective == "throughput_requests_per_second"]
    assert judged
    for line in judged:
        arrivals = project().catalogue.find(line.scenario).arrivals
        assert arrivals is not None, line.scenario
        assert arrivals.rate > line.value, line.scenario


def test_a_scenario_with_websocket_users_has_their_messages_judged_apart_and_no_other_has() -> None:
    apart = {rule["labels"]["scenario"] for rule in rules("record") if rule["record"] == "loadtest:judged_apart"}
    assert apart == {name for name, scenario in project().catalogue.by_name.items() if "WebSocketUser" in scenario.mix}


def test_the_targets_of_the_scenarios_are_as_promised() -> None:
    promised = {
        ("default", "latency_p95_seconds"): 0.5,
        ("default", "latency_p99_seconds"): 1,
        ("default", "error_ratio"): 0.01,
        ("default", "availability_ratio"): 0.999,
        ("default", "endpoint_error_ratio"): 0.5,
        ("default", "ramp_error_ratio"): 0.05,
        ("default", "websocket_drop_ratio"): 0.05,
        ("default", "dropped_arrivals_ratio"): 0.001,
        ("smoke", "error_ratio"): 0.05,
        ("baseline", "latency_p95_seconds"): 0.2,
        ("baseline", "throughput_requests_per_second"): 500,
        ("baseline", "error_ratio"): 0.001,
        ("stress", "latency_p95_seconds"): 0.5,
        ("stress", "throughput_requests_per_second"): 1000,
        ("stress", "error_ratio"): 0.01,
        ("spike", "latency_p95_seconds"): 1,
        ("spike", "error_ratio"): 0.05,
        ("spike", "recovery_seconds"): 60,
        ("soak", "latency_p95_seconds"): 0.2,
        ("mixed", "latency_p95_seconds"): 0.4,
        ("mixed", "throughput_requests_per_second"): 600,
        ("mixed", "error_ratio"): 0.005,
        ("dashboard", "cache_hit_ratio"): 0.9,
        ("dashboard", "latency_mean_seconds"): 0.2,
    }
    table = {(line.scenario, line.objective): line.value for line in LINES}
    assert {key: table.get(key) for key in promised} == promised
