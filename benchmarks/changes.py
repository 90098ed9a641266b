"""How often `swarmscope history --changes` finds a change, in simulated histories of which the truth is known.

    python -m benchmarks.changes [--histories 300]

Runs differ by chance (lognormal), each a little like the one before (AR(1), coefficient 0.3). A history counts as
changed if anything is found in any of its figures.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Iterator, Sequence

from swarmscope.report.history.changes import changes_in
from swarmscope.report.history.past_runs import PastRun

_AR = 0.3


def history(chance: random.Random, levels: Sequence[float], noise: float) -> list[PastRun]:
    """Return runs whose p95 and p50 are at these levels, and whose throughput stays what it is."""
    deviates = zip(_alike(chance, noise), _alike(chance, noise), _alike(chance, noise / 3), strict=False)
    return [
        PastRun(
            f"run-{number}",
            "smoke",
            "PASS",
            0,
            1000.0 * number,
            f"run-{number}",
            latency_p95_seconds=0.16 * level * math.exp(of_p95),
            latency_p50_seconds=0.05 * level * math.exp(of_p50),
            requests_per_second=100 * math.exp(of_rate),
            error_ratio=0.0,
        )
        for number, (level, (of_p95, of_p50, of_rate)) in enumerate(zip(levels, deviates, strict=False))
    ]


def _alike(chance: random.Random, noise: float) -> Iterator[float]:
    value = chance.gauss(0, noise)
    while True:
        yield value
        value = _AR * value + math.sqrt(1 - _AR**2) * chance.gauss(0, noise)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--histories", type=int, default=300, help="simulated histories of each row (%(default)s)")
    given = parser.parse_args()
    print(
        "| runs | what happens | noise of a run | histories with a change | and it begins within 2 runs of the truth |"
    )
    print("|---|---|---|---|---|")
    cases: list[tuple[str, list[float], int | None]] = [
        ("nothing", [1.0] * 12, None),
        ("nothing", [1.0] * 30, None),
        ("nothing", [1.0] * 60, None),
        ("one run is 50 % slower", [1.0] * 12 + [1.5] + [1.0] * 12, None),
        ("10 % slower from the 11th on", [1.0] * 10 + [1.1] * 10, 10),
        ("10 % slower from the 21st on", [1.0] * 20 + [1.1] * 10, 20),
    ]
    for title, levels, place in cases:
        for noise in (0.01, 0.03, 0.05):
            chance, found, near = random.Random(18), 0, 0  # noqa: S311  # reproducible
            for _ in range(given.histories):
                (searched,) = changes_in(history(chance, levels, noise))
                begins = [int(change.run_id.removeprefix("run-")) for change in searched.changes]
                found += bool(begins)
                near += place is not None and any(abs(each - place) <= 2 for each in begins)
            close = "" if place is None else f"{near / given.histories:.1%}"
            print(f"| {len(levels)} | {title} | {noise:.0%} | {found / given.histories:.1%} | {close} |", flush=True)


if __name__ == "__main__":
    main()
