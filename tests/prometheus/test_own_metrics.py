"""An expression that Prometheus cannot read is one line, with its file and key, before anything is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmscope.errors import CommandError, PrometheusUnavailableError
from swarmscope.objectives import ObjectiveKind
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.own_metrics import Complaint, by_prometheus, by_promtool, require_readable
from swarmscope.stack.programs.prometheus import find_prometheus

KEY = "swarmscope.toml:2: objectives.depth.expr"


def kinds(expr: str) -> dict[str, ObjectiveKind]:
    return {"cited_ratio": ObjectiveKind("min"), "depth": ObjectiveKind("max", "", expr, KEY)}


def said_of(expr: str, complaint: Complaint) -> str:
    with pytest.raises(CommandError) as raised:
        require_readable(kinds(expr), complaint)
    return str(raised.value)


@pytest.fixture(scope="module")
def promtool() -> Path:
    return find_prometheus().promtool


@pytest.mark.real
@pytest.mark.parametrize(
    ("expr", "said"),
    [
        ("max(my_queue", "unclosed left parenthesis"),
        ("my_queue) + (1", "unexpected right parenthesis ')'"),
        ("1 + 1", "expected type instant vector in aggregation expression, got scalar"),
        ("my_queue[1m]", "expected type instant vector in aggregation expression, got range vector"),
        ("max(my queue)", 'unexpected identifier "queue" in aggregation'),
    ],
)
def test_promtool_says_what_is_wrong(promtool: Path, expr: str, said: str) -> None:
    found = said_of(expr, by_promtool(promtool))
    assert found.startswith(f"{KEY} = {expr!r}: Prometheus cannot read it: {said}")
    assert "\n" not in found


@pytest.mark.real
@pytest.mark.parametrize("expr", ["max(my_queue)", "my_queue # of all\n", "rate(a[1m]) / rate(b[1m])", "vector(1)"])
def test_what_prometheus_can_read_is_not_refused(promtool: Path, expr: str) -> None:
    require_readable(kinds(expr), by_promtool(promtool))


class Refusing(PrometheusApi):
    """Refuses every query with one text."""

    def __init__(self, text: str) -> None:
        super().__init__("http://127.0.0.1:9")
        self._text = text

    def formatted(self, query: str) -> str:
        raise PrometheusUnavailableError(f"{self._text} {query}")


def test_a_prometheus_that_runs_says_so_too() -> None:
    refusing = Refusing('Prometheus at http://a refused a query: invalid parameter "query": 1:5: parse error: odd')
    assert said_of("max(", by_prometheus(refusing)) == f"{KEY} = 'max(': Prometheus cannot read it: odd max("


def test_a_prometheus_that_does_not_answer_has_not_said_anything_of_an_expression() -> None:
    with pytest.raises(PrometheusUnavailableError, match="did not answer"):
        require_readable(kinds("a"), by_prometheus(Refusing("Prometheus at http://a did not answer")))
