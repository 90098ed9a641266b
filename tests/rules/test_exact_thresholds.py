"""That a latency on the threshold meets it and one observation more does not, for every edge of the buckets."""

import subprocess
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from swarmscope_exporter.buckets import EDGES_SECONDS
from tests.rules.rule_files import RULES_DIR

pytestmark = pytest.mark.real

QUANTILES = {
    "latency_p50_seconds": 0.5,
    "latency_p95_seconds": 0.95,
    "latency_p99_seconds": 0.99,
    "service_time_p95_seconds": 0.95,
}
#: Multiples of 100, so that each quantile of them is a whole number; from few to more than a soak makes.
TOTALS = (100, 700, 1_900, 12_300, 999_900, 123_456_700)
#: At the last one, the quantile of anything slower is that edge by definition: no threshold can be there.
EDGES = EDGES_SECONDS[:-1]
RUN = {"run_id": "r", "scenario": "s"}


def series(metric: str, labels: dict[str, str], values: str) -> dict[str, str]:
    inside = ",".join(f'{name}="{value}"' for name, value in {**RUN, **labels}.items())
    return {"series": f"{metric}{{{inside}}}", "values": values}


def life() -> list[dict[str, str]]:
    """Return a run that is steady from 2 s on and done at 6 s."""
    return [
        series("loadtest_run_start_timestamp_seconds", {}, "0x5"),
        series("loadtest_phase", {"phase": "done"}, "0x2 1x3"),
        series("loadtest_phase_start_timestamp_seconds", {"phase": "steady"}, "_ 2x5"),
        series("loadtest_worker_last_report_timestamp_seconds", {"worker": "0"}, "0+2x5"),
        series("loadtest_last_reports_timestamp_seconds", {"of": "mean"}, "0+2x5"),
        series("loadtest_run_end_timestamp_seconds", {}, "_x3 6x3"),
    ]


def threshold(objective: str, edge: float, **subject: str) -> dict[str, str]:
    labels = {"objective": objective, "bound": "max", "severity": "critical", **subject}
    labels.pop("run_id", None)
    return series("loadtest:threshold", labels, f"{edge:g}x5")


def histogram(edge: float, total: int, slow: int, **subject: str) -> list[dict[str, str]]:
    """``slow`` observations took longer than any bucket, all others exactly as long as the edge."""
    labels = {"method": "GET", "name": "/", **subject, "outcome": "success"}
    metric = "loadtest_request_duration_seconds"
    neighbours = {
        0.001,
        60.0,
        max((e for e in EDGES if e < edge), default=edge),
        min(e for e in EDGES_SECONDS if e > edge),
    }
    counts = {le: total - slow if le >= edge else 0 for le in neighbours | {edge}}
    buckets = [
        series(f"{metric}_bucket", {**labels, "le": f"{le:g}"}, f"0x2 {count}x3") for le, count in counts.items()
    ]
    return [
        *buckets,
        series(f"{metric}_bucket", {**labels, "le": "+Inf"}, f"0x2 {total}x3"),
        series(f"{metric}_count", labels, f"0x2 {total}x3"),
    ]


def require(promtool: Path, folder: Path, inputs: list[dict[str, str]], missed: list[dict[str, Any]]) -> None:
    """Require that promtool sees exactly these objectives missed at the end of the run."""
    expected = [
        {"labels": "{" + ",".join(f'{k}="{v}"' for k, v in labels.items()) + "}", "value": 1} for labels in missed
    ]
    query = 'sum by (objective, name) (ALERTS{alertname="ObjectiveMissedOverRun", alertstate="firing"})'
    check = {"expr": query, "eval_time": "8s", "exp_samples": expected}
    test = {"interval": "2s", "input_series": [*life(), *inputs], "promql_expr_test": [check]}
    rule_files = [str(RULES_DIR / name) for name in ("sli.yml", "alerts.yml")]
    path = folder / "exact.yml"
    path.write_text(yaml.safe_dump({"rule_files": rule_files, "evaluation_interval": "2s", "tests": [test]}))
    result = subprocess.run([promtool, "test", "rules", path], capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, (result.stdout + result.stderr)[:4000]


def test_the_p95_of_an_endpoint_is_exact_on_every_edge(promtool: Path, tmp_path: Path) -> None:
    objective = "endpoint_latency_p95_seconds"
    inputs = chain.from_iterable(
        [
            threshold(objective, edge, method="GET", name=f"/{side}/{edge:g}"),
            *histogram(edge, total, slow=total // 20 + (side == "over"), name=f"/{side}/{edge:g}"),
        ]
        for edge, total in zip(EDGES, TOTALS * len(EDGES), strict=False)
        for side in ("on", "over")
    )
    missed = [{"name": f"/over/{edge:g}", "objective": objective} for edge in EDGES]
    require(promtool, tmp_path, list(inputs), missed)


@pytest.mark.parametrize("beyond", [0, 1], ids=["on the threshold", "one observation beyond"])
@pytest.mark.parametrize(("edge", "total"), list(zip(EDGES[5::14], TOTALS, strict=False)))
@pytest.mark.parametrize("objective", QUANTILES)
def test_a_quantile_is_exact(
    promtool: Path, tmp_path: Path, objective: str, edge: float, total: int, beyond: int
) -> None:
    slow = total - round(QUANTILES[objective] * total) + beyond
    inputs = [threshold(objective, edge), *histogram(edge, total, slow)]
    require(promtool, tmp_path, inputs, [{"objective": objective}] if beyond else [])
