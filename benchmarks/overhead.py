"""What the exporter adds to a request, and tracing.

python -m benchmarks.overhead [--rounds N]
"""

from __future__ import annotations

from typing import Annotated

import typer

from benchmarks.generator import Kind, can_trace, in_turn, median_cost, median_ratio
from benchmarks.table import Table
from benchmarks.target import nginx

_REQUESTS = 15_000  # two seconds: one scrape in each, as every two seconds in a run
_PLAIN = Kind("FastHttpUser, plain Locust", is_worker=True)
_EXPORTER = Kind("with exporter", is_observed=True, is_worker=True)
_TRACED = Kind("with exporter, 1 % traced", is_observed=True, is_traced=True, is_worker=True)
_ALONE = Kind("with exporter, single process", is_observed=True)
_LEAN = Kind("LeanHttpUser with exporter", user="lean", is_observed=True, is_worker=True)
_TARGETS = {_EXPORTER.name: "≤ 1.02", _TRACED.name: "≤ 1.05"}


def measure(rounds: int = 11) -> Table:
    """Return all kinds of users on nginx, in turn; ratios are medians of the rounds."""
    kinds = [_PLAIN, _EXPORTER, *([_TRACED] if can_trace() else []), _ALONE, _LEAN]
    with nginx() as target:
        batches = in_turn(kinds, target, rounds, _REQUESTS)
    return Table(
        "What observing a request costs",
        ".venv/bin/python -m benchmarks.overhead",
        ("users", "CPU s per 1000 requests", "against plain", "target"),
        tuple(
            (
                kind.name,
                f"{median_cost(batches[kind.name]):.4f}",
                f"{median_ratio(batches[kind.name], batches[_PLAIN.name]):.3f}",
                _TARGETS.get(kind.name, ""),
            )
            for kind in kinds
        ),
        f"{len(batches[_PLAIN.name])} rounds of {_REQUESTS} requests, 60 endpoints. CPU of the process that makes the "
        "requests: a worker, whose master is scraped every 2 s; in the single process, the scrapes are in the figure.",
    )


def tables() -> list[Table]:
    """Return what `python -m benchmarks` writes down."""
    return [measure()]


def main(rounds: Annotated[int, typer.Option(help="Batches of each kind of users.")] = 11) -> None:
    """Measure each kind of users and print the table."""
    measure(rounds).print()


if __name__ == "__main__":
    typer.run(main)
