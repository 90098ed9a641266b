"""What a panel of the live page waits for: a run under way has not reached everything yet."""

from __future__ import annotations

import re

from swarmscope_exporter.phases import LOAD_PHASES, Phase

_JUDGED = frozenset({Phase.STEADY, Phase.SPIKE})
#: Of the run itself, and there before its load begins.
_OF_THE_RUN = re.compile(
    r"\bup\b|loadtest_(?:phase|run|workers|worker_last|generator|users)|prometheus_|scrape_|ALERTS"
)
#: What begins with a part of a run that not every scenario has.
_PARTS = (
    (re.compile(r"loadtest_arrival"), "Begins with the load, in a scenario that has arrivals."),
    (
        re.compile(r"loadtest_missed_starts"),
        "Begins with the load, where users keep a pace with constant_pacing or constant_throughput.",
    ),
    (
        re.compile(r'window="recovery"|loadtest:recovering|recovery_seconds'),
        "Begins with the recovery phase, in a scenario that has one.",
    ),
    (
        re.compile(r'latency_drift|memory_growth|window="reference"'),
        "Begins after the first sixth of the run, at most ten minutes: that is the reference.",
    ),
)
_OVER_THE_RUN = re.compile(r"loadtest:run_objective|loadtest:count_begin")
_OF_A_MINUTE = re.compile(r"loadtest:objective")
_TRANSACTIONS = re.compile(r"loadtest_transaction_|transaction_p95")
_ABOVE_ZERO = re.compile(r"> 0\)*\s*$")


def waits_for(asked: str, phases: frozenset[str]) -> str:
    """Return when the result of these queries begins, in one sentence; ``phases`` are those that have begun."""
    for pattern, sentence in _PARTS:
        if pattern.search(asked):
            return sentence
    is_judged = bool(phases & _JUDGED)
    if _OF_A_MINUTE.match(asked):
        return (
            "Begins one minute into the steady phase."
            if not is_judged
            else "Begins after a whole minute of the steady phase."
        )
    if _OVER_THE_RUN.search(asked):
        return "Begins a few seconds into the steady phase." if is_judged else "Begins with the steady phase."
    if _OF_THE_RUN.search(asked):
        return "Begins with the next scrape."
    if not phases & LOAD_PHASES:
        return "Begins with the load."
    if _TRANSACTIONS.search(asked):
        return "Begins with the first timed transaction."
    if _ABOVE_ZERO.search(asked):
        return "Nothing of this kind has happened so far."
    return "Begins with the first measurement."
