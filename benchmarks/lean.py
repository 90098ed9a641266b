"""What a request of a LeanHttpUser costs, against one of a FastHttpUser.

python -m benchmarks.lean [--rounds N]
"""

from __future__ import annotations

from typing import Annotated

import typer

from benchmarks.generator import Kind, in_turn, median_cost, median_ratio
from benchmarks.table import Table
from benchmarks.target import nginx

_REQUESTS = 6_000
_FAST, _LEAN = Kind("FastHttpUser"), Kind("LeanHttpUser", user="lean")


def measure(rounds: int = 15) -> Table:
    """Return both users on nginx, in turn; the ratio is the median of the pairs."""
    with nginx() as target:
        batches = in_turn((_FAST, _LEAN), target, rounds, _REQUESTS)
    fast, lean = batches[_FAST.name], batches[_LEAN.name]
    gains = sorted(1 / median_ratio([one], [other]) for one, other in zip(lean, fast, strict=True))
    return Table(
        "A request of each user",
        ".venv/bin/python -m benchmarks.lean",
        ("user", "CPU s per 1000 requests", "requests per CPU s", "against FastHttpUser", "target"),
        (
            (_FAST.name, f"{median_cost(fast):.4f}", f"{1000 / median_cost(fast):.0f}", "1.00 x", ""),
            (
                _LEAN.name,
                f"{median_cost(lean):.4f}",
                f"{1000 / median_cost(lean):.0f}",
                f"{1 / median_ratio(lean, fast):.2f} x",
                "≥ 1.6 x",
            ),
        ),
        f"{len(gains)} pairs, from {gains[0]:.2f} x to {gains[-1]:.2f} x; Locust's own statistics and tasks included.",
    )


def tables() -> list[Table]:
    """Return what `python -m benchmarks` writes down."""
    return [measure()]


def main(rounds: Annotated[int, typer.Option(help="Pairs of batches.")] = 15) -> None:
    """Measure both users and print the table."""
    measure(rounds).print()


if __name__ == "__main__":
    typer.run(main)
