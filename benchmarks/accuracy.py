"""How exact the published quantiles are: against the exact ones of the raw samples, and beside Locust's own.

    python -m benchmarks.accuracy [--samples N]

The samples go through the recorder, the merge and the exporter's text; the quantile is what histogram_quantile makes of
that text. tests/exporters/test_accuracy.py has a real Prometheus do the same.
"""

from __future__ import annotations

# Locust patches the standard library on import, so it comes first.
from locust.stats import RequestStats  # isort: skip

import random
from collections.abc import Sequence
from typing import Annotated

import typer
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.quantiles import exact, histogram_quantile, sides_wrong
from benchmarks.table import Table
from swarmscope_exporter.buckets import EDGES_SECONDS
from swarmscope_exporter.collector import RunCollector, RunnerState
from swarmscope_exporter.endpoints import EndpointCatalogue
from swarmscope_exporter.merge import Merge
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.run import Run
from swarmscope_exporter.snapshot import Snapshot, cells_of

_QUANTILES = (0.5, 0.95, 0.99)
_TARGET = 0.03
_RUN = "20260131-120000-benchmark"


def samples_ms(count: int, seed: int = 20260131) -> dict[str, list[float]]:
    """Latencies in milliseconds, of four shapes."""
    chance = random.Random(seed)  # noqa: S311  # latencies, no secrets
    return {
        "normal": [max(0.5, chance.gauss(180, 25)) for _ in range(count)],
        "lognormal": [chance.lognormvariate(4.5, 0.7) for _ in range(count)],
        "bimodal": [chance.gauss(20, 3) if chance.random() < 0.93 else chance.gauss(900, 80) for _ in range(count)],
        "heavy-tailed": [min(8 * chance.paretovariate(1.1), 55_000) for _ in range(count)],
    }


def published_buckets(samples: Sequence[float]) -> list[tuple[float, float]]:
    """Upper edge in seconds and cumulative count of each bucket, read from the exporter's text."""
    recorder, run = Recorder(), Run(_RUN, "benchmark", 1, Merge(_RUN))
    for sample in samples:
        recorder.on_request("GET", "/", sample, 0)
    run.merge.update("0", Snapshot(run_id=_RUN, sequence=1, final=True, cells=cells_of(recorder)))
    registry = CollectorRegistry()
    registry.register(RunCollector(lambda: (run, RunnerState(), []), EndpointCatalogue(), "benchmark"))
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return [
        (float(sample.labels["le"]), sample.value)
        for family in families
        for sample in family.samples
        if sample.name == "loadtest_request_duration_seconds_bucket" and sample.labels["outcome"] == "success"
    ]


def locust_quantile(samples: Sequence[float], quantile: float) -> float:
    """Return what Locust's own statistics say, in milliseconds."""
    stats = RequestStats()
    for sample in samples:
        stats.log_request("GET", "/", sample, 0)  # type: ignore[arg-type]  # it is given floats by its own users
    return float(stats.total.get_response_time_percentile(quantile))


def measure(samples: int = 50_000) -> Table:
    """Return all shapes and quantiles."""
    rows, worst, wrong = [], 0.0, 0
    for name, values in samples_ms(samples).items():
        buckets = published_buckets(values)
        for quantile in _QUANTILES:
            true, ours = exact(values, quantile), histogram_quantile(quantile, buckets) * 1000
            locusts = locust_quantile(values, quantile)
            wrong += sides_wrong(values, quantile, ours / 1000)
            worst = max(worst, abs(ours / true - 1))
            rows.append(
                (
                    f"{name} p{quantile * 100:g}",
                    f"{true:.2f} ms",
                    f"{ours:.2f} ms",
                    f"{ours / true - 1:+.2%}",
                    f"{locusts:g} ms",
                    f"{locusts / true - 1:+.2%}",
                )
            )
    return Table(
        "Published quantiles against exact ones",
        ".venv/bin/python -m benchmarks.accuracy",
        ("latencies", "exact", "published", "error", "Locust's own", "error of Locust's"),
        tuple(rows),
        f"{samples} samples each. Worst error {worst:.2%} (target ≤ {_TARGET:.0%}); on the wrong side of a threshold: "
        f"{wrong} of {len(rows) * len(EDGES_SECONDS)} (target 0).",
    )


def tables() -> list[Table]:
    """Return what `python -m benchmarks` writes down."""
    return [measure()]


def main(samples: Annotated[int, typer.Option(help="Samples of each distribution.")] = 50_000) -> None:
    """Compare and print the table."""
    measure(samples).print()


if __name__ == "__main__":
    typer.run(main)
