"""Pairs of neighboring blocks: which of them count, and what keeps the sides from being compared. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from swarmscope.compare.figures import FIGURES
from swarmscope.compare.summary import ALL, RunSummary
from swarmscope.run.ab.plan import Plan, pairs_of

#: Of the pairs, that may be left out because one of their blocks was not measured well.
_MAX_LEFT_OUT = 0.25
#: Of the requests to A: a baseline that fails itself makes anything look better.
_MAX_ERROR_RATIO = 0.1


@dataclass(frozen=True)
class Pairs:
    """The blocks of A and B that count, at the same places; ``left_out`` has a line for each pair that does not."""

    a: tuple[RunSummary, ...]
    b: tuple[RunSummary, ...]
    left_out: tuple[str, ...]


def valid_pairs(blocks: Sequence[RunSummary], plan: Plan) -> Pairs:
    """Return the pairs that are whole, without those in which a block was not measured well."""
    a: list[RunSummary] = []
    b: list[RunSummary] = []
    left_out: list[str] = []
    for number, (of_a, of_b) in enumerate(pairs_of(plan.sides[: len(blocks)]), 1):
        doubts = [f"{side}: {doubt}" for side, at in (("A", of_a), ("B", of_b)) for doubt in blocks[at].doubts]
        if doubts:
            left_out.append(f"pair {number} is left out: {doubts[0]}")
            continue
        a.append(blocks[of_a])
        b.append(blocks[of_b])
    return Pairs(tuple(a), tuple(b), tuple(left_out))


def obstacles_of(pairs: Pairs, ended: str) -> tuple[str, ...]:
    """Return why nothing can be said of the pairs, a line each."""
    found = [ended] if ended else []
    whole = len(pairs.a) + len(pairs.left_out)
    if len(pairs.left_out) > _MAX_LEFT_OUT * whole:
        found.append(f"{len(pairs.left_out)} of {whole} pairs were not measured well: {pairs.left_out[0]}")
    if not pairs.a and not found:
        found.append("no pair of blocks was measured")
    failed = _error_ratio(pairs.a)
    if failed is not None and failed > _MAX_ERROR_RATIO:
        found.append(f"{failed:.0%} of the requests to A failed: it cannot be compared with")
    return tuple(found)


def _error_ratio(blocks: Sequence[RunSummary]) -> float | None:
    wholes = [block.subjects[ALL].whole for block in blocks if ALL in block.subjects]
    requests = sum(whole.requests for whole in wholes)
    return sum(whole.failures for whole in wholes) / requests if requests else None


def p95_of(block: RunSummary) -> float | None:
    """Return the p95 of all requests of a block, in seconds."""
    return FIGURES["latency_p95_seconds"].value(block.subjects[ALL].whole) if ALL in block.subjects else None
