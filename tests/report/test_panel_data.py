"""Variables, steps and rate intervals are what Grafana would fill in."""

from __future__ import annotations

import pytest

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.report.html.panel_data import UnfilledError, filled, resolved
from swarmscope.report.html.panels import Variable
from swarmscope.report.html.window import Window
from tests.report.builders import asker
from tests.report.fake_prometheus import FakePrometheus


def test_a_variable_is_replaced_in_each_of_grafanas_spellings() -> None:
    values = {"run_id": "one", "run": "no", "__range": "60s"}
    assert filled("a{b='$run_id'}[$__range] ${run_id} ${run_id:regex}", values) == "a{b='one'}[60s] one one"


def test_a_variable_without_a_value_is_named() -> None:
    with pytest.raises(UnfilledError, match=r"\$other_run_id has no value"):
        filled('a{run_id="$other_run_id"}', {"run_id": "one", "other_run_id": ""})


@pytest.mark.parametrize(
    ("length", "least", "step", "rate_interval"),
    [(60, None, 2, "8s"), (60, 10, 10, "12s"), (600, None, 2, "8s"), (3600, None, 15, "17s"), (14400, 10, 60, "62s")],
)
def test_a_longer_run_has_wider_steps_and_rates_over_them(
    length: float, least: float | None, step: float, rate_interval: str
) -> None:
    window = Window(0.0, length)
    assert window.step(least, 300) == step
    assert window.built_in(step) == {
        "__interval": f"{step}s",
        "__rate_interval": rate_interval,
        "__range": f"{length}s",
    }


def test_steps_are_the_same_whenever_it_is_asked() -> None:
    early, late = Window(1003.0, 1061.0), Window(1003.0, 1067.5)
    assert (early.first(10), late.first(10)) == (1000, 1000)
    assert (early.steps(10), late.steps(10)) == (7, 7)


def test_a_variable_takes_what_is_given_then_all_then_the_first_choice() -> None:
    offered = [({"run_id": "newest"}, 9.0), ({"run_id": "older"}, 5.0)]
    prometheus = FakePrometheus(
        {'runs{run_id!="one", scenario=~"smoke"}[120s]': offered, "shift(newest)": [({}, -90.0)]}
    )
    variables = (
        Variable("scenario", "label_values(x, scenario)", all_value=".*"),
        Variable("endpoint", "label_values(x, name)", all_value=".*"),
        Variable("run_id", "query_result(unused)"),
        Variable("other", 'query_result(runs{run_id!="$run_id", scenario=~"$scenario"}[$__range])', 'run_id="([^"]+)"'),
        Variable("shift", "query_result(shift($other))", r" (-?\d+) "),
        Variable("third", "query_result(nothing($other))", 'run_id="([^"]+)"'),
        Variable("third_shift", "query_result(shift($third))", r" (-?\d+) "),
    )
    assert resolved(variables, {"run_id": "one", "scenario": "smoke"}, asker(prometheus)) == {
        "datasource": "prometheus",
        "run_id": "one",
        "scenario": "smoke",
        "endpoint": ".*",
        "other": "newest",
        "shift": "-90",
        "third": "",
        "third_shift": "",
    }
    assert "shift()" not in prometheus.queries


def test_a_question_is_asked_once() -> None:
    prometheus = FakePrometheus({"up": [({}, 1.0)]})
    asking = asker(prometheus)
    assert asking.at_end("up") == asking.at_end("up")
    asking.over_time("up", 2.0)
    asking.over_time("up", 2.0)
    assert (prometheus.queries, asking.asked) == (["up", "up"], 2)


def test_after_its_time_nothing_more_is_asked() -> None:
    moments = iter((0.0, 1.0, 11.0))
    prometheus = FakePrometheus({"a": [({}, 1.0)]})
    asking = asker(prometheus, time_limit_seconds=10.0, clock=lambda: next(moments))
    asking.at_end("a")
    with pytest.raises(PrometheusUnavailableError, match="Not asked: the 10 s for the report were over"):
        asking.at_end("b")
    assert prometheus.queries == ["a"]


def test_a_prometheus_that_does_not_answer_is_not_asked_again() -> None:
    prometheus = FakePrometheus({})
    prometheus.silent = True
    asking = asker(prometheus)
    for query in ("a", "b"):
        with pytest.raises(PrometheusUnavailableError, match="did not answer"):
            asking.at_end(query)
    assert prometheus.queries == ["a"]
